"""Letters to patients: those that wait, printing them, and what was printed."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.actions import record
from clinic.letters import AT_ONCE, MOST, start_letters, waiting_letters
from clinic.paper.letters import letters_pdf
from clinic.paper.pdf import PdfUnavailableError
from messaging.models import LetterBatch, Message
from messaging.rules.channels import LETTER
from patients.models import Patient

BATCHES = 12


@require_http_methods(["GET", "POST"])
@permission_required("messaging.view_messages", raise_exception=True)
def letter_list(request: HttpRequest) -> HttpResponse:
    """The letters of the site that wait; printing those that are chosen keeps them as sent."""
    site = request.site
    if site is None:
        return render(request, "clinic/no_role.html", status=403)
    now = timezone.now()
    refused = ""
    if request.method == "POST":
        if not request.user.has_perm("messaging.send_message"):
            raise PermissionDenied
        try:
            batch = start_letters(site=site, wanted=request.POST.getlist("letter"), by=request.user, now=now)
        except ValidationError as error:
            refused = " ".join(error.messages)
        except PdfUnavailableError as error:
            return render(request, "paper/unavailable.html", {"problem": str(error)}, status=503)
        else:
            return redirect("clinic:letter-batch", batch.pk)
    waiting = waiting_letters(site=site, now=now)
    return render(
        request,
        "clinic/letter_list.html",
        {
            "letters": [row for row in waiting if not row.lacks],
            "lacking": [row for row in waiting if row.lacks],
            "batches": LetterBatch.objects.filter(site=site).select_related("made_by").defer("pdf")[:BATCHES],
            "refused": refused,
            "at_once": AT_ONCE,
            "more": len(waiting) >= MOST,
            "today": site.today(),
        },
        status=422 if refused else 200,
    )


@require_GET
@permission_required("messaging.view_messages", raise_exception=True)
def letter_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Letters printed together: how far they are, then the PDF and which were left out."""
    batch = _batch(request, batch_id)
    whose = Patient.objects.in_bulk([row["patient"] for row in batch.left_out])
    letters = list(batch.letters.select_related("patient").defer("body").order_by("pk"))
    return render(
        request,
        "clinic/letter_batch.html#progress" if request.htmx else "clinic/letter_batch.html",
        {
            "batch": batch,
            "letters": letters,
            "elsewhere": batch.done - len(letters) - len(batch.left_out),
            "left_out": [(whose.get(row["patient"]), row["why"]) for row in batch.left_out],
            "today": batch.site.today(),
        },
    )


@require_GET
@permission_required("messaging.view_messages", raise_exception=True)
def letter_batch_pdf(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The PDF of a batch, as often as it is wanted: a printer jams."""
    batch = get_object_or_404(LetterBatch, pk=_batch(request, batch_id).pk)
    if batch.pdf is None:
        raise Http404
    record(action="print", by=request.user, subject=batch)
    return _pdf(bytes(batch.pdf), f"letters-{batch.pk}")


@require_GET
@permission_required("messaging.view_messages", raise_exception=True)
def letter_pdf(request: HttpRequest, message_id: int) -> HttpResponse:
    """One letter once more, as it was printed."""
    message = get_object_or_404(
        Message.objects.visible_to(request.user)
        .filter(channel=LETTER, status=Message.Status.SENT)
        .select_related("patient", "site"),
        pk=message_id,
    )
    try:
        pdf = letters_pdf([message], site=message.site)
    except PdfUnavailableError as error:
        return render(request, "paper/unavailable.html", {"problem": str(error)}, status=503)
    record(action="print", by=request.user, patient_id=message.patient_id, subject=message)
    return _pdf(pdf, f"letter-{message.pk}")


def _batch(request: HttpRequest, batch_id: int) -> LetterBatch:
    rows = LetterBatch.objects.filter(site__in=request.sites).select_related("site", "made_by").defer("pdf")
    return get_object_or_404(rows, pk=batch_id)


def _pdf(pdf: bytes, name: str) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response

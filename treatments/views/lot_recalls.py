"""Telling the patients of a recalled lot: the list, each patient, letters, paper and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import PERMISSIONS
from audit.actions import record
from audit.csv_lines import csv_lines
from inventory.models import Lot, Vial
from treatments.actions import lot_recalls as actions
from treatments.forms.lot_recalls import AnswerForm, CallOffForm, LotRecallStartForm
from treatments.models import LotRecall, LotRecallPatient
from treatments.querysets.lot_recalls import sessions_with

PAGE = 50
ON_PAPER = 2000
LOTS = 20
SHOW = {"open": "To tell", "told": "Told", "all": "All"}


@require_GET
@permission_required("treatments.view_lot_recall", raise_exception=True)
def lot_recall_list(request: HttpRequest) -> HttpResponse:
    """Every lot recall, the latest first, with how far each is; a lot is found by its number, used up or not."""
    number = "".join(request.GET.get("lot", "").split())[:40]
    lots = Lot.objects.visible_to(request.user).filter(number__istartswith=number).select_related("product")
    recalls = LotRecall.objects.visible_to(request.user).for_list().order_by("-pk")
    if (after := _number(request.GET.get("after"))) is not None:
        recalls = recalls.filter(pk__lt=after)
    rows = list(recalls[: PAGE + 1])
    return render(
        request,
        "treatments/lot_recall_list.html",
        {
            "number": number,
            "lots": lots.order_by("number", "pk")[:LOTS] if number else [],
            "recalls": rows[:PAGE],
            "last": rows[PAGE - 1] if len(rows) > PAGE else None,
            "today": _today(request),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("treatments.start_lot_recall", raise_exception=True)
def lot_recall_start(request: HttpRequest, lot_id: int) -> HttpResponse:
    """What telling the patients of a recalled lot means, and beginning it; a lot that has one leads there."""
    lot = get_object_or_404(Lot.objects.visible_to(request.user).select_related("product"), pk=lot_id)
    if (standing := LotRecall.objects.standing().filter(lot=lot).first()) is not None:
        return redirect("treatments:lot-recall", standing.pk)
    people = User.objects.filter(is_active=True, sites__in=request.user.sites.all()).filter(
        roles__overlap=sorted(PERMISSIONS["treatments.work_lot_recall"])
    )
    people = people.distinct().order_by("name", "pk")
    form = LotRecallStartForm(request.POST or None, people=people, initial={"owner": request.user.pk})
    if request.method == "POST" and form.is_valid():
        try:
            recall = actions.start_lot_recall(
                lot=lot, owner=form.cleaned_data["owner"], by=request.user, now=timezone.now()
            )
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            return redirect("treatments:lot-recall", recall.pk)
    sessions = sessions_with(lot).aggregate(
        sessions=Count("pk"),
        patients=Count("patient", distinct=True),
        drafts=Count("pk", filter=Q(status="draft")),
        outside=Count("pk", filter=Q(is_outside=True)),
    )
    context = {"lot": lot, "form": form, "found": sessions, "unused": Vial.objects.in_stock().filter(lot=lot).count()}
    return render(request, "treatments/lot_recall_start.html", context, status=422 if form.errors else 200)


@require_GET
@permission_required("treatments.view_lot_recall", raise_exception=True)
def lot_recall(request: HttpRequest, recall_id: int) -> HttpResponse:
    """The call list of a lot recall: whom to tell, how to reach them, and how far it is."""
    recall = _recall(request, recall_id)
    show = request.GET.get("show", "")
    show = show if show in SHOW else "all" if recall.closed_at else "open"
    on_paper = "paper" in request.GET
    mine = LotRecallPatient.objects.visible_to(request.user).filter(recall=recall)
    shown = {"open": mine.open(), "told": mine.told(), "all": mine}[show]
    after = mine.select_related("patient").filter(pk=_number(request.GET.get("after")) or 0).first()
    if after is not None:
        shown = shown.behind(after)
    size = ON_PAPER if on_paper else PAGE
    rows = list(shown.for_list().by_name()[: size + 1])
    record(action="print" if on_paper else "search", by=request.user, subject=recall, detail="call list")
    counts = _counts(recall, mine)
    return render(
        request,
        "treatments/lot_recall.html",
        {
            "recall": recall,
            "rows": [_row(row) for row in rows[:size]],
            "show": show,
            "tabs": [(key, words, counts[f"mine_{key}"]) for key, words in SHOW.items()],
            "counts": counts,
            "unused": Vial.objects.in_stock().filter(lot=recall.lot).count(),
            "missing": 0 if recall.called_off_reason else _missing(recall),
            "last": rows[size - 1] if len(rows) > size else None,
            "on_paper": on_paper,
            "today": _today(request),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("treatments.work_lot_recall", raise_exception=True)
def lot_recall_patient(request: HttpRequest, row_id: int) -> HttpResponse:
    """One patient of a lot recall: how to reach them, and what came of it."""
    row = _row_of(request, row_id)
    form = AnswerForm(request.POST or None, row=row)
    now, status = timezone.now(), 422
    if request.method == "POST" and form.is_valid():
        answer, note = form.cleaned_data["answer"], form.cleaned_data["note"]
        try:
            if answer == "call":
                done = actions.log_call(row=row, note=note, by=request.user, now=now)
            else:
                done = actions.acknowledge(row=row, answer=answer, note=note, by=request.user, now=now)
        except ValidationError as problem:
            form.add_error(None if "note" not in getattr(problem, "error_dict", {}) else "note", _words(problem))
        else:
            if not _is_overtaken(done, answer, by=request.user) or note in ("", done.note):
                _say(request, done, answer)
                return redirect("treatments:lot-recall", row.recall_id)
            # What was typed is shown again: it is nowhere else.
            form.add_error(None, _said_already(done))
            row, status = _row_of(request, row_id), 409
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=row.patient_id, subject=row)
    context = {"recall": row.recall, "row": _row(row), "form": form, "today": _today(request)}
    return render(request, "treatments/lot_recall_patient.html", context, status=status if form.errors else 200)


@require_POST
@permission_required("treatments.work_lot_recall", raise_exception=True)
def lot_recall_undo(request: HttpRequest, row_id: int) -> HttpResponse:
    """Take back what was said of one patient."""
    row = _row_of(request, row_id)
    try:
        actions.take_back(row=row, by=request.user, now=timezone.now())
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, f"{row.patient.name} is on the list again.")
    return redirect("treatments:lot-recall", row.recall_id)


@require_POST
@permission_required("messaging.send_message", raise_exception=True)
def lot_recall_letters(request: HttpRequest, recall_id: int) -> HttpResponse:
    """Write letters to those at one's sites who were not told yet."""
    recall = _recall(request, recall_id)
    rows = LotRecallPatient.objects.visible_to(request.user).filter(recall=recall).open()
    written, there, without = actions.write_letters(rows=rows, by=request.user, now=timezone.now())
    if written:
        wait = "1 letter waits" if written == 1 else f"{written} letters wait"
        messages.success(request, f"{wait} under Letters to be printed.")
    if there:
        messages.info(request, f"{there} {'has' if there == 1 else 'have'} a letter already.")
    if without:
        messages.warning(
            request, f"{without} cannot be written to: no postal address, no consent to letters, or gone from here."
        )
    return redirect("treatments:lot-recall", recall.pk)


@require_POST
@permission_required("treatments.work_lot_recall", raise_exception=True)
def lot_recall_add(request: HttpRequest, recall_id: int) -> HttpResponse:
    """Put those on the list whose session came to light since."""
    recall = _recall(request, recall_id)
    try:
        count = actions.add_patients(recall=recall, by=request.user, now=timezone.now())
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, f"{count} patient{'' if count == 1 else 's'} came to the list.")
    return redirect("treatments:lot-recall", recall.pk)


@require_http_methods(["GET", "POST"])
@permission_required("treatments.start_lot_recall", raise_exception=True)
def lot_recall_call_off(request: HttpRequest, recall_id: int) -> HttpResponse:
    """The wrong lot: stop telling patients and take the mark off its vials."""
    recall = _recall(request, recall_id)
    form = CallOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.call_off(recall=recall, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
        messages.success(request, f"Called off. {recall.lot} is no longer marked as recalled.")
        return redirect("treatments:lot-recall", recall.pk)
    context = {"recall": recall, "form": form}
    return render(request, "treatments/lot_recall_call_off.html", context, status=422 if form.errors else 200)


@require_GET
@permission_required("treatments.view_lot_recall", raise_exception=True)
def lot_recall_csv(request: HttpRequest, recall_id: int) -> StreamingHttpResponse:
    """The whole list of one's sites as a file: how to reach each and how each was told, nothing of what was given."""
    recall = _recall(request, recall_id)
    rows = LotRecallPatient.objects.visible_to(request.user).filter(recall=recall).for_list().by_name()
    record(action="export", by=request.user, subject=recall, detail="call list")
    answer = StreamingHttpResponse(csv_lines(_csv(rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="lot-recall-{recall.pk}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


COLUMNS = (
    "Record number", "Name", "Born", "Phone", "E-mail", "Address", "Language", "Site", "Whose task", "Calls unanswered",
    "Called last", "Called by", "Letter", "How told", "When", "By", "Note",
)  # fmt: skip


def _csv(rows: Any) -> Iterator[tuple[Any, ...]]:
    yield COLUMNS
    for row in rows:
        shown, patient = _row(row), row.patient
        site = patient.site
        yield (
            patient.record_number, patient.name, patient.birth_date, patient.phone, patient.email, shown["postal"],
            patient.language, site.name, row.owner or "", row.calls,
            row.called_at and site.localtime(row.called_at).strftime("%Y-%m-%d %H:%M"), row.called_by or "",
            shown["letter"], row.get_answer_display(),
            row.acknowledged_at and site.localtime(row.acknowledged_at).strftime("%Y-%m-%d %H:%M"),
            row.acknowledged_by or "", row.note,
        )  # fmt: skip


def _row(row: LotRecallPatient) -> dict[str, Any]:
    """One patient as the pages show it."""
    patient = row.patient
    postal = ", ".join(part for part in (patient.address, patient.city, patient.state, patient.postal_code) if part)
    letter = row.letter or {}  # type: ignore[attr-defined]
    sent = parse_datetime(letter["sent_at"]) if letter.get("sent_at") else None
    words = f"printed {patient.site.localtime(sent):%-d %b %Y}" if sent else "waits to be printed" if letter else ""
    return {"row": row, "patient": patient, "postal": postal, "letter": words, "form": AnswerForm(row=row)}


def _counts(recall: LotRecall, mine: Any) -> dict[str, int]:
    told = Q(acknowledged_at__isnull=False)
    of_me = Q(pk__in=mine.values("pk"))
    found: dict[str, int] = LotRecallPatient.objects.filter(recall=recall).aggregate(
        total=Count("pk"),
        told=Count("pk", filter=told),
        mine_all=Count("pk", filter=of_me),
        mine_told=Count("pk", filter=of_me & told),
        reached=Count("pk", filter=Q(answer="reached")),
        letter=Count("pk", filter=Q(answer="letter")),
        unreached=Count("pk", filter=Q(answer="unreached")),
    )
    found["mine_open"] = found["mine_all"] - found["mine_told"]
    found["others"] = found["total"] - found["mine_all"]
    found["others_told"] = found["told"] - found["mine_told"]
    found["percent"] = found["told"] * 100 // found["total"] if found["total"] else 100
    return found


def _missing(recall: LotRecall) -> int:
    """How many patients had of the lot and are not on the list."""
    there = LotRecallPatient.objects.filter(recall=recall).values("patient")
    sessions = sessions_with(recall.lot).exclude(patient__in=there)
    return sessions.aggregate(patients=Count("patient", distinct=True))["patients"]


def _is_overtaken(done: LotRecallPatient, answer: str, *, by: User) -> bool:
    """Whether somebody else, or this person otherwise, had said already how the patient was told."""
    return done.is_told and (done.acknowledged_by_id != by.pk or done.answer != answer)


def _said_already(done: LotRecallPatient) -> str:
    return f"{done.acknowledged_by} said so already: {done.get_answer_display()}."


def _say(request: HttpRequest, done: LotRecallPatient, answer: str) -> None:
    name = done.patient.name
    if _is_overtaken(done, answer, by=request.user):
        messages.warning(request, _said_already(done))
    elif not done.is_told:
        messages.success(request, f"{name}: no answer. Stays on the list.")
    elif LotRecall.objects.filter(pk=done.recall_id).exclude(closed_at=None).exists():
        messages.success(request, f"{name}: {done.get_answer_display().lower()}. Everybody is told.")
    else:
        messages.success(request, f"{name}: {done.get_answer_display().lower()}. It can be taken back.")


def _words(problem: ValidationError) -> str:
    return " ".join(problem.messages)


def _recall(request: HttpRequest, recall_id: int) -> LotRecall:
    recalls = LotRecall.objects.visible_to(request.user).select_related("lot__product", "started_by", "closed_by")
    return get_object_or_404(recalls, pk=recall_id)


def _row_of(request: HttpRequest, row_id: int) -> LotRecallPatient:
    rows = LotRecallPatient.objects.visible_to(request.user).for_list().select_related("recall__lot__product")
    return get_object_or_404(rows, pk=row_id)


def _today(request: HttpRequest) -> Any:
    site = request.site
    return site.today() if site is not None else timezone.now().date()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None

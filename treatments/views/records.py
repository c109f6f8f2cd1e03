"""What may still happen to a session that is signed: an addendum, voiding, a replacement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.actions import record
from audit.models import StaleVersionError
from treatments.actions.records import replace_session, void_and_replace, write_addendum
from treatments.actions.sessions import void_session
from treatments.forms.courses import ReasonForm
from treatments.forms.records import AddendumForm
from treatments.models import InjectionSession
from treatments.seals import seal_keys, sealed_records


@require_http_methods(["GET", "POST"])
@permission_required("treatments.write_addendum", raise_exception=True)
def addendum_write(request: HttpRequest, session_id: int) -> HttpResponse:
    """Add words to a signed session; pressed twice, once."""
    session = get_object_or_404(InjectionSession.objects.visible_to(request.user).for_list(), pk=session_id)
    if session.status != InjectionSession.Status.SIGNED:
        messages.error(request, "Only a signed session takes an addendum.")
        return redirect("treatments:session-detail", session_id=session.pk)
    form = AddendumForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            write_addendum(session=session, text=form.cleaned_data["text"], by=request.user, now=timezone.now())
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, "The addendum is written and signed with your name.")
            return redirect("treatments:session-detail", session_id=session.pk)
    else:
        record(action="chart-read", by=request.user, patient_id=session.patient_id, subject=session)
    context = {"form": form, "session": session, "patient": session.patient, "today": session.site.today()}
    return render(request, "treatments/addendum_write.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
@permission_required("treatments.sign_session", raise_exception=True)
def session_void(request: HttpRequest, session_id: int) -> HttpResponse:
    """Throw away a draft, or void a session that was entered in error and perhaps write it again."""
    session = get_object_or_404(InjectionSession.objects.visible_to(request.user).for_list(), pk=session_id)
    if session.status == InjectionSession.Status.VOIDED:
        _say_who_voided(request, session)
        copy = InjectionSession.objects.drafts().filter(replaces=session).first()
        if copy is not None and request.POST.get("then") == "replace":
            return redirect("treatments:session-chart", session_id=copy.pk)
        return redirect("treatments:session-detail", session_id=session.pk)
    was_signed = session.status == InjectionSession.Status.SIGNED
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        version = request.POST.get("version", "")
        said: dict[str, Any] = {
            "reason": form.cleaned_data["reason"],
            "now": timezone.now(),
            "version": int(version) if version.isdecimal() and len(version) < 10 else None,
        }
        try:
            if was_signed and request.POST.get("then") == "replace":
                draft = void_and_replace(session=session, by=request.user, **said)
                if draft.replaces.voided_by_id != request.user.pk:
                    _say_who_voided(request, draft.replaces)
                messages.success(request, "The session is voided. Correct this copy of it and sign it anew.")
                return redirect("treatments:session-chart", session_id=draft.pk)
            voided = void_session(session=session, by=request.user, **said)
        except StaleVersionError as stale:
            words = "signed" if stale.current.status == InjectionSession.Status.SIGNED else "changed"  # type: ignore[attr-defined]
            form.add_error(None, f"It was {words} after you opened this page. Read it again, then decide.")
        else:
            if voided.voided_by_id != request.user.pk:
                _say_who_voided(request, voided)
            elif session.is_draft:
                messages.success(request, "The draft is thrown away. Its record stays readable.")
            else:
                messages.success(
                    request, "The session is voided and its windows are put back. Its record stays readable."
                )
            return redirect("clinic:chart", patient_id=session.patient_id)
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=session.patient_id, subject=session)
    return render(
        request,
        "treatments/session_void.html",
        {"form": form, "session": session, "was_signed": was_signed, "today": session.site.today()},
        status=_status(form),
    )


def _say_who_voided(request: HttpRequest, session: InjectionSession) -> None:
    """Two voided it at once: the reason of the first one stands."""
    who = "You" if session.voided_by_id == request.user.pk else session.voided_by
    what = "voided this session" if session.signed_at else "threw this draft away"
    messages.warning(request, f"{who} {what} already. The reason: {session.void_reason}")


@require_POST
@permission_required("treatments.sign_session", raise_exception=True)
def session_replace(request: HttpRequest, session_id: int) -> HttpResponse:
    """Begin the draft that replaces a voided session, or open the one begun."""
    session = get_object_or_404(InjectionSession.objects.visible_to(request.user), pk=session_id)
    try:
        draft = replace_session(session=session, by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("treatments:session-detail", session_id=session.pk)
    return redirect("treatments:session-chart" if draft.is_draft else "treatments:session-detail", session_id=draft.pk)


def record_context(session: InjectionSession) -> dict[str, Any]:
    """The addenda and seals of a session, and whether it stands as it was sealed; in one query."""
    (row,) = sealed_records(InjectionSession.objects.filter(pk=session.pk))
    zone = session.site.zone()

    def local(moment: datetime) -> datetime:
        return moment.astimezone(zone).replace(tzinfo=None)

    return {
        "addenda": [addendum | {"at": local(datetime.fromisoformat(addendum["at"]))} for addendum in row.addenda],
        "seals": [
            {"event": seal.event, "at": local(seal.sealed_at), "digest": seal.digest[2:14]} for seal in row.seals
        ],
        "seal_problems": [] if session.is_draft else row.problems(seal_keys()),
    }


def _status(form: object) -> int:
    return 422 if getattr(form, "errors", None) else 200

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.actions import record
from audit.models import StaleVersionError
from inventory.actions import VialTakenError
from inventory.models import Vial
from patients.models import Patient
from treatments.actions.sessions import (
    SigningRefusedError,
    save_draft,
    sign_session,
    start_session,
)
from treatments.as_signed import show_as_signed
from treatments.checks import findings_shown
from treatments.differences import differences_of
from treatments.forms.session import plain
from treatments.models import AdverseEvent, FollowUp, InjectionSession, RetreatmentWindow, TreatmentCourse
from treatments.models.course import DATE_FIELDS
from treatments.querysets.adverse_events import events_of_session
from treatments.querysets.courses import session_numbers
from treatments.querysets.follow_ups import planned_contacts
from treatments.rules.findings.record import measured_responses
from treatments.views.bodymaps import MAP_TITLES, maps_of
from treatments.views.charting import Charting
from treatments.views.drafting import (
    courses_of,
    header_of,
    mixings_of,
    other_product,
    sites_of,
    take_over,
    vials_of,
)
from treatments.views.partly import rest_of
from treatments.views.records import record_context

# Where a button of the charting page leads once the draft is saved.
AFTERWARDS = {"review": "treatments:session-review", "save-as-protocol": "treatments:protocol-save"}


@require_POST
@permission_required("treatments.chart_session", raise_exception=True)
def session_start(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Begin today's draft for the courses chosen, or take up the one already begun."""
    patient = get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=patient_id)
    courses = list(
        TreatmentCourse.objects.visible_to(request.user).filter(
            patient=patient, closed_on=None, pk__in=[_number(value) for value in request.POST.getlist("courses")]
        )
    )
    site = request.site or patient.site
    try:
        session = start_session(patient=patient, site=site, courses=courses, on=site.today(), by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("clinic:chart", patient_id=patient.pk)
    return redirect("treatments:session-chart", session_id=session.pk)


@require_http_methods(["GET", "POST"])
@permission_required("treatments.chart_session", raise_exception=True)
def session_chart(request: HttpRequest, session_id: int) -> HttpResponse:
    """Chart a draft. Every button posts the whole page; a script posts it after each change as `autosave`."""
    session = _session(request, session_id)
    if not session.is_draft:
        if request.method == "POST":
            messages.error(request, "This session is signed and cannot be changed.")
        return _go(request, "treatments:session-detail", session.pk)
    today = session.site.today()
    if request.method == "GET":
        record(action="chart-read", by=request.user, patient_id=session.patient_id, subject=session)
        return render(
            request, "treatments/session_chart.html", Charting(session, user=request.user, today=today).context()
        )

    action = request.POST.get("action", "save")
    posted = Charting(session, user=request.user, today=today, data=request.POST)
    if action == "preview-shorthand":
        return render(request, "treatments/session_chart.html#shorthand", {"shorthand": posted.shorthand})
    vials = _checked(posted, request)
    refused: list[tuple[str, str]] = []
    if vials is None and action == "autosave":
        posted, vials, refused = _partly(posted, request)
    if vials is None or (action == "shorthand" and not posted.shorthand.sites):
        return _not_saved(request, posted, status=422)
    try:
        saved = save_draft(
            session=session,
            header=header_of(posted, request),
            sites=sites_of(posted, request),
            vials=vials,
            by=request.user,
            version=posted.header.cleaned_data["version"] or 0,
            courses=courses_of(posted, request),
            mixings=mixings_of(posted, request, vials),
        )
    except StaleVersionError as stale:
        return _not_saved(request, posted, status=409, conflict=stale.current)
    except ValidationError as problem:
        posted.header.add_error(None if "units" not in problem.messages[0] else "product", problem.messages[0])
        return _not_saved(request, posted, status=422)

    if action == "autosave":
        stored = session if take_over(session, saved) else _session(request, session_id)
        fresh = Charting(stored, user=request.user, today=today, known=posted)
        if refused:
            left = {"partly": True, "errors": refused, "error_count": len(refused)}
            return render(request, "treatments/session_chart.html#saved", fresh.saved() | left, status=422)
        return render(request, "treatments/session_chart.html#saved", fresh.saved())
    return _go(request, AFTERWARDS.get(action, "treatments:session-chart"), session_id)


@require_http_methods(["GET", "POST"])
@permission_required("treatments.chart_session", raise_exception=True)
def session_review(request: HttpRequest, session_id: int) -> HttpResponse:
    """All findings in one list; warnings take a reason; signing, once, even if pressed twice."""
    session = _session(request, session_id)
    if not session.is_draft:
        if request.method == "POST" and session.signed_by_id not in (None, request.user.pk):
            _say_who_signed(request, session)
        return redirect("treatments:session-detail", session_id=session.pk)
    reasons = {key[7:]: value.strip() for key, value in request.POST.items() if key.startswith("reason:")}
    refused: dict[str, str] = {}
    if request.method == "POST":
        if not request.user.has_perm("treatments.sign_session"):
            raise PermissionDenied
        try:
            signed = sign_session(
                session=session,
                by=request.user,
                # None would sign whatever stands there: a page without its version counts as an old one.
                version=_number(request.POST.get("version")) or 0,
                reasons=reasons,
                now=timezone.now(),
            )
        except SigningRefusedError as unsigned:
            refused = {finding.key: "Give a reason, or change the session." for finding in unsigned.findings}
        except StaleVersionError:
            messages.error(request, "The draft was changed after you opened this page. Look through it again.")
        except VialTakenError as taken:
            messages.error(request, f"{taken}. Save the draft again: it takes another vial of the lot.")
            return redirect("treatments:session-chart", session_id=session.pk)
        except ValidationError as problem:
            refused = {key: words[0] for key, words in getattr(problem, "message_dict", {}).items()}
            if not refused:
                messages.error(request, " ".join(problem.messages))
        else:
            if signed.signed_by_id == request.user.pk:
                messages.success(request, "Signed.")
            else:
                _say_who_signed(request, signed)
            return redirect("treatments:session-detail", session_id=session.pk)
        session = _session(request, session_id)
    else:
        record(action="chart-read", by=request.user, patient_id=session.patient_id, subject=session)
    today = session.site.today()
    findings = findings_shown(session, by=request.user, today=today)
    # A refusal leads to where the first reason is to be typed.
    first = next((finding.key for finding in findings if finding.key in refused), None)
    context = _summary(session) | {
        "findings": [
            {
                "finding": finding,
                "reason": reasons.get(finding.key, ""),
                "refused": refused.get(finding.key, ""),
                "first": finding.key == first,
            }
            for finding in findings
        ],
        "measured": measured_responses((finding.key, finding.words) for finding in findings),
        "stops": sum(finding.severity == "stop" for finding in findings),
        "warnings": sum(finding.severity == "warn" for finding in findings),
        "supervised": session.provider is not None
        and session.provider != request.user
        and session.provider.is_trainee(),
        "today": today,
    }
    return render(request, "treatments/session_review.html", context, status=422 if refused else 200)


def _say_who_signed(request: HttpRequest, session: InjectionSession) -> None:
    """Two reviewed it at once: it is signed once, and nothing of the second one is in it."""
    messages.warning(request, f"{session.signed_by} signed this session before you: nothing you entered is in it.")


@require_http_methods(["GET"])
@permission_required("treatments.view_session", raise_exception=True)
def session_detail(request: HttpRequest, session_id: int) -> HttpResponse:
    """One session as it stands: signed, recorded from outside, voided, or still a draft."""
    more = {
        "replacement": F("replaced_by"),
        "planned": planned_contacts(),
        "told": events_of_session(),
        "numbers": session_numbers(),
    }
    session = _session(request, session_id, **more)
    record(action="chart-read", by=request.user, patient_id=session.patient_id, subject=session)
    show_as_signed(session)
    courses = {row.course_id: row.course for row in session.treated.all()}
    # A window that a voided session opened stands no more.
    opened = [] if session.status == InjectionSession.Status.VOIDED else session.beside.windows
    context = (
        _summary(session)
        | record_context(session)
        | {
            "title": _title(session),
            "windows": [_window(row, courses[row["course_id"]]) for row in opened],
            "follow_ups": [
                row
                | {
                    "due_on": date.fromisoformat(row["due_on"]),
                    "status": FollowUp.Status(row["status"]).label,
                    "condition": courses[row["course"]].condition.short_name,
                }
                for row in session.planned
            ],
            "events": [
                row
                | {
                    "onset_on": date.fromisoformat(row["onset_on"]),
                    "outcome": AdverseEvent.Outcome(row["outcome"]).label,
                }
                for row in session.told
            ],
            "findings": session.findings,
            "measured": measured_responses((row["key"], row["words"]) for row in session.findings),
            "signed_at": session.signed_at and session.site.localtime(session.signed_at).replace(tzinfo=None),
            "voided_at": session.voided_at and session.site.localtime(session.voided_at).replace(tzinfo=None),
            "today": session.site.today(),
        }
    )
    return render(request, "treatments/session_detail.html", context)


def _title(session: Any) -> str:
    """What was treated and the number of the session, as the charting page says it; a touch-up is none of them."""
    numbers = {row["course"]: row["number"] for row in session.numbers}
    voided = session.status == InjectionSession.Status.VOIDED
    parts = []
    for row in session.treated.all():
        which = "touch-up" if session.is_touch_up else f"session {numbers[row.course_id]}"
        parts.append(f"{row.course.condition.name}, {'voided session' if voided else which}")
    return "; ".join(parts) or "Session"


def _window(row: dict[str, Any], course: TreatmentCourse) -> RetreatmentWindow:
    dates = {name: date.fromisoformat(row[name]) for name in DATE_FIELDS if row[name]}
    return RetreatmentWindow(id=row["id"], course=course, closed_by_id=row["closed_by_id"], **dates)


def _session(request: HttpRequest, session_id: int, **more: Any) -> InjectionSession:
    sessions = InjectionSession.objects.visible_to(request.user).for_chart()
    return get_object_or_404(sessions.annotate(**more), pk=session_id)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _go(request: HttpRequest, name: str, session_id: int) -> HttpResponse:
    if not request.htmx:
        return redirect(name, session_id=session_id)
    # A script cannot follow a redirect to another page by itself.
    return HttpResponse(status=409, content=_GONE)


_GONE = (
    '<span id="charting-status" class="charting-status is-stale" data-swap="always" role="status">'
    "This session has been signed; nothing more can be saved.</span>"
)


def _checked(posted: Charting, request: HttpRequest) -> list[Vial] | None:
    """The vials for what was picked; None when something is refused, which is then said beside its field."""
    if not all([form.is_valid() for form in (posted.header, posted.sites, posted.vials, posted.mixings)]):
        return None
    if words := other_product(posted, request):
        posted.header.add_error("product", words)
        return None
    vials, short = vials_of(posted, request)
    for form, why in short:
        form.add_error("count", why)
    return None if short else vials


def _partly(posted: Charting, request: HttpRequest) -> tuple[Charting, list[Vial] | None, list[tuple[str, str]]]:
    """The page without what is refused of it, its vials, and what was refused: the rest is kept out of no autosave.

    Vials are looked for once all else is right, so that leaving out may come to them in a second round.
    """
    rest, refused = posted, []
    for _ in range(2):
        refused += rest.errors()
        if (without := rest_of(rest)) is None:
            break
        rest = without
        if (vials := _checked(rest, request)) is not None:
            return rest, vials, refused
    return posted, None, []


def _not_saved(
    request: HttpRequest, posted: Charting, *, status: int, conflict: InjectionSession | None = None
) -> HttpResponse:
    """What was typed, with what is wrong beside it; for a script only the words and the messages."""
    errors = posted.errors()
    context = {
        "session": posted.session,
        "errors": errors,
        "error_count": len(errors),
        "failed": True,
        "saved_at": posted.session.site.localtime(posted.session.saved_at).replace(tzinfo=None),
    }
    if conflict is not None:
        context |= {
            "conflict": conflict,
            "conflict_at": posted.session.site.localtime(conflict.saved_at).replace(tzinfo=None),
        }
    if request.htmx:
        return render(request, "treatments/session_chart.html#not-saved", context, status=status)
    page = posted.context() | context
    if conflict is not None:
        page["version"] = conflict.version
    return render(request, "treatments/session_chart.html", page, status=status)


def _summary(session: InjectionSession) -> dict[str, Any]:
    """What the review and the signed session both show."""
    rows = list(session.injections.all())
    total = sum((row.units for row in rows if row.units), Decimal(0)) or session.outside_units or Decimal(0)
    muscles: dict[tuple[int, str, str], dict[str, Any]] = {}
    for row in rows:
        entry = muscles.setdefault(
            (row.course_id, row.muscle.name, row.side),
            {"course_id": row.course_id, "muscle": row.muscle.name, "side": row.get_side_display(), "doses": []},
        )
        entry["doses"].append(row.units)
    for entry in muscles.values():
        given = [units for units in entry["doses"] if units is not None]
        entry["sites"], entry["units"] = len(entry["doses"]), plain(sum(given, Decimal(0)))
        entry["each"] = " + ".join(plain(units) if units is not None else "–" for units in entry["doses"])
        if len(set(entry["doses"])) == 1 and len(entry["doses"]) > 1:
            entry["each"] = f"{entry['sites']} × {plain(entry['doses'][0]) or '–'}"
    courses = [row.course for row in session.treated.all()]
    per_ml = session.units_per_ml
    return {
        "session": session,
        "patient": session.patient,
        "courses": [
            {
                "course": course,
                "rows": [entry for entry in muscles.values() if entry["course_id"] == course.pk],
                "units": plain(sum((r.units for r in rows if r.units and r.course_id == course.pk), Decimal(0))),
            }
            for course in courses
        ],
        "total": plain(total),
        "site_count": len(rows),
        "differences": differences_of(session),
        "volume": plain(total / per_ml) if per_ml and rows else "",
        "dilution": f"{session.dilution_units} U in {plain(session.dilution_ml)} mL" if per_ml else "",
        "vials": [
            {
                "use": use,
                "given": plain(use.units_given),
                "discarded": plain(use.units_discarded),
                "mixed_at": use.reconstituted_at and session.site.localtime(use.reconstituted_at).replace(tzinfo=None),
            }
            for use in session.vial_uses.all()
        ],
        "discarded": plain(sum((use.units_discarded for use in session.vial_uses.all()), Decimal(0))),
        "maps": maps_of(session, [view for view in MAP_TITLES if view in {row.view for row in rows}]),
    }

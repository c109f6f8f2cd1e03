from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.actions import record, record_reads
from audit.csv_lines import csv_lines
from audit.forms import ChangeFilterForm, EventFilterForm
from audit.history import changes_of
from audit.models import Action, AuditEvent, Link

PAGE = 100  # rows
CHANGES = 50  # rows; each is several lines
BATCH = 2_000

# Where the subject of an event is read, by its model; others are named only.
PAGES = {
    "accounts.User": "accounts:staff-edit",
    "accounts.Site": "accounts:site-edit",
    "inventory.Lot": "inventory:lot-detail",
    "patients.EmergencyAccess": "clinic:emergency-list",
    "treatments.TreatmentCourse": "clinic:course",
}
EXPORTED = (
    "When (UTC)", "Person", "Person's number", "Roles then", "Network address", "What", "Detail", "Patient's number",
    "About", "Request",
)  # fmt: skip


@require_http_methods(["GET"])
@permission_required("audit.view_audit", raise_exception=True)
def event_list(request: HttpRequest) -> HttpResponse:
    """The trail, newest first: who did or saw what, when, from where, about which patient."""
    form = EventFilterForm(request.GET)
    form.is_valid()
    events = form.narrow(AuditEvent.objects.all())
    rows = list(events.older_than(_behind(AuditEvent.objects.all(), form))[: PAGE + 1])
    people = get_user_model()._default_manager.in_bulk(
        {row.actor_id for row in rows if row.actor_id}
        | {row.subject_id for row in rows if row.subject_type == "accounts.User" and row.subject_id}
    )
    context = _list(request, form, rows, PAGE) | {
        "events": [
            {
                "event": row,
                "person": people.get(row.actor_id),
                "subject": _subject(row, people),
                "page": PAGES.get(row.subject_type),
            }
            for row in rows[:PAGE]
        ],
    }
    return render(request, "audit/event_list.html", context)


@require_http_methods(["GET"])
@permission_required("audit.view_audit", raise_exception=True)
def event_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The events that the filter shows, all of them, as CSV: people by name, patients by their number alone."""
    form = EventFilterForm(request.GET)
    if not form.is_valid():
        return render(request, "audit/event_list.html", _list(request, form, [], PAGE) | {"events": []}, status=422)
    record(action=Action.EXPORT, by=request.user, detail="audit trail")
    names = dict(get_user_model()._default_manager.values_list("pk", "name"))
    lines = _exported(form.narrow(AuditEvent.objects.all()).older_than(None).iterator(BATCH), names)
    answer = StreamingHttpResponse(csv_lines(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="audit-{timezone.now():%Y-%m-%d}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET"])
@permission_required("audit.view_audit", raise_exception=True)
def change_list(request: HttpRequest) -> HttpResponse:
    """What was changed in the records, newest first: each row's values before and after."""
    form = ChangeFilterForm(request.GET)
    form.is_valid()
    links = form.narrow(Link.objects.changes())
    rows = list(links.older_than(_behind(Link.objects.all(), form)).select_related("source")[: CHANGES + 1])
    shown = {link.patient_id for link in rows[:CHANGES] if link.patient_id}
    record_reads(by=request.user, patient_ids=shown, detail="changes in the audit trail")
    context = _list(request, form, rows, CHANGES) | {"changes": changes_of(rows[:CHANGES])}
    return render(request, "audit/change_list.html", context)


def _list(request: HttpRequest, form: EventFilterForm, rows: list[Any], page: int) -> dict[str, Any]:
    """What both lists show around their rows."""
    filters = form.chosen()
    return {
        "form": form,
        "filters": filters,
        "query": urlencode(filters),
        "without_patient": urlencode({key: value for key, value in filters.items() if key != "patient"}),
        "next": urlencode({**filters, "before": rows[page - 1].pk}) if len(rows) > page else "",
        "newest": urlencode(filters) if form.cleaned_data.get("before") else None,
    }


def _behind(rows: Any, form: EventFilterForm) -> Any:
    """The row that the list goes on behind; None at its beginning."""
    before = form.cleaned_data.get("before")
    return rows.filter(pk=before).first() if before else None


def _exported(events: Iterator[AuditEvent], names: dict[int, str]) -> Iterator[tuple[object, ...]]:
    yield EXPORTED
    for event in events:
        yield (
            event.at.strftime("%Y-%m-%d %H:%M:%S.%f"), names.get(event.actor_id or 0, ""), event.actor_id,
            event.roles_words(), event.address, event.get_action_display(), event.detail, event.patient_id,
            event.subject_words(), event.request_id,
        )  # fmt: skip


def _subject(event: AuditEvent, people: dict[int, Any]) -> str:
    """What an event was about: a member of staff by name, everything else by its kind and number."""
    person = people.get(event.subject_id or 0) if event.subject_type == "accounts.User" else None
    return str(person) if person else event.subject_words()

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from audit.forms import EventFilterForm
from audit.models import AuditEvent

PAGE = 100  # rows

# Where the subject of an event is read, by its model; others are named only.
PAGES = {
    "accounts.User": "accounts:staff-edit",
    "accounts.Site": "accounts:site-edit",
    "inventory.Lot": "inventory:lot-detail",
    "treatments.TreatmentCourse": "clinic:course",
}


@require_http_methods(["GET"])
@permission_required("audit.view_audit", raise_exception=True)
def event_list(request: HttpRequest) -> HttpResponse:
    """The trail, newest first: who did or saw what, when, about which patient."""
    form = EventFilterForm(request.GET)
    form.is_valid()
    asked: dict[str, Any] = form.cleaned_data
    events = AuditEvent.objects.before(asked.get("before"))
    filters: dict[str, Any] = {}
    if person := asked.get("person"):
        filters["person"], events = person.pk, events.filter(actor_id=person.pk)
    if action := asked.get("action"):
        filters["action"], events = action, events.filter(action=action)
    if patient := asked.get("patient"):
        filters["patient"], events = patient, events.filter(patient_id=patient)
    rows = list(events[: PAGE + 1])
    people = get_user_model()._default_manager.in_bulk(
        {row.actor_id for row in rows if row.actor_id}
        | {row.subject_id for row in rows if row.subject_type == "accounts.User" and row.subject_id}
    )
    return render(
        request,
        "audit/event_list.html",
        {
            "form": form,
            "events": [
                {
                    "event": row,
                    "person": people.get(row.actor_id),
                    "subject": _subject(row, people),
                    "page": PAGES.get(row.subject_type),
                }
                for row in rows[:PAGE]
            ],
            "filters": filters,
            "without_patient": urlencode({key: value for key, value in filters.items() if key != "patient"}),
            "next": urlencode({**filters, "before": rows[PAGE - 1].pk}) if len(rows) > PAGE else "",
            "newest": urlencode(filters) if asked.get("before") else None,
        },
    )


def _subject(event: AuditEvent, people: dict[int, Any]) -> str:
    """What an event was about: a member of staff by name, everything else by its kind and number."""
    person = people.get(event.subject_id or 0) if event.subject_type == "accounts.User" else None
    return str(person) if person else event.subject_words()

"""One visit as an iCalendar file, for the patient who opened a link to it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from interop.calendar import appointment_ics
from messaging.link_access import for_patients
from messaging.models import PatientLink
from scheduling.models import Appointment


@for_patients(PatientLink.Purpose.APPOINTMENT)
@require_GET
def link_ics(request: HttpRequest, token: str) -> HttpResponse:
    """The appointment for the patient's own calendar: when and where, and not a word about health."""
    link: PatientLink = request.link
    appointment = get_object_or_404(
        Appointment.objects.select_related("site"), pk=link.about_id, patient=link.patient_id
    )
    # As the page of the link does: one that was moved leads on to the time that holds.
    while appointment.status == Appointment.Status.MOVED:
        later = Appointment.objects.select_related("site").filter(moved_from=appointment).first()
        if later is None:
            break
        appointment = later
    if not appointment.is_active:
        raise Http404
    response = HttpResponse(appointment_ics(appointment), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response

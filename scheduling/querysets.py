from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import BooleanField, Case, Exists, Q, When

from accounts.models import Site
from scheduling.rules.visits import INACTIVE

if TYPE_CHECKING:
    from accounts.models import User
    from patients.models import Patient
    from scheduling.models import Appointment, RecallAttempt, WaitingEntry  # noqa: F401

# An attempt or a hold is about the window that was open when it was made; what was said before a first session, about
# none.
THIS_WINDOW = Q(window__closed_by=None, window__voided=False, window__isnull=False) | Q(
    window=None, course__last_session_on=None
)


def each_row(condition: Exists | Q) -> Q:
    """The condition, looked up for each row that is looked at: left to itself the planner may begin with all the rows
    it is about, or take it for so rare that the list is not walked in its order."""
    return Q(Case(When(condition, then=True), default=False, output_field=BooleanField()))


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> AppointmentQuerySet:
        """Appointments at this person's sites, and everywhere those of patients they may see."""
        return self.filter(Q(site__in=user.sites.all()) | Q(patient__site__in=user.sites.all()))

    def active(self) -> AppointmentQuerySet:
        """Neither cancelled nor missed."""
        return self.exclude(status__in=INACTIVE)

    def on_day(self, *, site: Site, day: date) -> AppointmentQuerySet:
        """Appointments that start on that calendar day of the site."""
        starts = datetime.combine(day, time.min, tzinfo=site.zone())
        ends = datetime.combine(day + timedelta(days=1), time.min, tzinfo=site.zone())
        return self.filter(site=site, starts_at__gte=starts, starts_at__lt=ends)

    def of_patient(self, patient: Patient) -> AppointmentQuerySet:
        """The patient's appointments, newest first."""
        return self.filter(patient=patient).order_by("-starts_at", "-id")

    def overlapping(self, *, starts_at: datetime, ends_at: datetime) -> AppointmentQuerySet:
        """Active appointments that share some time with that span; one that ends as it begins does not."""
        return self.active().filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def taking(self, *, patient_id: int, provider_id: int, room_id: int | None) -> AppointmentQuerySet:
        """Appointments that need that patient, provider or room."""
        taken = Q(patient=patient_id) | Q(provider=provider_id)
        return self.filter(taken | Q(room=room_id) if room_id is not None else taken)

    def for_list(self) -> AppointmentQuerySet:
        return self.select_related("patient", "provider", "room", "site", "session", "follow_up").prefetch_related(
            "courses__condition"
        )


class RecallAttemptQuerySet(models.QuerySet["RecallAttempt"]):
    def visible_to(self, user: User) -> RecallAttemptQuerySet:
        return self.filter(course__patient__site__in=user.sites.all())

    def of_this_window(self) -> RecallAttemptQuerySet:
        """Those about the window that is open now; before a first session, those about none."""
        return self.filter(THIS_WINDOW)


class WaitingEntryQuerySet(models.QuerySet["WaitingEntry"]):
    def visible_to(self, user: User) -> WaitingEntryQuerySet:
        return self.filter(site__in=user.sites.all())

    def open(self, *, on: date) -> WaitingEntryQuerySet:
        """Still waiting, and the last day they would come has not passed."""
        return self.filter(status="waiting", latest_on__gte=on)

    def for_list(self) -> WaitingEntryQuerySet:
        return self.select_related("patient", "course__condition", "provider", "site", "instead_of__site")

"""The demo clinic's front desk: holidays, absences, lengths of visits, who waits, and one time that was freed."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from accounts.models import User
from clinic.demo.plan import EAST, HOMES, WEEKS
from clinic.demo.staff import DAY_ENDS, DAY_STARTS
from patients.actions import add_fact, create_patient
from patients.models import Allergy
from scheduling.actions import add_waiting_entry, book_appointment, cancel_appointment
from scheduling.actions.hours import add_exception, add_holiday, set_lengths
from scheduling.models import Appointment
from treatments.models import Condition
from treatments.rules.windows import State

if TYPE_CHECKING:
    from clinic.demo.diary import Diary
    from clinic.demo.story import Story

MIDDLE = 3  # letters of a name before the two that change places

NOTES = ("Can be there within the hour.", "", "Works shifts; mornings are hard.", "", "Has a driver on some days only.")


def book_as_one_may(*, desk: User, provider: User, reason: str = "", **visit: Any) -> Appointment | None:
    """Book as the desk does; what it may not, too early or not authorised, the provider does with the reason.

    None where there is none.
    """
    reason = visit.pop("override_reason", "") or reason
    try:
        return book_appointment(provider=provider, by=desk, **visit)
    except ValidationError as refused:
        if "override_reason" not in refused.error_dict:
            raise
    return book_appointment(provider=provider, by=provider, override_reason=reason, **visit) if reason else None


def set_hours(diary: Diary) -> None:
    """Lengths of visits, and a clinic today where the week has none."""
    history, team = diary.history, diary.team
    by = team.administrator
    conditions = dict(Condition.objects.values_list("key", "pk"))
    for site in team.sites.values():
        lengths: dict[tuple[str, int | None], int | None] = {("session", None): 30, ("follow_up", None): 15}
        lengths |= {("session", conditions[key]): 45 for key in ("upper_limb_spasticity", "lower_limb_spasticity")}
        set_lengths(site=site, lengths=lengths, by=by)
    for provider, home in HOMES.items():
        today = history.today[home]
        if WEEKS[provider][today.weekday()] is None:
            add_exception(
                provider=team.providers[provider], site=team.sites[home], starts_on=today, ends_on=today, is_away=False,
                starts_at=DAY_STARTS, ends_at=DAY_ENDS, reason="Weekend clinic", by=by,
            )  # fmt: skip


def set_absences(diary: Diary) -> None:
    """Holidays and an absence of each provider, entered after the diary was filled: some visits lie in them now."""
    team = diary.team
    for coast, site in team.sites.items():
        for day, name in _holidays(diary.history.today[coast]):
            add_holiday(site=site, on=day, name=name, by=team.administrator)
    for place, (provider, home) in enumerate(HOMES.items()):
        first = diary.history.today[home] + timedelta(days=40 + 9 * place)
        add_exception(
            provider=team.providers[provider], site=None, starts_on=first, ends_on=first + timedelta(days=2 + place),
            reason=("Congress", "Leave", "Leave")[place], by=team.administrator,
        )  # fmt: skip
        add_exception(
            provider=team.providers[provider], site=team.sites[home], starts_on=first - timedelta(days=20),
            ends_on=first - timedelta(days=20), starts_at=time(15), ends_at=DAY_ENDS, reason="School concert",
            by=team.administrator,
        )  # fmt: skip


def make_waiting(diary: Diary) -> None:
    """Some wait for an earlier time; then one visit is cancelled, and the desk is asked to offer its time."""
    history, desk = diary.history, diary.team.desk
    for coast, site in diary.team.sites.items():
        today = history.today[coast]
        ahead = (
            Appointment.objects.active()
            .filter(site=site, kind="session", starts_at__gt=history.now + timedelta(days=12))
            .select_related("patient", "provider", "site")
            .order_by("starts_at")
        )
        seen: set[int] = set()
        for visit in ahead:
            course = visit.courses.first()
            if course is None or visit.patient_id in seen or len(seen) == 5:
                continue
            if course.eligible_on and course.eligible_on > visit.on:
                continue  # booked too early: nobody would come earlier still
            seen.add(visit.patient_id)
            place = len(seen)
            first = max(today, course.eligible_on or today)
            add_waiting_entry(
                patient=visit.patient, site=site, kind=visit.kind, minutes=visit.minutes, course=course,
                provider=visit.provider if place % 2 else None, instead_of=visit,
                earliest_on=first, latest_on=max(visit.on, first),
                part_of_day="morning" if place == 3 else "any", is_urgent=place == 4, note=NOTES[place - 1],
                by=desk, now=history.now,
            )  # fmt: skip
        if coast == EAST:
            soon = Appointment.objects.active().filter(
                site=site, kind="session", starts_at__gt=history.now + timedelta(days=2)
            )
            freed = soon.exclude(patient__in=seen).order_by("starts_at").first()
            if freed is not None:
                cancel_appointment(
                    appointment=freed, reason="Travels; will call for a new time.", cancelled_by="patient", by=desk,
                    now=history.now,
                )  # fmt: skip


def write_down_twice(stories: list[Story], *, by: User) -> None:
    """A second record of somebody who is here already, made in a hurry: two letters of the name changed places.

    Nothing is decided about it: it waits on the list of likely pairs.
    """
    known = next(
        story.patient
        for story in stories
        if story.case.coast == EAST and story.case.state is State.DUE and story.patient.family_name.isascii()
        and story.patient.family_name.isalpha() and len(story.patient.family_name) > MIDDLE + 2
    )  # fmt: skip
    name = known.family_name
    again = create_patient(
        by=by, site=known.site, given_name=known.given_name, sex=known.sex, birth_date=known.birth_date,
        family_name=name[:MIDDLE] + name[MIDDLE + 1] + name[MIDDLE] + name[MIDDLE + 2 :],
        language=known.language,
    )  # fmt: skip
    add_fact(model=Allergy, patient=again, by=by, substance="other", name="penicillin", reaction="rash")


def _holidays(today: date) -> list[tuple[date, str]]:
    """The closed days of the coming year that stand on the same date every year."""
    found = []
    for year in (today.year, today.year + 1):
        found += [
            (date(year, 1, 1), "New Year's Day"),
            (date(year, 7, 4), "Independence Day"),
            (date(year, 12, 25), "Christmas Day"),
        ]
    return [(day, name) for day, name in found if today < day <= today + timedelta(days=370)]

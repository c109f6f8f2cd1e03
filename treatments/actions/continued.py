"""When two records of one person were made one, one course goes on and its window heeds the other's last session.

Called inside the transaction that moves a window or merges two records.
"""

from __future__ import annotations

from treatments.models import RetreatmentWindow, TreatmentCourse
from treatments.models.course import DATE_FIELDS
from treatments.rules.continued import one_rhythm, own_dates, with_reasons


def heed_other_courses(*, course: TreatmentCourse, window: RetreatmentWindow) -> None:
    """Make the open window heed the courses that go on in this one, anew; without any it gets its own dates back."""
    others = (
        RetreatmentWindow.objects.filter(
            course__patient=course.patient_id,
            course__condition=course.condition_id,
            course__closed_reason=TreatmentCourse.ClosedReason.MERGED,
            closed_by=None,
            voided=False,
        )
        .exclude(course=course)
        .order_by("last_session_on", "pk")
    )
    was = {name: getattr(window, name) for name in DATE_FIELDS}, window.reasons
    take_back_others(window)
    dates, reasons = {name: getattr(window, name) for name in DATE_FIELDS}, window.reasons
    for other in others:
        both = one_rhythm(dates, {name: getattr(other, name) for name in DATE_FIELDS})
        words = f"another course of this person, continued here, was last treated on {other.last_session_on:%-d %B %Y}"
        reasons = with_reasons(reasons, before=dates, after=both, words=words)
        dates = both
    for name, day in dates.items():
        setattr(window, name, day)
    window.reasons = reasons
    if (dates, reasons) != was:
        window.save(update_fields=[*DATE_FIELDS, "reasons"])


def take_back_others(window: RetreatmentWindow) -> None:
    """Give the window its own dates and reasons again, not saved."""
    dates, window.reasons = own_dates(window.reasons)
    for name, day in dates.items():
        setattr(window, name, day)


def course_that_goes_on(course: TreatmentCourse) -> TreatmentCourse | None:
    """The open course that goes on in the place of this one, locked, or None."""
    if course.closed_reason != TreatmentCourse.ClosedReason.MERGED:
        return None
    return (
        TreatmentCourse.objects.select_for_update(of=("self",))
        .filter(patient=course.patient_id, condition=course.condition_id, closed_on=None)
        .first()
    )

"""Opening, closing and undoing re-treatment windows. Called inside the transaction of the session that moves them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from audit.models import StaleVersionError
from patients.models import Coverage
from treatments.actions.continued import course_that_goes_on, heed_other_courses, take_back_others
from treatments.models import ConditionPolicy, FollowUp, InjectionSession, RetreatmentWindow, TreatmentCourse
from treatments.models.course import DATE_FIELDS
from treatments.rules.payers import kept, kept_rules, payer_rule
from treatments.rules.windows import IntervalRule, Window, WindowPolicy, window_for


def rebuild_windows(
    *, course: TreatmentCourse, on: date, voided: InjectionSession | None = None
) -> RetreatmentWindow | None:
    """Make the course's windows agree with its sessions and return the open one, or None.

    The course row must be locked by the caller. Each session that treated the course has one window, closed by the
    next session; a voided session's window is voided and the one before opens again. Dates of a window already there
    never move, except that a window of the same day as the session just `voided` no longer counts its label. A new
    window is made under the policy in force on `on`, and under what the payers of the session's day ask for now.
    """
    sessions = list(InjectionSession.objects.treating(course))
    closers: dict[int, int | None] = {session.pk: None for session in sessions[-1:]}
    closers |= {session.pk: later.pk for session, later in pairwise(sessions)}
    windows = {window.session_id: window for window in course.windows.all()}

    changed = []
    for window in windows.values():
        is_voided = window.session_id not in closers
        closed_by_id = window.closed_by_id if is_voided else closers[window.session_id]
        if (is_voided, closed_by_id) != (window.voided, window.closed_by_id):
            window.voided, window.closed_by_id = is_voided, closed_by_id
            changed.append(window)
    # Whatever closes goes first: a course has one open window at any moment, and the database insists on it.
    for window in sorted(changed, key=lambda row: row.closed_by_id is None and not row.voided):
        window.save(update_fields=["voided", "closed_by"])
    for session in sessions:
        if session.pk not in windows:
            windows[session.pk] = RetreatmentWindow.objects.create(
                course=course,
                session=session,
                closed_by_id=closers[session.pk],
                **_dates(
                    course, session, sessions, course.condition.policy_in_force(on=on), _payer_rules(course, session)
                ),
            )
        elif voided is not None and session.performed_on == voided.performed_on:
            window = windows[session.pk]
            payers = kept_rules(window.reasons)
            for name, value in _dates(course, session, sessions, window.policy, payers).items():
                setattr(window, name, value)
            window.save()

    current = windows[sessions[-1].pk] if sessions else None
    _settle(course, current)
    if (other := course_that_goes_on(course)) is not None:
        _settle(other, other.windows.filter(closed_by=None, voided=False).first())
    return current


def _settle(course: TreatmentCourse, window: RetreatmentWindow | None) -> None:
    """Write the dates of its open window on the course."""
    if window is not None:
        heed_other_courses(course=course, window=window)
    for name in DATE_FIELDS:
        setattr(course, name, getattr(window, name) if window else None)
    if window and window.target_chosen_on and window.eligible_on:
        course.target_on = max(window.target_chosen_on, window.eligible_on)
    course.save(update_fields=[*DATE_FIELDS])


def _dates(
    course: TreatmentCourse,
    session: InjectionSession,
    sessions: list[InjectionSession],
    policy: ConditionPolicy,
    payers: list[IntervalRule],
) -> dict[str, Any]:
    """The columns of the session's window under that policy: the policy, the dates and their reasons."""
    same_day = [other for other in sessions if other.performed_on == session.performed_on]
    window = window_for(
        session_on=session.performed_on,
        intervals=[rule for other in same_day for rule in _label_rules(course, other)]
        + [
            IntervalRule(
                days=policy.min_interval_days,
                rule="condition policy",
                words=f"clinic policy for {course.condition.name}",
                version=str(policy.version),
                source=policy.source,
                confidence=policy.confidence,
            ),
            *payers,
        ],
        policy=_rhythm(policy),
        wear_off_days=_observed_wear_off(course),
    )
    columns = _columns(window)
    return {"policy": policy, **columns, "reasons": columns["reasons"] + kept(payers)}


def _rhythm(policy: ConditionPolicy) -> WindowPolicy:
    return WindowPolicy(
        opens_months=policy.opens_months,
        closes_months=policy.closes_months,
        lead_days=policy.lead_days,
        lapse_months=policy.lapse_months,
        version=str(policy.version),
        source=policy.source,
        confidence=policy.confidence,
    )


def _label_rules(course: TreatmentCourse, session: InjectionSession) -> list[IntervalRule]:
    """The label intervals that apply to this patient and use, of the product the session gave."""
    if session.product is None:
        return []
    is_child = course.patient.age(on=session.performed_on) < 18
    return [
        IntervalRule(
            days=row.days,
            rule="product label",
            words=f"{session.product.brand} label, {row.days} days",
            version=session.product.reference_version,
            source=row.source,
            confidence=row.confidence,
        )
        # What the label says of this use comes before what it says of all: of two equal intervals the first is named.
        for row in sorted(session.product.label_intervals.all(), key=lambda row: row.indication == "")
        if row.indication in ("", course.condition.key) and row.under_18 in (None, is_child)
    ]


def _payer_rules(course: TreatmentCourse, session: InjectionSession) -> list[IntervalRule]:
    """The intervals of those who paid for this patient on the session's day, as they are now."""
    rows = Coverage.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=session.performed_on),
        Q(ends_on=None) | Q(ends_on__gte=session.performed_on),
        patient=course.patient_id,
        payer__min_interval_days__isnull=False,
    )
    payers = {row.payer_id: row.payer for row in rows}
    return [
        payer_rule(
            payer=payer.name,
            days=payer.min_interval_days,
            version=payer.version,
            source=payer.interval_source or "as entered by the clinic",
        )
        for _, payer in sorted(payers.items())
    ]


def _observed_wear_off(course: TreatmentCourse) -> list[int]:
    """Days from each session of the course to the wearing-off somebody recorded."""
    rows = FollowUp.objects.filter(course=course, status=FollowUp.Status.DONE).exclude(wear_off_on=None)
    latest = {row.session_id: row for row in rows.select_related("session").order_by("done_on", "id")}
    return [
        (row.wear_off_on - row.session.performed_on).days
        for row in latest.values()
        if row.wear_off_on
        and row.wear_off_on > row.session.performed_on
        and row.session.status != InjectionSession.Status.VOIDED
    ]


def _columns(window: Window) -> dict[str, Any]:
    return {name: getattr(window, name) for name in DATE_FIELDS} | {
        "reasons": [asdict(reason) for reason in window.reasons]
    }


def retarget(*, course: TreatmentCourse) -> None:
    """Set the open window's calculated target anew after a wear-off was recorded or taken back; no other date moves.

    The course row must be locked by the caller.
    """
    window = course.windows.filter(closed_by=None, voided=False).select_related("policy").first()
    if window is None:
        return
    take_back_others(window)
    if window.last_session_on is None or window.eligible_on is None:
        return
    fresh = window_for(
        session_on=window.last_session_on,
        intervals=[IntervalRule((window.eligible_on - window.last_session_on).days, "stored", "stored", "", "", "")],
        policy=_rhythm(window.policy),
        wear_off_days=_observed_wear_off(course),
    )
    target = next(asdict(reason) for reason in fresh.reasons if reason.date == "target_on")
    if window.target_on == fresh.target_on and target in window.reasons:
        return
    window.target_on = fresh.target_on
    window.reasons = [reason for reason in window.reasons if reason["date"] != "target_on"] + [target]
    window.save(update_fields=["target_on", "reasons"])
    _settle(course, window)


@transaction.atomic
def choose_target(
    *, course: TreatmentCourse, target_on: date | None, reason: str, on: date, by: User, seen: date | None = None
) -> TreatmentCourse:
    """Aim the open window at a day the provider chose, kept beside the calculated one; None goes back to that one.

    `seen` is the target that the person had before them. Raises StaleVersionError when another one was chosen
    meanwhile, and ValueError when there is no open window, for a chosen day without a reason, and for one that is
    past, before the first allowed day or so late that the course would count as lapsed.
    """
    course = TreatmentCourse.objects.select_for_update(of=("self",)).get(pk=course.pk)
    window = course.windows.filter(closed_by=None, voided=False).first()
    if window is None:
        raise ValueError("There is no open window to aim in.")
    if seen is not None and course.target_on not in (seen, target_on):
        raise StaleVersionError(course)
    if target_on is not None:
        if window.eligible_on and target_on < window.eligible_on:
            raise ValueError(f"The first allowed day is {window.eligible_on:%-d %B %Y}.")
        if target_on < on:
            raise ValueError("This day is past.")
        if window.lapses_on and target_on > window.lapses_on:
            raise ValueError(f"After {window.lapses_on:%-d %B %Y} the course counts as lapsed.")
    if target_on is not None and not reason.strip():
        raise ValueError("Say why this day was chosen.")
    window.target_chosen_on = target_on
    window.target_chosen_by = by if target_on else None
    window.target_chosen_reason = reason.strip() if target_on else ""
    window.save(update_fields=["target_chosen_on", "target_chosen_by", "target_chosen_reason"])
    course.target_on = target_on or window.target_on
    course.save(update_fields=["target_on"])
    return course

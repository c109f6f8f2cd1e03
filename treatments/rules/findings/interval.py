"""Days since toxin was last given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from treatments.rules.facts import CourseFacts, Earlier, Finding, SessionFacts, Severity
from treatments.rules.findings.wording import already_signed, count, day, finding, listed, units
from treatments.rules.labels import CONFIRMED

# The shortest interval any label or policy here knows; within it any toxin asks for a reason.
ANY_TOXIN_DAYS = 84
# Rule R7: other toxin of as many days is also shown.
SHOWN_DAYS = 112
UNKNOWN = "all labels: the effect of toxins given within months of each other is unknown"


def interval(facts: SessionFacts) -> Iterable[Finding]:
    """Rule R7: days to the sessions before and after, of each course and of any toxin; a warning needs a reason.

    A touch-up comes early on purpose: of it only another toxin is asked about.
    """
    early = [] if facts.is_touch_up else [course for course in facts.courses if _days_early(course, facts) > 0]
    yield from _too_early(early, facts)
    named = {course.last_session_on for course in early}
    # The sessions of those courses are said already; toxin given since for something else is not.
    earlier = [
        (past, (facts.performed_on - past.performed_on).days)
        for past in facts.earlier
        if _is_asked_about(past, facts) and not any(since is None or past.performed_on <= since for since in named)
    ]
    later = [
        (coming, (coming.performed_on - facts.performed_on).days)
        for coming in facts.later
        if _is_asked_about(coming, facts)
    ]
    yield from _any_toxin(earlier, facts, "", _last)
    yield from _any_toxin(later, facts, "later", _next)


def _days_early(course: CourseFacts, facts: SessionFacts) -> int:
    return (course.eligible_on - facts.performed_on).days if course.eligible_on is not None else 0


def _too_early(early: Iterable[CourseFacts], facts: SessionFacts) -> Iterator[Finding]:
    """One finding for all the courses of one earlier session: they are too early for one and the same reason."""
    by_day: dict[date | int, list[CourseFacts]] = {}
    for course in sorted(early, key=lambda course: course.id):
        by_day.setdefault(course.last_session_on or course.id, []).append(course)
    for courses in by_day.values():
        # Who was first allowed on the same day for the same reason is named together.
        alike: dict[tuple[object, ...], list[CourseFacts]] = {}
        for course in courses:
            alike.setdefault((course.eligible_on, course.eligible_words), []).append(course)
        confidences = {course.eligible_confidence for course in courses}
        yield finding(
            f"interval-{'-'.join(str(course.id) for course in courses)}",
            Severity.WARN,
            " ".join(_early_words(some, facts) for some in alike.values()),
            about="interval",
            rule="R7",
            source="; ".join(dict.fromkeys(course.eligible_source for course in courses if course.eligible_source)),
            confidence=min(confidences, key=_certainty),
        )


def _early_words(courses: Sequence[CourseFacts], facts: SessionFacts) -> str:
    first = courses[0]
    days = count(_days_early(first, facts), "day")
    names = listed(dict.fromkeys(course.condition_name for course in courses))
    assert first.eligible_on is not None  # noqa: S101 - for the type checker: only such courses are early
    return f"{names}: {days} before a repeat is allowed on {day(first.eligible_on)} ({first.eligible_words})."


def _certainty(confidence: str) -> int:
    """How sure a number is; the least sure one marks a finding that rests on several."""
    order = ("C", "B", "A-", "A", CONFIRMED)
    return order.index(confidence) if confidence in order else -1


def _is_asked_about(session: Earlier, facts: SessionFacts) -> bool:
    if not facts.is_touch_up:
        return True
    return facts.product is not None and session.product != facts.product.key


def _any_toxin(
    sessions: Sequence[tuple[Earlier, int]],
    facts: SessionFacts,
    which: str,
    words: Callable[[list[Earlier], SessionFacts], str],
) -> Iterator[Finding]:
    """Sessions with the days between: within twelve weeks any toxin warns, within sixteen other toxin is shown."""
    near = [session for session, days in sessions if 0 <= days < ANY_TOXIN_DAYS]
    other = [
        session for session, days in sessions if ANY_TOXIN_DAYS <= days <= SHOWN_DAYS and _is_other(session, facts)
    ]
    for found, key, severity in (
        (near, f"interval-{which or 'any'}", Severity.WARN),
        (other, "-".join(part for part in ("interval-other", which) if part), Severity.NOTE),
    ):
        if found:
            yield finding(key, severity, words(found, facts), about="interval", rule="R7", source=UNKNOWN)


def _is_other(session: Earlier, facts: SessionFacts) -> bool:
    """Whether that session gave another product, or treated nothing that this one treats."""
    treated = {course.id for course in facts.courses}
    return (facts.product is not None and session.product != facts.product.key) or not (session.courses & treated)


def _last(sessions: list[Earlier], facts: SessionFacts) -> str:
    last = max(sessions, key=lambda past: (past.performed_on, past.brand, past.units))
    ago = count((facts.performed_on - last.performed_on).days, "day")
    return f"Botulinum toxin {ago} ago: {last.brand} {units(last.units)} on {day(last.performed_on)}."


def _next(sessions: list[Earlier], facts: SessionFacts) -> str:
    first = min(sessions, key=lambda coming: (coming.performed_on, coming.brand, coming.units))
    after = count((first.performed_on - facts.performed_on).days, "day")
    said = already_signed([first.performed_on])
    return f"{said[0].upper()}{said[1:]}: {first.brand} {units(first.units)}, {after} after this one."

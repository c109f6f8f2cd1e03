"""The figures of the outcomes page, computed again: plain rows, plain Python, nothing of `outcomes` in it.

tests/outcomes/test_independent_figures.py compares both on a small clinic, `python -m benchmarks.outcome_figures` on
one of 20,000 courses.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

TABLES = {
    "sites": "SELECT id FROM accounts_site",
    "patients": "SELECT id, site_id, died_on, left_on FROM patients_patient",
    "courses": "SELECT id, patient_id, condition_id, provider_id, closed_on, closed_reason"
    " FROM treatments_treatmentcourse",
    "sessions": "SELECT id, patient_id, provider_id, product_id, protocol_id, status, performed_on, is_touch_up"
    " FROM treatments_injectionsession",
    "windows": "SELECT id, course_id, session_id, voided, last_session_on, eligible_on, window_closes_on, lapses_on,"
    " closed_by_id FROM treatments_retreatmentwindow ORDER BY last_session_on, id",
    "treated": "SELECT session_id, course_id FROM treatments_sessioncourse",
    "injections": "SELECT session_id, course_id, units FROM treatments_injection",
    "vials": "SELECT session_id, units_given, units_discarded FROM treatments_vialuse",
    "follow_ups": "SELECT id, session_id, course_id, status, due_on, done_on, wear_off_on, adverse_event"
    " FROM treatments_followup",
    "events": "SELECT id, session_id, course_id, follow_up_id, term, severity, serious, outcome"
    " FROM treatments_adverseevent",
    "scores": "SELECT id, course_id, instrument_id, assessed_on, value FROM outcomes_assessment"
    " ORDER BY assessed_on, id",
    "rules": "SELECT rule.condition_id, rule.instrument_id, rule.is_percent, rule.change, rule.from_day, rule.to_day,"
    " instrument.better FROM outcomes_responderrule rule JOIN outcomes_instrument instrument"
    " ON instrument.id = rule.instrument_id",
}
Numbers = dict[tuple[Any, ...], Any]


@dataclass
class Wanted:
    """The same filter as a scope of the page, in words of its own."""

    sites: set[int]
    first: date
    last: date
    condition: int | None = None
    provider: int | None = None
    product: int | None = None
    protocol: int | None = None


class Independent:
    """Reads the tables once; `numbers(wanted)` gives every figure of a filter by its name."""

    def __init__(self, *, on: date) -> None:
        self.on = on
        self.rows = {name: list(_read(sql)) for name, sql in TABLES.items()}
        self.patients = {row.id: row for row in self.rows["patients"]}
        self.courses = {row.id: row for row in self.rows["courses"]}
        self.sessions = {row.id: row for row in self.rows["sessions"]}
        self.rules = {row.condition_id: row for row in self.rows["rules"]}
        self.follow_ups = _grouped(self.rows["follow_ups"], "course_id")
        self.scores = _grouped(self.rows["scores"], "course_id")
        self.windows = _grouped([row for row in self.rows["windows"] if not row.voided], "course_id")
        self.told_by_event = {row.follow_up_id for row in self.rows["events"]}
        self.cycles = list(self._cycles())
        self.retreatments = list(self._retreatments())
        self.begun = list(self._begun())
        self.given = list(self._given())

    # What a filter lets through.

    def _fits(self, wanted: Wanted, course: Any, session: Any, day: date, *, provider: int | None) -> bool:
        return (
            self.patients[course.patient_id].site_id in wanted.sites
            and wanted.first <= day <= wanted.last
            and wanted.condition in (None, course.condition_id)
            and wanted.provider in (None, provider)
            and wanted.product in (None, session.product_id)
            and wanted.protocol in (None, session.protocol_id)
        )

    # One cycle is one day of a course; the last session of that day gives its name.

    def _cycles(self) -> Iterator[SimpleNamespace]:
        for course_id, windows in self.windows.items():
            course = self.courses[course_id]
            days = sorted({window.last_session_on for window in windows})
            for number, day in enumerate(days, start=1):
                window = [row for row in windows if row.last_session_on == day][-1]
                session = self.sessions[window.session_id]
                if session.status != "signed":
                    continue
                following = days[number] if number < len(days) else None
                cycle = SimpleNamespace(
                    course=course, session=session, day=day, number=number, next=following, window=window
                )
                self._judge(cycle, first_day=days[0])
                self._wear_off(cycle)
                self._lapse(cycle)
                yield cycle

    def _judge(self, cycle: SimpleNamespace, *, first_day: date) -> None:
        rule = self.rules.get(cycle.course.condition_id)
        cycle.outcome = cycle.change = None
        if rule is None:
            return
        scores = [row for row in self.scores[cycle.course.id] if row.instrument_id == rule.instrument_id]
        before = [row.value for row in scores if row.assessed_on <= first_day]
        until = cycle.day + timedelta(days=rule.to_day)
        if cycle.next:
            until = min(until, cycle.next)
        after = [row.value for row in scores if cycle.day + timedelta(days=rule.from_day) <= row.assessed_on <= until]
        if self.on <= until:
            cycle.outcome = "still being measured"
        elif not before or (rule.is_percent and before[-1] == 0):
            cycle.outcome = "no baseline"
        elif not after:
            cycle.outcome = "missing"
        else:
            cycle.change = after[-1] - before[-1]
            better = -cycle.change if rule.better == "lower" else cycle.change
            needed = rule.change / 100 * abs(before[-1]) if rule.is_percent else rule.change
            cycle.outcome = "responder" if better >= needed else "non-responder"

    def _wear_off(self, cycle: SimpleNamespace) -> None:
        found = [
            row for row in self.follow_ups[cycle.course.id] if self.sessions[row.session_id].performed_on == cycle.day
        ]
        done = [row for row in found if row.status == "done"]
        worn = [row.wear_off_on for row in done if row.wear_off_on and row.wear_off_on >= cycle.day]
        cycle.worn_day = None
        if not done:
            to_come = any(row.status == "planned" and row.due_on >= self.on for row in found)
            cycle.worn = "to come" if to_come else "nobody asked"
        elif worn and (cycle.next is None or min(worn) <= cycle.next):
            cycle.worn, cycle.worn_day = "wearing off", (min(worn) - cycle.day).days
        else:
            seen = max(row.done_on for row in done)
            seen = min(seen, cycle.next) if cycle.next else seen
            cycle.worn, cycle.worn_day = "still in effect", max(0, (seen - cycle.day).days)

    def _lapse(self, cycle: SimpleNamespace) -> None:
        limit, patient = cycle.window.lapses_on, self.patients[cycle.course.patient_id]
        ends = [day for day in (cycle.course.closed_on, patient.died_on, patient.left_on) if day]
        cycle.lapse = None
        if limit < self.on:
            cycle.lapse = (
                "came back"
                if cycle.next and cycle.next <= limit
                else "ended before"
                if ends and min(ends) <= limit
                else "lapsed"
            )

    def _retreatments(self) -> Iterator[SimpleNamespace]:
        for window in self.rows["windows"]:
            if window.voided or window.closed_by_id is None:
                continue
            session = self.sessions[window.closed_by_id]
            if session.status == "signed" and session.performed_on != window.last_session_on:
                timing = "early" if session.performed_on < window.eligible_on else "on time"
                if session.performed_on > window.window_closes_on:
                    timing = "late"
                yield SimpleNamespace(
                    course=self.courses[window.course_id], session=session, day=session.performed_on, timing=timing
                )

    def _begun(self) -> Iterator[SimpleNamespace]:
        for course_id, windows in self.windows.items():
            course = self.courses[course_id]
            patient = self.patients[course.patient_id]
            days = sorted({row.last_session_on for row in windows})
            first = windows[0]
            lost, kept = {}, {}
            for row in windows:
                came_back = any(row.last_session_on < day <= row.lapses_on for day in days)
                # The first of two of a day is followed by the other at once.
                same_day = [other for other in windows if other.last_session_on == row.last_session_on]
                if row is same_day[-1] and not came_back and row.lapses_on < self.on:
                    lost.setdefault("lapsed", row.lapses_on + timedelta(days=1))
            if patient.left_on:
                lost["left"] = patient.left_on
            if course.closed_on:
                (lost if course.closed_reason == "stopped" else kept)[course.closed_reason] = course.closed_on
            if patient.died_on:
                kept["died"] = patient.died_on
            lost_on = min(lost.values(), default=date.max)
            kept_on = min(kept.values(), default=date.max)
            end = min(lost_on, kept_on, self.on)
            if lost_on == end:
                how = next(name for name in ("stopped", "left", "lapsed") if lost.get(name) == lost_on)
            else:
                how = "ended otherwise" if kept_on <= self.on else "going on"
            yield SimpleNamespace(
                course=course,
                session=self.sessions[first.session_id],
                day=first.last_session_on,
                how=how,
                time=max(0, (end - first.last_session_on).days),
                lost=how in ("stopped", "left", "lapsed"),
            )

    def _given(self) -> Iterator[SimpleNamespace]:
        courses, injections = (
            _grouped(self.rows["treated"], "session_id"),
            _grouped(self.rows["injections"], "session_id"),
        )
        vials, events = _grouped(self.rows["vials"], "session_id"), _grouped(self.rows["events"], "session_id")
        follow_ups = _grouped(self.rows["follow_ups"], "session_id")
        for session in self.rows["sessions"]:
            if session.status == "signed":
                yield SimpleNamespace(
                    session=session,
                    courses=[self.courses[row.course_id] for row in courses[session.id]],
                    injections=injections[session.id],
                    vials=vials[session.id],
                    events=[row for row in events[session.id] if row.outcome != "error"],
                    done=[row for row in follow_ups[session.id] if row.status == "done"],
                )

    def numbers(self, wanted: Wanted) -> Numbers:
        """Every figure of the filter."""
        counted: Counter[tuple[Any, ...]] = Counter()
        changes = defaultdict(list)
        for cycle in self.cycles:
            course, session = cycle.course, cycle.session
            if self._fits(wanted, course, session, cycle.day, provider=session.provider_id):
                counted["wear-off", cycle.worn, cycle.worn_day] += 1
                if cycle.outcome:
                    condition = course.condition_id
                    counted["response", condition, cycle.outcome] += 1
                    counted["response by number", condition, cycle.number, cycle.outcome] += 1
                    counted["response by provider", condition, session.provider_id, cycle.outcome] += 1
                if cycle.change is not None:
                    changes[course.condition_id, cycle.number].append(float(cycle.change))
            if cycle.lapse and self._fits(
                wanted, course, session, cycle.window.lapses_on, provider=session.provider_id
            ):
                counted["lapses", cycle.lapse] += 1
        for row in self.retreatments:
            if self._fits(wanted, row.course, row.session, row.day, provider=row.session.provider_id):
                counted["timing", row.day.replace(day=1), row.timing] += 1
                counted["timing by provider", row.session.provider_id, row.timing] += 1
        for row in self.begun:
            since = Wanted(**vars(wanted) | {"first": date.min})
            if self._fits(since, row.course, row.session, row.day, provider=row.course.provider_id):
                counted["retention", row.lost, row.time] += 1
                counted["retained", row.how] += 1
        numbers: Numbers = dict(counted)
        for (condition, number), values in changes.items():
            numbers["change", condition, number] = (len(values), sum(values) / len(values))
        return numbers | self._of_sessions(wanted)

    def _of_sessions(self, wanted: Wanted) -> Numbers:
        counted: Counter[tuple[Any, ...]] = Counter()
        doses = defaultdict(list)
        for row in self.given:
            session = row.session
            if not any(
                self._fits(wanted, course, session, session.performed_on, provider=session.provider_id)
                for course in row.courses
            ):
                continue
            counted["sessions", "asked" if row.done else "not asked"] += 1
            units = sum(
                injection.units
                for injection in row.injections
                if wanted.condition in (None, self.courses[injection.course_id].condition_id)
            )
            if session.is_touch_up and units:
                counted["touch-ups", session.product_id] += 1
            elif units:
                doses[session.product_id, session.performed_on.replace(day=1)].append(float(units))
            if row.vials:
                counted["vials", session.product_id] += len(row.vials)
                counted["sessions with vials", session.product_id] += 1
                counted["given", session.product_id] += sum(vial.units_given for vial in row.vials)
                counted["discarded", session.product_id] += sum(vial.units_discarded for vial in row.vials)
            else:
                counted["no vial", session.product_id] += 1
            for event in row.events:
                if event.course_id and wanted.condition not in (None, self.courses[event.course_id].condition_id):
                    continue
                counted["events", "all"] += 1
                counted["events", event.term] += 1
                counted["events", "serious"] += bool(event.serious)
                counted["events", "severe"] += event.severity == "severe"
            for follow_up in row.done:
                if (
                    follow_up.adverse_event
                    and follow_up.id not in self.told_by_event
                    and wanted.condition in (None, self.courses[follow_up.course_id].condition_id)
                ):
                    counted["events", "all"] += 1
                    counted["events", "noted"] += 1
        numbers: Numbers = {key: count for key, count in counted.items() if count or key[0] in ("given", "discarded")}
        for key, values in doses.items():
            numbers["doses", *key] = (len(values), *(_quantile(sorted(values), part) for part in (0.25, 0.5, 0.75)))
        return numbers


def of_the_page(figures: Any) -> Numbers:
    """The page's figures under the same names."""
    numbers: Numbers = {}
    for condition, found in figures.responders.items():
        numbers |= {("response", condition, str(end)): count for end, count in found.counts.items()}
    for condition, changes in figures.changes.items():
        for change in changes:
            numbers |= {
                ("response by number", condition, change.number, str(end)): count
                for end, count in change.cycles.counts.items()
            }
            if change.mean:
                numbers["change", condition, change.number] = (change.mean.count, change.mean.value)
    for condition, providers in figures.responders_by_provider.items():
        for provider, found in providers.items():
            numbers |= {
                ("response by provider", condition, provider.pk, str(end)): count for end, count in found.counts.items()
            }
    for month in figures.months:
        numbers |= {("timing", month.month, str(timing)): count for timing, count in month.counts.items()}
    for provider, found in figures.timing_by_provider.items():
        numbers |= {("timing by provider", provider.pk, str(timing)): count for timing, count in found.counts.items()}
    for day, worn, count in figures.wear_off.times:
        numbers["wear-off", "wearing off" if worn else "still in effect", day] = count
    for how in ("to come", "nobody asked"):
        if figures.wear_off.counts.get(how):
            numbers["wear-off", how, None] = figures.wear_off.counts[how]
    retention: Counter[tuple[Any, ...]] = Counter()
    for day, lost, count in figures.retention.times:
        retention["retention", lost, day] += count
    numbers |= retention
    numbers |= {("retained", how): count for how, count in figures.retention.counts.items()}
    numbers |= {("lapses", how): count for how, count in figures.lapses.items()}
    for product, found in figures.doses.items():
        for month in found.months:
            numbers["doses", product, month.month] = (month.count, month.low, month.median, month.high)
        if found.touch_ups:
            numbers["touch-ups", product] = found.touch_ups
    for product, units in figures.units.items():
        if units.sessions:
            numbers["vials", product] = units.vials
            numbers["sessions with vials", product] = units.sessions
            numbers["given", product], numbers["discarded", product] = units.given, units.discarded
        if units.without:
            numbers["no vial", product] = units.without
    asked = {"asked": figures.events.asked, "not asked": figures.events.not_asked}
    numbers |= {("sessions", how): count for how, count in asked.items() if count}
    return numbers | {("events", part): count for part, count in figures.events.counts.items()}


def differences(page: Numbers, independent: Numbers) -> list[str]:
    """Where the two differ, in words."""
    return [
        f"{key}: page {page.get(key)}, independent {independent.get(key)}"
        for key in sorted({*page, *independent}, key=str)
        if not _same(page.get(key), independent.get(key))
    ]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and abs(float(one) - float(other)) < 1e-9 * max(1, abs(float(one)))
    return bool(one == other)


def _quantile(values: list[float], part: float) -> float:
    place = part * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def _grouped(rows: list[Any], name: str) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _read(sql: str) -> Iterator[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            yield SimpleNamespace(**dict(zip(names, row, strict=True)))

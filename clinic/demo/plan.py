"""Who is treated for what, when and by whom in the demo clinic: plain values, worked out before anything is written.

Dates are counted back from the state that each course shall be in on the day the clinic is made, so that every state is
there on any day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from clinic.demo.doses import BOTOX, DAXXIFY, DYSPORT, MYOBLOC, XEOMIN
from treatments.rules.windows import IntervalRule, State, WindowPolicy, state_on, window_for

T = TypeVar("T")

YEARS_BACK = timedelta(days=730)
EAST, WEST = "east", "west"

# Provider -> the site where they work on each weekday, Monday first; None at weekends.
WEEKS: dict[str, tuple[str | None, ...]] = {
    "holt": (EAST, EAST, EAST, EAST, EAST, None, None),
    "okeke": (EAST, EAST, EAST, WEST, WEST, None, None),
    "serrano": (WEST, WEST, WEST, WEST, WEST, None, None),
}
# The home of each: where they have today's appointments, whatever the weekday.
HOMES = {"holt": EAST, "okeke": EAST, "serrano": WEST}
# Whose patients come today, at each site: of the one who is always there (None), and of the one who moves.
TODAYS = (None, None, None, "okeke", "okeke")
HOMES_AT = {EAST: "holt", WEST: "serrano"}

# What patients come for, with how many of a hundred; two conditions are treated in one session.
CASES: tuple[tuple[tuple[str, ...], int], ...] = (
    (("chronic_migraine",), 41),
    (("cervical_dystonia",), 15),
    (("upper_limb_spasticity",), 8),
    (("lower_limb_spasticity",), 5),
    (("tmj_bruxism",), 8),
    (("myofascial_neck_shoulder",), 5),
    (("low_back_pain",), 5),
    (("chronic_migraine", "tmj_bruxism"), 6),
    (("upper_limb_spasticity", "lower_limb_spasticity"), 5),
    (("cervical_dystonia", "myofascial_neck_shoulder"), 2),
)
SINGLE = [case for case, _ in CASES if len(case) == 1]
DOUBLE = [case for case, _ in CASES if len(case) == 2]
STATES: tuple[tuple[State, int], ...] = (
    (State.IN_EFFECT, 46),
    (State.DUE, 21),
    (State.OPENING, 12),
    (State.OVERDUE, 8),
    (State.LAPSED, 4),
    (State.NEW, 4),
    (State.CLOSED, 5),
)
# Days since the last session in which each state can lie; the exact days come from the window itself.
SINCE = {
    State.IN_EFFECT: (1, 90),
    State.OPENING: (60, 115),
    State.DUE: (84, 184),
    State.OVERDUE: (181, 330),
    State.LAPSED: (365, 560),
    State.CLOSED: (20, 400),
}
NECK_PRODUCTS = (BOTOX,) * 10 + (DYSPORT,) * 4 + (XEOMIN,) * 4 + (DAXXIFY,) * 2 + (MYOBLOC,)
LIMB_PRODUCTS = {
    ("upper_limb_spasticity",): (BOTOX,) * 4 + (DYSPORT,) * 3 + (XEOMIN,) * 2,
    ("lower_limb_spasticity",): (BOTOX,) * 3 + (DYSPORT,) * 3,
    ("upper_limb_spasticity", "lower_limb_spasticity"): (BOTOX,) * 2 + (DYSPORT,) * 3,
}
CLOSINGS = ("completed", "paused", "stopped", "died", "left")


@dataclass
class Visit:
    """One session: its day, and which of the patient's conditions it treats."""

    on: date
    conditions: tuple[str, ...]
    is_outside: bool = False
    is_touch_up: bool = False


@dataclass
class Case:
    """One patient's treatment: the plan that the clinic is built from. `today` is the patient's site's."""

    coast: str
    provider: str
    conditions: tuple[str, ...]
    state: State
    product: str
    side: str
    age: int
    today: date
    visits: list[Visit] = field(default_factory=list)
    closing: str = ""
    closed_on: date | None = None
    starts_on: date | None = None

    @property
    def is_child(self) -> bool:
        return self.age < 18

    @property
    def shortest(self) -> int:
        """Days between sessions that the label asks for here; see inventory/reference/products.json."""
        if self.product == DAXXIFY:
            return 90
        return 112 if self.is_child and self.product == DYSPORT else 84


def make_cases(rng: Random, *, patients: int, today: dict[str, date]) -> list[Case]:
    """The cases of so many patients, a little more than half of them in the east.

    At each site the first seven are one of each condition and one of each state; the rest fall as they fall.
    """
    east = max(1, round(patients * 0.58))
    return [
        make_case(rng, coast=coast, place=place, today=today[coast])
        for coast, count in ((EAST, east), (WEST, patients - east))
        for place in range(count)
    ]


def make_case(rng: Random, *, coast: str, place: int, today: date) -> Case:
    conditions: tuple[str, ...]
    states = [state for state, _ in STATES]
    provider = rng.choice(["holt", "holt", "okeke"] if coast == EAST else ["serrano", "serrano", "okeke"])
    after = place - len(states)
    if after < 0:
        # Shifted, so that the two sites do not look alike.
        conditions, state = SINGLE[place], states[(place + (3 if coast == WEST else 0)) % len(states)]
    elif after == 0:
        # Even a small clinic treats two courses at once,
        conditions, state = DOUBLE[0], State.IN_EFFECT
    elif after <= len(TODAYS):
        # and everybody has patients today.
        conditions, state, provider = SINGLE[0], State.DUE, TODAYS[after - 1] or HOMES_AT[coast]
    else:
        conditions, state = _pick(rng, CASES), _pick(rng, STATES)
    is_child = conditions in LIMB_PRODUCTS and len(conditions) == 1 and place >= len(states) and rng.random() < 0.12
    product = BOTOX
    if conditions == ("cervical_dystonia",):
        product = rng.choice(NECK_PRODUCTS)
    elif conditions in LIMB_PRODUCTS:
        product = rng.choice(LIMB_PRODUCTS[conditions])
        if is_child and product == XEOMIN:
            product = DYSPORT
    case = Case(
        coast=coast,
        provider=provider,
        conditions=conditions,
        state=state,
        product=product,
        side=rng.choice(["left", "right"]),
        age=rng.randrange(6, 16) if is_child else _age(rng, conditions),
        today=today,
    )
    _fill(rng, case, first_ones=place < len(states))
    return case


def _fill(rng: Random, case: Case, *, first_ones: bool) -> None:
    if case.state is State.NEW:
        case.starts_on = _workday(case, case.today - timedelta(days=rng.randrange(2, 35)))
        return
    last = _last_day(rng, case)
    tenure = YEARS_BACK * rng.choice([0.15, 0.3, 0.4, 0.55, 0.7, 0.85, 1.0, 1.0])
    days = _back_from(rng, case, last, first=case.today - tenure)
    case.visits = [Visit(on=day, conditions=case.conditions) for day in days]
    _vary(rng, case)
    case.starts_on = case.visits[0].on - timedelta(days=rng.randrange(5, 29))
    if case.state is State.CLOSED:
        case.closed_on = min(last + timedelta(days=rng.randrange(10, 120)), case.today - timedelta(days=1))
        case.closing = "completed" if first_ones else rng.choice(CLOSINGS)


def _vary(rng: Random, case: Case) -> None:
    """Some history from elsewhere, a second condition that joined later, a session given early, a touch-up."""
    visits = case.visits
    if len(visits) > 1 and rng.random() < 0.2:
        for visit in visits[: rng.choice([1, 1, 2]) if len(visits) > 2 else 1]:
            visit.is_outside = True
    if len(case.conditions) == 2 and len(visits) > 2 and rng.random() < 0.5:
        visits[0].conditions = case.conditions[:1]
    plain = case.conditions in (("chronic_migraine",), ("tmj_bruxism",))
    if plain and len(visits) > 2 and not case.is_child and rng.random() < 0.08:
        # The whole history before it moves: one gap becomes shorter than the label's 84 days and needs its reason.
        at = rng.randrange(2, len(visits))
        day = _workday(case, visits[at].on - timedelta(days=rng.randrange(72, 78)))
        moved = day - visits[at - 1].on
        for visit in visits[:at]:
            visit.on = _workday(case, visit.on + moved)
    if case.conditions == ("cervical_dystonia",) and case.product == BOTOX and len(visits) > 1 and rng.random() < 0.12:
        at = rng.randrange(len(visits) - 1)
        day = _workday(case, visits[at].on + timedelta(days=24))
        if not visits[at].is_outside and day < case.today:
            visits.insert(at + 1, Visit(on=day, conditions=case.conditions, is_touch_up=True))


def _last_day(rng: Random, case: Case) -> date:
    low, high = SINCE[case.state]
    days = [case.today - timedelta(days=since) for since in range(low, high + 1)]
    fitting = [day for day in days if _works(case, day) and _state_after(case, day) is case.state]
    if case.state is State.DUE and rng.random() < 0.7:
        # Most who are due have been so for weeks, not months.
        fitting = fitting[: len(fitting) // 2]
    return rng.choice(fitting)


def _state_after(case: Case, day: date) -> State:
    if case.state is State.CLOSED:
        return State.CLOSED
    window = window_for(
        session_on=day, intervals=[IntervalRule(case.shortest, "", "", "", "", "")], policy=WindowPolicy()
    )
    return state_on(window, closed_from=[], on=case.today)


def _back_from(rng: Random, case: Case, last: date, *, first: date) -> list[date]:
    """The days of sessions up to the last one, oldest first, none before `first` but the last."""
    days = [last]
    usual = case.shortest + rng.choice([4, 7, 8, 10, 14, 21])
    if case.product == DAXXIFY:
        usual += 35
    while True:
        gap = usual + rng.randrange(0, 9)
        chance = rng.random()
        if chance < 0.1:
            gap += rng.randrange(25, 70)
        elif chance < 0.14:
            gap += rng.randrange(95, 140)
        day = _workday(case, days[-1] - timedelta(days=gap))
        if day < first:
            return days[::-1]
        days.append(day)


def _works(case: Case, day: date) -> bool:
    return WEEKS[case.provider][day.weekday()] == case.coast


def _workday(case: Case, day: date) -> date:
    """That day, or the nearest one before on which the case's provider works at its site."""
    while not _works(case, day):
        day -= timedelta(days=1)
    return day


def _age(rng: Random, conditions: tuple[str, ...]) -> int:
    if conditions in LIMB_PRODUCTS:
        return rng.randrange(34, 84)
    if "cervical_dystonia" in conditions or "low_back_pain" in conditions:
        return rng.randrange(31, 76)
    return rng.randrange(19, 68)


def _pick(rng: Random, weighted: Sequence[tuple[T, int]]) -> T:
    return rng.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]

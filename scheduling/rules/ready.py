"""Ready to book: what stands between a course and its next session, as lights with words.

The words are for the front desk as well: days, who pays, how many vials; never a dose or an answer. The lights look
ahead to the day aimed at; a session judges the same facts on its own day, see treatments.checks. Source: PRODUCT "Ready
to book".

Plain functions on plain values: no database, no clock. Days are the site's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from patients.rules import Severity, consent_problem, screening_alerts, valid_consent
from patients.rules.consent import ConsentFacts
from patients.rules.screening import Answers
from treatments.rules.allowance import Allowance, spread
from treatments.rules.chosen import APPROVED, authorization_problem
from treatments.rules.facts import AuthorizationFacts


class LightState(StrEnum):
    OK = "ok"
    MISSING = "missing"
    UNSURE = "unsure"
    NOT_NEEDED = "not_needed"


NAMES = {
    "window": "Window",
    "authorization": "Authorisation",
    "drug": "Drug",
    "screening": "Screening",
    "response": "Response",
    "consent": "Consent",
}
STATE_WORDS = {
    LightState.OK: "ready",
    LightState.MISSING: "missing",
    LightState.UNSURE: "to check",
    LightState.NOT_NEEDED: "not needed",
}


@dataclass(frozen=True)
class Light:
    """One light. `state` is ok, missing, unsure or not_needed; `words` are the whole of it, beside its name."""

    key: str
    state: LightState
    words: str

    @property
    def name(self) -> str:
        return NAMES[self.key]

    @property
    def state_words(self) -> str:
        """The state for those who do not see its shape."""
        return STATE_WORDS[self.state]


OK, MISSING, UNSURE, NOT_NEEDED = LightState


@dataclass(frozen=True)
class Paying:
    """A coverage: who pays, whether they want an authorisation, and the interval they ask for."""

    payer: str
    authorization_required: bool
    starts_on: date | None = None
    ends_on: date | None = None
    min_interval_days: int | None = None

    def is_in_force(self, *, on: date) -> bool:
        return (self.starts_on is None or self.starts_on <= on) and (self.ends_on is None or on <= self.ends_on)


@dataclass(frozen=True)
class Order:
    """Vials that a specialty pharmacy is about to send."""

    product: str
    status: str
    expected_on: date | None


@dataclass(frozen=True)
class Stock:
    """Vials of one lot that may be opened up to its last day; `is_named`: they are this patient's own."""

    product: str
    vials: int
    units: int
    expires_on: date
    recalled_on: date | None = None
    is_named: bool = False

    def is_usable(self, *, on: date) -> bool:
        return on <= self.expires_on and (self.recalled_on is None or on < self.recalled_on)


@dataclass(frozen=True)
class ReadyFacts:
    """What is known of one course. `product` is the key of what the last session gave, or of what is authorised.

    `target_on` is the day aimed at: the next booked one where there is one. `ask_by` is the last day to ask a payer for
    an authorisation, as the list of those to ask for has it. `last_units` are those that the last session gave for this
    course, `last_total` for all it treated; they are compared and never shown. `is_responded` as the findings of a
    session ask it: an impression or a score.
    """

    on: date
    target_on: date
    condition: str
    is_labelled: bool
    born: date | None
    last_session_on: date | None = None
    eligible_on: date | None = None
    window_closes_on: date | None = None
    booked_on: date | None = None
    booked_days: Sequence[date] = ()  # all to come, the next one among them
    ask_by: date | None = None
    product: str = ""
    brand: str = ""
    last_units: Decimal = Decimal(0)
    last_total: Decimal = Decimal(0)
    coverages: Sequence[Paying] = ()
    authorizations: Sequence[AuthorizationFacts] = ()
    orders: Sequence[Order] = ()
    stock: Sequence[Stock] = ()
    screened_on: date | None = None
    answers: Answers | None = None
    is_responded: bool = False
    asked_next_on: date | None = None
    consents: Sequence[ConsentFacts] = ()


def lights(facts: ReadyFacts) -> list[Light]:
    """The six lights, always in this order."""
    return [
        window_light(facts),
        authorization_light(facts),
        drug_light(facts),
        screening_light(facts),
        response_light(facts),
        consent_light(facts),
    ]


def target_day(*, on: date, booked_on: date | None, target_on: date | None, eligible_on: date | None) -> date:
    """The day that a session is prepared for: the booked one, else the target, never before it is allowed or past."""
    if booked_on is not None:
        return booked_on
    return max(day for day in (on, target_on, eligible_on) if day is not None)


def window_light(facts: ReadyFacts) -> Light:
    """May a session be booked, and from when."""
    if facts.eligible_on is None:
        return Light("window", NOT_NEEDED, "first session, any day")
    first = f"allowed from {_day(facts.eligible_on)}"
    if facts.booked_on is not None and facts.booked_on < facts.eligible_on:
        return Light("window", MISSING, f"booked {_day(facts.booked_on)}, too early; {first}")
    if facts.window_closes_on is not None and facts.window_closes_on < facts.on:
        return Light("window", UNSURE, f"closed {_day(facts.window_closes_on)}; {first}")
    if (
        facts.booked_on is not None
        and facts.window_closes_on is not None
        and facts.booked_on > facts.window_closes_on
        and facts.window_closes_on >= facts.on
    ):
        return Light(
            "window", UNSURE, f"booked {_day(facts.booked_on)}, after it closes {_day(facts.window_closes_on)}"
        )
    if later := _payer_asks_longer(facts):
        return Light("window", UNSURE, f"{first}; {later}")
    closes = f", closes {_day(facts.window_closes_on)}" if facts.window_closes_on else ""
    if facts.eligible_on <= facts.on:
        return Light("window", OK, f"allowed now{closes}")
    return Light("window", OK, f"{first}{closes}")


def _payer_asks_longer(facts: ReadyFacts) -> str:
    """What a payer of today asks for beyond the window, which keeps the rules it was made with: a warning, in words."""
    if facts.last_session_on is None:
        return ""
    asked = [
        (facts.last_session_on + timedelta(days=row.min_interval_days), row)
        for row in facts.coverages
        if row.min_interval_days and row.is_in_force(on=facts.target_on)
    ]
    day, row = max(asked, key=lambda pair: pair[0], default=(None, None))
    if day is None or row is None or day <= facts.target_on:
        return ""
    return f"{row.payer} asks for {row.min_interval_days} days, to {_day(day)}"


def authorization_light(facts: ReadyFacts) -> Light:
    """Whether a payer's authorisation covers the day aimed at, with visits and units left."""
    paying = [row for row in facts.coverages if row.is_in_force(on=facts.target_on)]
    if not paying:
        words = f"no coverage on {_day(facts.target_on)}" if facts.coverages else "who pays is not recorded"
        return Light("authorization", UNSURE, words)
    wanted_by = [row for row in paying if row.authorization_required]
    if not wanted_by:
        return Light("authorization", NOT_NEEDED, f"{_listed(row.payer for row in paying)} asks for none")
    mine = [row for row in facts.authorizations if row.condition == facts.condition]
    fitting = [row for row in mine if not facts.product or row.product == facts.product]
    good = [row for row in fitting if authorization_problem(row, on=facts.target_on, units=Decimal(0)) == ""]
    with_left = [row for row in good if row.units_approved is None or row.units_used < row.units_approved]
    if with_left:
        enough = [row for row in with_left if _has_units(row, facts.last_units)]
        best = min(enough or with_left, key=lambda row: (row.ends_on, row.id))
        promised = spread([_allowance(row) for row in with_left], facts.booked_days)
        words = ", ".join([f"to {_day(best.ends_on)}", *left_words(best, booked=len(promised.days[best.id]))])
        if promised.uncovered:
            return Light("authorization", UNSURE, f"{words}; none for {_day(promised.uncovered[0])}")
        if enough:
            return Light("authorization", OK, words)
        return Light("authorization", UNSURE, f"{words}: fewer than the last session took")
    by = _by(facts)
    if any(row.status in ("submitted", "appeal") and row.ends_on >= facts.target_on for row in fitting):
        is_appeal = all(row.status != "submitted" for row in fitting if row.ends_on >= facts.target_on)
        return Light("authorization", UNSURE, "denied, in appeal" if is_appeal else "asked for, no answer yet")
    if fitting:
        best = max(fitting, key=lambda row: (row.status == APPROVED, row.ends_on, row.id))
        problem = authorization_problem(best, on=facts.target_on, units=Decimal(0))
        if not problem:
            problem = "no units left"
        elif best.status == "denied":
            problem = "denied"
        elif facts.target_on > best.ends_on:
            problem = f"ends {_day(best.ends_on)}, before {_day(facts.target_on)}"
        elif facts.target_on < best.starts_on:
            problem = f"begins {_day(best.starts_on)}, after {_day(facts.target_on)}"
        else:
            problem = "all visits are used"
        return Light("authorization", MISSING, f"{problem}; {by}")
    if mine:
        return Light("authorization", MISSING, f"on file for another product; {by}")
    return Light("authorization", MISSING, f"{_listed(row.payer for row in wanted_by)} wants one; {by}")


def _by(facts: ReadyFacts) -> str:
    """By which day the payer has to be asked: kept for every course that a coverage wants an authorisation for."""
    last = facts.ask_by or facts.target_on
    return f"ask by {_day(last)}" if last >= facts.on else f"should have been asked for by {_day(last)}"


def _has_units(row: AuthorizationFacts, units: Decimal) -> bool:
    return row.units_approved is None or row.units_used + units <= row.units_approved


def _allowance(row: AuthorizationFacts) -> Allowance:
    left = None if row.visits_approved is None else row.visits_approved - row.visits_used
    return Allowance(row.id, row.starts_on, row.ends_on, left)


def left_words(row: AuthorizationFacts, *, booked: int = 0) -> list[str]:
    """What of an authorisation is left, as far as it says how much it is for: visits neither used nor booked."""
    words = []
    if row.visits_approved is not None:
        visits = max(row.visits_approved - row.visits_used - booked, 0)
        taken = f" beside {booked} booked" if booked else ""
        words.append(f"{visits} visit{'' if visits == 1 else 's'} left{taken}")
    if row.units_approved is not None:
        units = max(Decimal(row.units_approved) - row.units_used, Decimal(0))
        words.append(f"{units.normalize():f} U left")
    return words


def drug_light(facts: ReadyFacts) -> Light:
    """Whether vials of the product are there for the day aimed at: her own, an order under way, or the clinic's."""
    if not facts.product:
        return Light("drug", NOT_NEEDED, "no product chosen yet")
    usable = [row for row in facts.stock if row.product == facts.product and row.is_usable(on=facts.target_on)]
    own = [row for row in usable if row.is_named]
    if own and _units(own) >= facts.last_total:
        return Light("drug", OK, f"{_vials(own)} of {facts.brand} here for this patient")
    shelf = [row for row in usable if not row.is_named]
    under_way = [row for row in facts.orders if row.product == facts.product]
    if under_way:
        return _order_light(facts, under_way)
    if own:
        return Light("drug", UNSURE, f"{_vials(own)} of {facts.brand} here for this patient, fewer than last time")
    if shelf and _units(shelf) >= facts.last_total:
        return Light("drug", OK, f"{facts.brand} in stock, {_vials(shelf)}")
    if shelf:
        return Light("drug", UNSURE, f"{facts.brand} in stock, {_vials(shelf)}: fewer than last time")
    return Light("drug", MISSING, f"no {facts.brand} in stock, none ordered")


def _order_light(facts: ReadyFacts, orders: Sequence[Order]) -> Light:
    dated = [(row.expected_on, row.status) for row in orders if row.expected_on is not None]
    if not dated:
        return Light("drug", UNSURE, f"{facts.brand} {orders[0].status}, no day given")
    expected_on, status = min(dated)
    words = f"{facts.brand} {status}, expected {_day(expected_on)}"
    if expected_on < facts.on:
        return Light("drug", UNSURE, f"{words}, not here yet")
    if expected_on > facts.target_on:
        return Light("drug", UNSURE, f"{words}, after {_day(facts.target_on)}")
    return Light("drug", OK, words)


def screening_light(facts: ReadyFacts) -> Light:
    """The latest screening, how old it is, and whether something in it bears on booking; what it is, is not said.

    It is asked again on the day itself.
    """
    if facts.screened_on is None or facts.answers is None:
        return Light("screening", MISSING, "never asked")
    asked = f"asked {_day(facts.screened_on)}, {_ago((facts.on - facts.screened_on).days)}"
    found = [alert for alert in screening_alerts(facts.answers) if alert.affects_booking]
    if not found:
        return Light("screening", OK, asked)
    if any(alert.severity == Severity.STOP for alert in found):
        return Light("screening", MISSING, f"{asked}: a provider has to look at it first")
    return Light("screening", UNSURE, f"{asked}: a provider should look at it")


def response_light(facts: ReadyFacts) -> Light:
    """Whether it is on file what the last session did; what it did is not said here."""
    if facts.last_session_on is None:
        return Light("response", NOT_NEEDED, "first session")
    if facts.is_responded:
        return Light("response", OK, f"recorded since {_day(facts.last_session_on)}")
    if facts.asked_next_on is None:
        return Light("response", MISSING, "not recorded")
    if facts.asked_next_on >= facts.on:
        return Light("response", UNSURE, f"follow-up on {_day(facts.asked_next_on)}")
    return Light("response", MISSING, f"not recorded; follow-up was due {_day(facts.asked_next_on)}")


def consent_light(facts: ReadyFacts) -> Light:
    """Whether a consent holds on the day aimed at."""
    off_label = [] if facts.is_labelled else [facts.condition]
    held = valid_consent(
        facts.consents, on=facts.target_on, conditions=[facts.condition], off_label=off_label, born=facts.born
    )
    if held is not None:
        return Light("consent", OK, f"to {_day(held.expires_on)}")
    now = valid_consent(facts.consents, on=facts.on, conditions=[facts.condition], off_label=off_label, born=facts.born)
    if now is not None:
        return Light("consent", MISSING, f"runs out {_day(now.expires_on)}, before {_day(facts.target_on)}")
    words = consent_problem(
        facts.consents, on=facts.target_on, conditions=[facts.condition], off_label=off_label, born=facts.born
    )
    return Light("consent", MISSING, _SHORT.get(words, words.rstrip(".").replace("The consent ", "")))


# The words of a session's finding, said of a session to come.
_SHORT = {
    "No consent is on file.": "none on file",
    "No consent in date covers every condition of this session.": "none in date for this condition",
    "The consent does not cover use outside the label, and this session is.": "does not cover use outside the label",
    "The patient was under 18: a parent, guardian or representative signs.": "a parent or guardian has to sign",
}


def _units(rows: Iterable[Stock]) -> int:
    return sum(row.units for row in rows)


def _vials(rows: Iterable[Stock]) -> str:
    count = sum(row.vials for row in rows)
    return f"{count} vial{'' if count == 1 else 's'}"


def _listed(names: Iterable[str]) -> str:
    return " and ".join(sorted(set(names)))


def _ago(days: int) -> str:
    if days <= 0:
        return "today"
    return f"{days} day{'' if days == 1 else 's'} ago"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"

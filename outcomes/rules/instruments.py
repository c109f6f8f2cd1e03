"""Scoring: from the answers of an instrument to its score, its band, and what a change means.

Each instrument is described by a `Definition`, which is data (outcomes/reference/instruments.json, or what a clinic
adds); nothing here knows one instrument by name. Methods and limits: clinical reference 3; the source of each
instrument stands with its definition. A missing answer is never zero: it is left out where the instrument says how
many may be missing, else there is no score, and `Scored.why_not` says which answer is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from outcomes.rules.gas import Goal, gas_score
from outcomes.rules.scores import plain, score_problem, signed
from treatments.rules.response import change_percent, improvement

GOALS = 5


class Scoring(StrEnum):
    """How a score comes from the answers."""

    TOTAL = "total"
    SUM = "sum"
    MEAN = "mean"
    SCALED = "scaled"
    DIFFERENCE = "difference"
    PRINCIPAL = "principal"
    GOALS = "goals"
    DIARY = "diary"


@dataclass(frozen=True)
class Item:
    """One answer of an instrument: a number within bounds, or one of `choices` (value and words).

    An item that `counts` goes into the score; one that does not may be left open. `group` is the subscale it is of.
    """

    key: str
    label: str
    minimum: Decimal
    maximum: Decimal
    step: Decimal = Decimal(1)
    choices: tuple[tuple[Decimal, str], ...] = ()
    counts: bool = True
    group: str = ""


@dataclass(frozen=True)
class Band:
    """From this score on, up to the next band, a score is called so; no words is no band."""

    start: Decimal
    words: str


@dataclass(frozen=True)
class Together:
    """Answers whose sum has an upper limit, with the reason."""

    items: tuple[str, ...]
    most: Decimal
    why: str


@dataclass(frozen=True)
class Definition:
    """What one version of an instrument asks, how it is scored, and which change matters."""

    minimum: Decimal
    maximum: Decimal
    step: Decimal = Decimal(1)
    lower_is_better: bool = True
    scoring: Scoring = Scoring.TOTAL
    items: tuple[Item, ...] = ()
    may_miss: int = 0
    together: tuple[Together, ...] = ()
    grades: Mapping[Decimal, str] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()
    meaningful_points: Decimal | None = None
    meaningful_percent: Decimal | None = None

    @property
    def counted(self) -> list[Item]:
        return [item for item in self.items if item.counts]


@dataclass(frozen=True)
class Scored:
    """A score with its label, or why there is none; `problems` are answers that cannot be, by item."""

    value: Decimal | None = None
    label: str = ""
    why_not: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What lies between baseline and score; `is_meaningful` is None where no limit is known or it cannot be told."""

    points: Decimal
    percent: Decimal | None
    is_better: bool
    is_meaningful: bool | None

    @property
    def words(self) -> str:
        """−11 (−58 %), meaningful"""
        if self.points == 0:
            return "no change"
        said = signed(self.points)
        if self.percent is not None:
            said += f" ({signed(self.percent.quantize(Decimal(1), ROUND_HALF_UP))} %)"
        if self.is_meaningful is None:
            return said
        way = "better" if self.is_better else "worse"
        return f"{said}, {'meaningfully' if self.is_meaningful else 'not meaningfully'} {way}"


def answer_problem(item: Item, value: Decimal) -> str:
    """Why this is no answer to the item, or nothing."""
    return (
        score_problem(
            value,
            minimum=item.minimum,
            maximum=item.maximum,
            step=item.step,
            grades=[choice for choice, _ in item.choices],
        )
        or ""
    )


def score_answers(definition: Definition, answers: Mapping[str, Decimal]) -> Scored:
    """Score a set of answers by item key; what was not answered is not in it.

    Answers outside their bounds, unknown ones, and sums above a limit are `problems`; then nothing is scored.
    """
    known = {item.key: item for item in definition.items}
    problems = {key: "This is not one of the questions." for key in answers if key not in known}
    problems |= {
        key: words for key, value in answers.items() if key in known and (words := answer_problem(known[key], value))
    }
    for limit in definition.together:
        given = [answers[key] for key in limit.items if key in answers]
        if sum(given, Decimal(0)) > limit.most and limit.items[-1] not in problems:
            problems[limit.items[-1]] = limit.why
    if problems:
        return Scored(problems=problems)
    value, why_not = _METHODS[definition.scoring](definition, answers)
    if value is None:
        return Scored(why_not=why_not)
    value = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if not definition.minimum <= value <= definition.maximum:
        return Scored(why_not=f"{plain(value)} lies outside {plain(definition.minimum)} to {plain(definition.maximum)}")
    return Scored(value=value, label=_label(definition, answers, value))


def total_problem(definition: Definition, value: Decimal) -> str:
    """Why this total, entered without its answers, is no score; or nothing."""
    return (
        score_problem(
            value,
            minimum=definition.minimum,
            maximum=definition.maximum,
            step=definition.step,
            grades=list(definition.grades),
        )
        or ""
    )


def band_of(definition: Definition, value: Decimal) -> str:
    """What a score of that size is called, or nothing."""
    words = ""
    for band in sorted(definition.bands, key=lambda band: band.start):
        if value >= band.start:
            words = band.words
    return words


def change_from(
    definition: Definition, *, baseline: Decimal, value: Decimal, baseline_label: str = "", label: str = ""
) -> Change | None:
    """The change from baseline, and whether it is one that matters: in points or in percent, whichever is reached.

    Grades have no percent. None where the two cannot be compared: another principal target.
    """
    if definition.scoring is Scoring.PRINCIPAL and baseline_label.split(" ")[:-1] != label.split(" ")[:-1]:
        return None
    gained = improvement(baseline=baseline, value=value, lower_is_better=definition.lower_is_better)
    is_ranked = bool(definition.grades) or definition.scoring is Scoring.PRINCIPAL
    percent = None if is_ranked else change_percent(baseline=baseline, value=value)
    answers = []
    if definition.meaningful_points is not None:
        answers.append(abs(gained) >= definition.meaningful_points)
    if definition.meaningful_percent is not None and percent is not None:
        answers.append(abs(gained) * 100 >= definition.meaningful_percent * abs(baseline))
    return Change(
        points=value - baseline,
        percent=percent,
        is_better=gained > 0,
        is_meaningful=any(answers) if answers else None,
    )


def definition_problem(definition: Definition) -> tuple[str, str]:
    """The column by which this definition cannot be scored, and why in a sentence; both empty when it can."""
    if definition.minimum >= definition.maximum:
        return "maximum", "The lowest score has to be lower than the highest."
    if definition.step <= 0:
        return "step", "The step has to be above zero."
    keys = [item.key for item in definition.items]
    if len(set(keys)) < len(keys):
        return "items", "Two items have the same key."
    for item in definition.items:
        if item.minimum >= item.maximum:
            return "items", f"{item.label}: the lowest answer has to be lower than the highest."
        if item.step <= 0:
            return "items", f"{item.label}: the step has to be above zero."
    if definition.scoring not in (Scoring.TOTAL, Scoring.GOALS, Scoring.DIARY) and not definition.counted:
        return "items", "A score from items needs items."
    if definition.may_miss >= max(1, len(definition.counted)):
        return "may_miss", "At least one item has to be answered."
    starts = [band.start for band in definition.bands]
    if len(set(starts)) < len(starts):
        return "bands", "Two bands begin at the same score."
    if any(not definition.minimum <= start <= definition.maximum for start in starts):
        return "bands", "A band begins outside the scores."
    return "", ""


def goal_items() -> tuple[Item, ...]:
    """The items of Goal Attainment Scaling for as many goals as a course keeps; their words are the patient's own."""
    zero, three = Decimal(0), Decimal(3)
    return tuple(
        item
        for number in range(1, GOALS + 1)
        for item in (
            Item(f"importance_{number}", f"Goal {number}: importance", zero, three, counts=False),
            Item(f"difficulty_{number}", f"Goal {number}: difficulty", zero, three, counts=False),
            Item(f"attained_{number}", f"Goal {number}: attained", Decimal(-2), Decimal(2), counts=False),
        )
    )


def diary_items() -> tuple[Item, ...]:
    """What a score of the headache diary keeps beside the days: its other counts, none of them part of the score."""
    zero, days = Decimal(0), Decimal(28)
    cents = Decimal("0.01")
    return (
        Item("days_recorded", "Days recorded", zero, days, counts=False),
        Item("migraine_days", "Migraine days", zero, days, cents, counts=False),
        Item("moderate_days", "Moderate or severe days", zero, days, cents, counts=False),
        Item("headache_hours", "Headache hours", zero, days * 24, cents, counts=False),
        Item("acute_drug_days", "Acute drug days", zero, days, cents, counts=False),
    )


def total_item(definition: Definition) -> Item:
    """The total of an instrument that is asked for with one question."""
    return Item("total", "Total", definition.minimum, definition.maximum, definition.step)


def _missing(items: Sequence[Item]) -> str:
    """Item 3 missing; Item 3 and Item 4 missing; Question 3, days; Question 4, days missing"""
    names = [item.label for item in items]
    if len(names) == 1 or any("," in name for name in names):
        return f"{'; '.join(names)} missing"
    return f"{', '.join(names[:-1])} and {names[-1]} missing"


def _complete(definition: Definition, answers: Mapping[str, Decimal]) -> tuple[list[Decimal], str]:
    """The counted answers, or why too many are missing."""
    missing = [item for item in definition.counted if item.key not in answers]
    if len(missing) > definition.may_miss:
        return [], _missing(missing)
    return [answers[item.key] for item in definition.counted if item.key in answers], ""


def _by_total(_: Definition, __: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    return None, "the total was not given"


def _by_sum(definition: Definition, answers: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    given, why_not = _complete(definition, answers)
    return (None, why_not) if why_not else (sum(given, Decimal(0)), "")


def _by_mean(definition: Definition, answers: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    """The mean of what was answered."""
    given, why_not = _complete(definition, answers)
    return (None, why_not) if why_not else (sum(given, Decimal(0)) / len(given), "")


def _by_scale(definition: Definition, answers: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    """The sum brought to 0 to 100 by its own lowest and highest; 100 is good where higher is better.

    MSQ: (raw - 7) * 100 / 35 and its like after reversing, so that a raw 7 of answers 1 (none of the time) is 100.
    """
    given, why_not = _complete(definition, answers)
    if why_not:
        return None, why_not
    lowest = sum((item.minimum for item in definition.counted), Decimal(0))
    highest = sum((item.maximum for item in definition.counted), Decimal(0))
    share = (sum(given, Decimal(0)) - lowest) * 100 / (highest - lowest)
    return (share if definition.lower_is_better else 100 - share), ""


def _by_difference(definition: Definition, answers: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    """The last counted item less the first: R2 - R1 of the Tardieu scale."""
    given, why_not = _complete(definition, answers)
    return (None, why_not) if why_not else (given[-1] - given[0], "")


def _by_principal(definition: Definition, answers: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    """The answer of the target chosen as principal; the others are kept beside it."""
    target = _principal(definition, answers)
    if target is None:
        return None, "the principal target was not chosen"
    return (answers[target.key], "") if target.key in answers else (None, _missing([target]))


def _by_goals(_: Definition, answers: Mapping[str, Decimal]) -> tuple[Decimal | None, str]:
    goals = []
    for number in range(1, GOALS + 1):
        importance, difficulty = answers.get(f"importance_{number}"), answers.get(f"difficulty_{number}")
        attained = answers.get(f"attained_{number}")
        if attained is None:
            if importance is not None or difficulty is not None:
                return None, f"goal {number} was not rated"
            continue
        if (importance is None) != (difficulty is None):
            return None, f"goal {number} has only half of its weight"
        weight = Decimal(1) if importance is None or difficulty is None else importance * difficulty
        goals.append(Goal(weight=weight, attained=attained))
    score = gas_score(goals)
    if score is None:
        return None, "no goal was rated" if not goals else "every goal has the weight 0"
    return score, ""


_METHODS = {
    Scoring.TOTAL: _by_total,
    Scoring.SUM: _by_sum,
    Scoring.MEAN: _by_mean,
    Scoring.SCALED: _by_scale,
    Scoring.DIFFERENCE: _by_difference,
    Scoring.PRINCIPAL: _by_principal,
    Scoring.GOALS: _by_goals,
    Scoring.DIARY: _by_total,
}


def _principal(definition: Definition, answers: Mapping[str, Decimal]) -> Item | None:
    number = answers.get("principal")
    return None if number is None else definition.counted[int(number) - 1]


def _label(definition: Definition, answers: Mapping[str, Decimal], value: Decimal) -> str:
    """The grade, or the principal target with its answer; nothing for a plain number."""
    if definition.scoring is Scoring.PRINCIPAL:
        target = _principal(definition, answers)
        return f"{target.label.lower()} {plain(value)}" if target else ""
    return definition.grades.get(value, "")

"""Whether a treatment stops working over the sessions, and what to look at before it is changed.

Secondary non-response: a response to at least one earlier session, then none to at least two in a row, with an adequate
dose in the right place and no technical cause. Source: clinical reference 6.3 (operational definition: B), which is why
this only ever warns. A session that could not be assessed is no failure: it is passed over, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from treatments.rules.response import Outcome

IN_A_ROW = 2
SOURCE = "Clinical reference 6.3, secondary non-response (operational definition: B)"


class Fading(StrEnum):
    NONE = ""
    ONCE = "no response to the latest session, after an earlier one"
    SECONDARY = "secondary non-response"
    PRIMARY = "no response so far"


@dataclass(frozen=True)
class Finding:
    """What the outcomes of a course say; `words` are for people, empty when there is nothing to say."""

    fading: Fading
    failed: int
    passed_over: int

    @property
    def words(self) -> str:
        if self.fading is Fading.NONE:
            return ""
        said = {
            Fading.ONCE: "No response to the latest assessed session, after a response to an earlier one.",
            Fading.SECONDARY: f"No response to the last {self.failed} assessed sessions, after a response to an"
            " earlier one: secondary non-response.",
            Fading.PRIMARY: f"No response to any of the {self.failed} assessed sessions.",
        }[self.fading]
        if not self.passed_over:
            return said
        were = "session between them was" if self.passed_over == 1 else "sessions between them were"
        return f"{said} {self.passed_over} {were} not assessable."

    @property
    def needs_review(self) -> bool:
        """Whether somebody should go through the questions before the next session."""
        return self.fading in (Fading.SECONDARY, Fading.PRIMARY)


def fading(outcomes: Sequence[Outcome]) -> Finding:
    """What the outcomes of a course's sessions say, given the newest first as outcomes.summaries gives them."""
    assessed = [at for at, one in enumerate(outcomes) if one in (Outcome.RESPONDER, Outcome.NON_RESPONDER)]
    failed = 0
    for at in assessed:
        if outcomes[at] is Outcome.RESPONDER:
            break
        failed += 1
    if not failed:
        return Finding(Fading.NONE, 0, 0)
    responded = failed < len(assessed)
    # Of the failures alone, or up to the response before them: what lies between is not known.
    run = assessed[: failed + 1] if responded else assessed
    passed_over = run[-1] - run[0] + 1 - len(run)
    if failed >= IN_A_ROW:
        return Finding(Fading.SECONDARY if responded else Fading.PRIMARY, failed, passed_over)
    return Finding(Fading.ONCE if responded else Fading.NONE, failed, passed_over)


@dataclass(frozen=True)
class Question:
    """One thing to look at before a fading treatment is changed."""

    key: str
    words: str
    why: str


QUESTIONS = (
    Question("dose", "Was the dose adequate?", "the same or more than when it worked"),
    Question("target", "Were the right muscles treated, in the right place?", "the pattern may have changed; guidance"),
    Question("product", "Was the product, its lot, dilution and storage right?", "a technical cause"),
    Question("interval", "Were sessions close together, or boosters given?", "a risk of antibodies"),
    Question("disease", "Has the condition, its medication or the goal changed?", "not a failure of the toxin"),
    Question("antibodies", "Are neutralising antibodies likely?", "tests do not reliably predict clinical failure"),
)

ANSWERS = (("yes", "Yes"), ("no", "No"), ("unclear", "Not clear"))

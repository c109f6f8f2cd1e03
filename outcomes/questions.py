"""The questions of one questionnaire in their order, from its follow-up and the instruments it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outcomes.models import InstrumentVersion, Questionnaire
from outcomes.rules.instruments import Scoring, total_item
from outcomes.rules.patient_questions import (
    LANGUAGES,
    SPREAD_UNTIL,
    Question,
    effect_questions,
    free_questions,
    is_asked,
    last_question,
    loaded_question,
    spread_questions,
)
from treatments.models import FollowUp

# The impression is asked for in our own words; the diary has pages of its own.
ELSEWHERE = ("pgic",)


@dataclass(frozen=True)
class Sheet:
    """A questionnaire as one patient sees it: every question has its number, and some do not come up."""

    questionnaire: Questionnaire
    questions: tuple[Question, ...]
    language: str

    @classmethod
    def of(cls, questionnaire: Questionnaire, *, language: str) -> Sheet:
        """`questionnaire` comes `for_asking`."""
        return cls(questionnaire, tuple(_questions(questionnaire)), language)

    def question(self, number: int) -> Question | None:
        """The question of that number, from 1; None where there is none or it does not come up."""
        if not 1 <= number <= len(self.questions):
            return None
        question = self.questions[number - 1]
        return question if self._comes_up(question) else None

    def number(self, key: str) -> int:
        return next(number for number, question in enumerate(self.questions, start=1) if question.key == key)

    @property
    def asked(self) -> list[tuple[int, Question]]:
        """The questions that come up, with their numbers."""
        return [(number, each) for number, each in enumerate(self.questions, start=1) if self._comes_up(each)]

    @property
    def done(self) -> int:
        """How many of them were answered or passed over."""
        return sum(1 for _, question in self.asked if question.key in self.questionnaire.answers)

    @property
    def next_number(self) -> int | None:
        """The first that was neither answered nor passed over; None when there is none left."""
        open_ones = (n for n, question in self.asked if question.key not in self.questionnaire.answers)
        return next(open_ones, None)

    def after(self, number: int) -> int | None:
        """Where to go from that question: to the next one that is open, else to the first that was left."""
        open_ones = [n for n, question in self.asked if question.key not in self.questionnaire.answers]
        return next((n for n in open_ones if n > number), open_ones[0] if open_ones else None)

    def before(self, number: int) -> int | None:
        return next((n for n, _ in reversed(self.asked) if n < number), None)

    def _comes_up(self, question: Question) -> bool:
        return is_asked(question, answers=self.questionnaire.answers, language=self.language)


def days_after(follow_up: FollowUp) -> int:
    """How long after its session a follow-up is planned: what it asks goes by the plan, not by when it is answered."""
    return (follow_up.due_on - follow_up.session.performed_on).days


def has_diary(questionnaire: Questionnaire) -> bool:
    """Whether the patient is asked for the headache diary too."""
    return any(version.scoring == Scoring.DIARY for version in questionnaire.versions.all())


def questions_of_version(version: InstrumentVersion) -> list[Question]:
    """What a patient is asked of an instrument: in the clinic's loaded words, else in ours where it is free.

    Nothing where there are no words: a licensed text nobody has loaded, or what a clinician measures.
    """
    key = version.instrument.key
    texts = [text for language in LANGUAGES if (text := version.text_in(language)) is not None]
    definition = version.definition()
    if texts:
        return [
            loaded_question(
                key=key,
                item=item,
                words={text.language: text.questions[place] for text in texts if place < len(text.questions)},
                help={text.language: text.instructions for text in texts},
                answers={text.language: list(text.answers) for text in texts},
            )
            for place, item in enumerate(version.asked_items())
        ]
    items = (total_item(definition),) if definition.scoring is Scoring.TOTAL else definition.items
    found = free_questions(key=key, edition=version.edition, items=items)
    return found if len(found) == len(items) else []


def cannot_be_asked(versions: Iterable[InstrumentVersion], *, language: str) -> list[InstrumentVersion]:
    """Those that staff have to score: no words for the patient in that language. A diary is no such."""
    return [
        version
        for version in versions
        if version.scoring != Scoring.DIARY
        and version.instrument.key not in ELSEWHERE
        and not any(language in question.words for question in questions_of_version(version))
    ]


def _questions(questionnaire: Questionnaire) -> list[Question]:
    after = days_after(questionnaire.follow_up)
    found = spread_questions() if after <= SPREAD_UNTIL else []
    found += effect_questions(days_after=after)
    for version in sorted(questionnaire.versions.all(), key=lambda row: (row.instrument.position, row.pk)):
        if version.instrument.key not in ELSEWHERE:
            found += questions_of_version(version)
    return [*found, last_question()]

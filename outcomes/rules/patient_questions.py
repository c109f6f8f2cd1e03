"""What a patient is asked between two visits, one question a screen, in the patient's language.

Our own words, English and Spanish side by side, for what is free: the questions about spread (rule R13, asked at 2 and
at 4 to 6 weeks: clinical reference 6.2), the days of the effect (reference 3, Timing), the impression of change, and
the instruments that need no licence. The words of any other instrument are those that a clinic has loaded. Plain
values: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from outcomes.rules.instruments import Item, answer_problem
from outcomes.rules.scores import plain
from treatments.rules import toxin_spread

Words = Mapping[str, str]

LANGUAGES = ("en", "es")
# Days after the session: until when signs of spread are asked for, and from when the rest makes sense.
SPREAD_UNTIL = 42
PEAK_FROM = 28
WEAR_OFF_FROM = 42
LONGEST_TEXT = 300
# What is kept for a question that was passed over; it is no answer.
PASSED = ""

SPREAD = "spread."
EVENT_ONSET, ONSET, PEAK, WEAR_OFF = "event_onset_on", "onset_on", "peak_on", "wear_off_on"
IMPRESSION, SATISFACTION, NOTE = "impression", "satisfaction", "note"
DAYS = (ONSET, PEAK, WEAR_OFF)
TOTAL = "total"


class Kind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"
    SCALE = "scale"
    NUMBER = "number"
    DAY = "day"
    TEXT = "text"


def both(en: str, es: str) -> dict[str, str]:
    return {"en": en, "es": es}


SKIP = both("Skip this question", "Saltar esta pregunta")


@dataclass(frozen=True)
class Question:
    """One screen. `choices` are values with their words; of a scale, `ends` are the words of its lowest and highest.

    `item` is set for an answer of an instrument: what values it takes. `pass_words` is said on the button that leaves
    the question open.
    """

    key: str
    kind: Kind
    words: Words
    help: Words = field(default_factory=dict)
    choices: tuple[tuple[str, Words], ...] = ()
    ends: tuple[Words, Words] | None = None
    item: Item | None = None
    pass_words: Words = field(default_factory=SKIP.copy)


YES_NO = ((toxin_spread.YES, both("Yes", "Sí")), (toxin_spread.NO, both("No", "No")))
CHANGES = (
    ("1", both("Very much improved", "Mucho mejor")),
    ("2", both("Much improved", "Bastante mejor")),
    ("3", both("Minimally improved", "Un poco mejor")),
    ("4", both("No change", "Sin cambios")),
    ("5", both("Minimally worse", "Un poco peor")),
    ("6", both("Much worse", "Bastante peor")),
    ("7", both("Very much worse", "Mucho peor")),
)
SATISFIED = (
    ("1", both("Very satisfied", "Muy satisfecho/a")),
    ("2", both("Satisfied", "Satisfecho/a")),
    ("3", both("Neither", "Ni lo uno ni lo otro")),
    ("4", both("Dissatisfied", "Insatisfecho/a")),
    ("5", both("Very dissatisfied", "Muy insatisfecho/a")),
)
NO_PAIN = both("no pain", "ningún dolor")
WORST_PAIN = both("the worst pain you can imagine", "el peor dolor que pueda imaginar")
NOT_AT_ALL = both("does not interfere", "no ha interferido")
COMPLETELY = both("interferes completely", "ha interferido por completo")
AVERAGE_PAIN = both(
    "How strong was your pain on average over the last week?",
    "¿Qué intensidad tuvo su dolor, en promedio, durante la última semana?",
)

# Instruments that anybody may ask, by key and edition: a clinic that means another edition loads its own words.
# Pain NRS: free. PEG: free, no licence; wording of the items B (clinical reference 3).
FREE: Mapping[tuple[str, str], Mapping[str, tuple[Words, Words, Words]]] = {
    ("nrs", "average pain, last week"): {TOTAL: (AVERAGE_PAIN, NO_PAIN, WORST_PAIN)},
    ("peg", "last week"): {
        "pain": (AVERAGE_PAIN, NO_PAIN, WORST_PAIN),
        "enjoyment": (
            both(
                "During the last week, how much has pain interfered with your enjoyment of life?",
                "Durante la última semana, ¿cuánto ha interferido el dolor en que disfrute de la vida?",
            ),
            NOT_AT_ALL,
            COMPLETELY,
        ),
        "activity": (
            both(
                "During the last week, how much has pain interfered with your general activity?",
                "Durante la última semana, ¿cuánto ha interferido el dolor en su actividad general?",
            ),
            NOT_AT_ALL,
            COMPLETELY,
        ),
    },
}


def spread_questions() -> list[Question]:
    """The questions about spread, those of an emergency first; then the day it began, where an answer is red."""
    asked = [
        Question(SPREAD + question.key, Kind.CHOICE, both(question.asks, question.asks_es), choices=YES_NO)
        for question in toxin_spread.QUESTIONS
    ]
    began = Question(
        EVENT_ONSET,
        Kind.DAY,
        both("On which day did it begin?", "¿Qué día empezó?"),
        pass_words=both("I do not know", "No lo sé"),
    )
    return [*asked, began]


def effect_questions(*, days_after: int) -> list[Question]:
    """What the treatment does, as far as it can be told so many days after the session."""
    asked = [
        Question(
            ONSET,
            Kind.DAY,
            both("On which day did you first feel an effect?", "¿Qué día notó por primera vez un efecto?"),
            pass_words=both("No effect yet, or I do not know", "Todavía ninguno, o no lo sé"),
        )
    ]
    if days_after >= PEAK_FROM:
        asked.append(
            Question(
                PEAK,
                Kind.DAY,
                both("On which day was the effect strongest?", "¿Qué día fue más fuerte el efecto?"),
                help=both("About when is enough.", "Basta con una fecha aproximada."),
                pass_words=both("I do not know", "No lo sé"),
            )
        )
    if days_after >= WEAR_OFF_FROM:
        asked.append(
            Question(
                WEAR_OFF,
                Kind.DAY,
                both("Since which day is the effect wearing off?", "¿Desde qué día va desapareciendo el efecto?"),
                pass_words=both("It still works, or I do not know", "Todavía funciona, o no lo sé"),
            )
        )
    if days_after >= PEAK_FROM:
        asked += [
            Question(
                IMPRESSION,
                Kind.CHOICE,
                both(
                    "Compared with before the treatment, how are you now?",
                    "En comparación con antes del tratamiento, ¿cómo está ahora?",
                ),
                choices=CHANGES,
            ),
            Question(
                SATISFACTION,
                Kind.CHOICE,
                both("How satisfied are you with this treatment?", "¿Está satisfecho/a con este tratamiento?"),
                choices=SATISFIED,
            ),
        ]
    return asked


def last_question() -> Question:
    return Question(
        NOTE,
        Kind.TEXT,
        both("Is there anything else we should know?", "¿Hay algo más que debamos saber?"),
        help=both("You may leave it empty.", "Puede dejarlo vacío."),
    )


def free_questions(*, key: str, edition: str, items: Iterable[Item]) -> list[Question]:
    """The questions of an instrument that anybody may ask; none where we have no words for this edition."""
    words = FREE.get((key, edition), {})
    return [
        Question(
            f"{key}.{item.key}", Kind.SCALE, words[item.key][0], ends=words[item.key][1:], item=item,
            choices=tuple((str(value), {}) for value in range(int(item.minimum), int(item.maximum) + 1)),
        )
        for item in items
        if item.key in words
    ]  # fmt: skip


def loaded_question(*, key: str, item: Item, words: Words, help: Words, answers: Mapping[str, list[str]]) -> Question:
    """The question of one item in the words a clinic has loaded, by language; so are the words of its choices."""
    if item.choices:
        return Question(
            f"{key}.{item.key}", Kind.CHOICE, words, help=help, item=item,
            choices=tuple(
                (
                    plain(value),
                    {
                        language: answers[language][place] if place < len(answers.get(language, [])) else said
                        for language in words
                    },
                )
                for place, (value, said) in enumerate(item.choices)
            ),
        )  # fmt: skip
    return Question(f"{key}.{item.key}", Kind.NUMBER, words, help=help, item=item)


def is_asked(question: Question, *, answers: Mapping[str, str], language: str) -> bool:
    """Whether this question comes up: there are words for it, and of the first day of a problem, there is a problem."""
    if language not in question.words:
        return False
    return question.key != EVENT_ONSET or toxin_spread.opens_event(spread_of(answers))


def given_problem(question: Question, given: str, *, first: date, today: date) -> str:
    """Why this is no answer: "choose", "number", "early", "late", "day" or "long"; "" when it is one."""
    match question.kind:
        case Kind.TEXT:
            return "long" if len(given) > LONGEST_TEXT else ""
        case Kind.DAY:
            try:
                day = date.fromisoformat(given)
            except ValueError:
                return "day"
            return "early" if day < first else "late" if day > today else ""
        case Kind.CHOICE | Kind.SCALE:
            return "" if given in dict(question.choices) else "choose"
    number = number_of(given)
    return "number" if number is None or question.item is None or answer_problem(question.item, number) else ""


def number_of(given: str) -> Decimal | None:
    try:
        number = Decimal(given.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def spread_of(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to the questions about spread by their own keys; what was passed over is not among them."""
    return toxin_spread.clean(
        {key.removeprefix(SPREAD): given for key, given in answers.items() if key.startswith(SPREAD)}
    )


def days_of(answers: Mapping[str, str]) -> dict[str, date]:
    """The days that were given, of the effect and of the beginning of a problem."""
    return {key: date.fromisoformat(answers[key]) for key in (*DAYS, EVENT_ONSET) if answers.get(key)}


def instrument_answers(answers: Mapping[str, str], *, key: str) -> dict[str, Decimal]:
    """What was answered of an instrument, by item key."""
    return {
        name.removeprefix(f"{key}."): number
        for name, given in answers.items()
        if name.startswith(f"{key}.") and (number := number_of(given)) is not None
    }

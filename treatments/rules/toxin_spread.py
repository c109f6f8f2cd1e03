"""Rule R13: the questions that find signs of spread after a session, and what an answer asks for.

The symptoms are those of the boxed warning (A); which answer is how urgent is the triage of clinical reference 6.2,
which a physician has to sign off (B). The questions are our own plain words, English and Spanish side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

SOURCE = "boxed warning; spread questionnaire 6.2"
SYMPTOMS_CONFIDENCE = "A"
TRIAGE_CONFIDENCE = "B"

YES, NO = "yes", "no"


class Triage(StrEnum):
    """What a yes asks for, the most urgent first."""

    DANGER = "danger"
    SAME_DAY = "same_day"
    WATCH = "watch"
    NONE = "none"


@dataclass(frozen=True)
class Question:
    """`term` is the short name of the symptom in a report; `asks_es` is what a patient reads in Spanish."""

    key: str
    asks: str
    asks_es: str
    term: str
    triage: Triage


QUESTIONS: tuple[Question, ...] = (
    Question(
        "breathing",
        "Trouble breathing, or short of breath?",
        "¿Le cuesta respirar o le falta el aire?",
        "Trouble breathing",
        Triage.DANGER,
    ),
    Question(
        "dysphagia",
        "Trouble swallowing, choking or drooling?",
        "¿Le cuesta tragar, se atraganta o se le cae la saliva?",
        "Trouble swallowing",
        Triage.DANGER,
    ),
    Question(
        "rash_allergy",
        "Rash, swelling of the face or tongue, or wheezing?",
        "¿Tiene sarpullido, hinchazón de la cara o la lengua, o silbidos al respirar?",
        "Allergic reaction",
        Triage.DANGER,
    ),
    Question(
        "weakness",
        "New weakness away from the treated area, or all over?",
        "¿Tiene debilidad nueva lejos de la zona tratada o en todo el cuerpo?",
        "Weakness away from the sites",
        Triage.SAME_DAY,
    ),
    Question("diplopia", "Double or blurred vision?", "¿Ve doble o borroso?", "Double or blurred vision", Triage.WATCH),
    Question("ptosis", "A drooping eyelid?", "¿Tiene un párpado caído?", "Drooping eyelid", Triage.WATCH),
    Question(
        "dysphonia", "A hoarse or weak voice?", "¿Tiene la voz ronca o débil?", "Hoarse or weak voice", Triage.WATCH
    ),
    Question(
        "dysarthria", "Slurred speech?", "¿Le cuesta pronunciar o se le entiende mal?", "Slurred speech", Triage.WATCH
    ),
    Question(
        "incontinence",
        "Loss of bladder control?",
        "¿Ha perdido el control de la orina?",
        "Loss of bladder control",
        Triage.WATCH,
    ),
    Question(
        "fall",
        "Falls, or a neck too weak to hold the head up?",
        "¿Se ha caído, o tiene el cuello tan débil que no sostiene la cabeza?",
        "Falls or weak neck",
        Triage.WATCH,
    ),
    Question(
        "site",
        "Pain, redness, swelling, bruising or warmth where the needle went in?",
        "¿Tiene dolor, enrojecimiento, hinchazón, moretones o calor donde le inyectaron?",
        "Reaction at the site",
        Triage.NONE,
    ),
    Question("headache", "Headache worse than before?", "¿Le duele la cabeza más que antes?", "Headache", Triage.NONE),
)

TERMS: dict[str, str] = {question.key: question.term for question in QUESTIONS} | {"other": "Other"}

# Said by staff to the caller, or read by the patient, before anything else is asked.
EMERGENCY = (
    "Trouble breathing or swallowing, or swelling of the face or tongue, can be an emergency: "
    "call 911 or go to the nearest emergency department now."
)
EMERGENCY_ES = (
    "La dificultad para respirar o tragar, o la hinchazón de la cara o la lengua, puede ser una emergencia: "
    "llame al 911 o vaya ahora a la sala de emergencias más cercana."
)

_URGENCY = {triage: place for place, triage in enumerate(Triage)}


def answered_yes(answers: Mapping[str, str]) -> list[Question]:
    """The questions answered yes, the most urgent first."""
    return sorted((q for q in QUESTIONS if answers.get(q.key) == YES), key=lambda q: _URGENCY[q.triage])


def triage_of(answers: Mapping[str, str]) -> Triage:
    """The most urgent of the answers; a question not asked says nothing."""
    return next((question.triage for question in answered_yes(answers)), Triage.NONE)


def is_danger(answers: Mapping[str, str]) -> bool:
    """Whether the emergency words come first."""
    return triage_of(answers) is Triage.DANGER


def opens_event(answers: Mapping[str, str]) -> bool:
    """Whether an answer is red: it opens an adverse event, with its first day, and tells the provider the same day."""
    return bool(red_keys(answers))


def red_keys(answers: Mapping[str, str]) -> set[str]:
    """The questions whose answer is red."""
    return {q.key for q in answered_yes(answers) if q.triage in (Triage.DANGER, Triage.SAME_DAY)}


def term_of(answers: Mapping[str, str]) -> str:
    """The key an event is filed under: the most urgent symptom, or other."""
    return next((question.key for question in answered_yes(answers)), "other")


def in_words(answers: Mapping[str, str]) -> str:
    """What was answered yes, as one line."""
    terms = [question.term for question in answered_yes(answers)]
    return ", ".join([*terms[:1], *(term[0].lower() + term[1:] for term in terms[1:])])


def answers_problem(answers: Mapping[str, object]) -> str:
    """Why these are no answers of the questionnaire, in a sentence; empty when they are."""
    known = {question.key for question in QUESTIONS}
    if not set(answers) <= known:
        return "This is not one of the questions."
    if any(answer not in (YES, NO) for answer in answers.values()):
        return "Answer yes or no, or leave the question open."
    return ""


def clean(answers: Mapping[str, str | None]) -> dict[str, str]:
    """Only what was answered, in the order of the questions."""
    return {question.key: answer for question in QUESTIONS if (answer := answers.get(question.key))}


def unasked(answers: Iterable[str]) -> int:
    """How many questions were left open."""
    return len(QUESTIONS) - len(set(answers) & {question.key for question in QUESTIONS})

"""A tablet in a patient's hands: what the session of the member of staff holds meanwhile.

It is handed over for a screening, or for the questions or the diary of an app above, which are known by number and
addresses.

While it is handed over, `patients.middleware.TabletMiddleware` shuts every other page until that person enters their
password.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from patients.rules.screening import Question, questions_for, unanswered

KEY = "tablet"


class Tablet:
    """The hand-over kept in a session: whose screening it is, the answers so far, and whether they were sent."""

    def __init__(self, held: dict[str, Any]) -> None:
        self._held = held

    @classmethod
    def of(cls, request: HttpRequest) -> Tablet | None:
        held = request.session.get(KEY)
        return cls(held) if held else None

    @property
    def patient_id(self) -> int:
        return int(self._held["patient"])

    @property
    def language(self) -> str:
        """What the patient reads, of patients.rules.language; the questions of an app above choose by themselves."""
        return str(self._held.get("language", "en"))

    @property
    def on(self) -> date:
        return date.fromisoformat(self._held["on"])

    @property
    def answers(self) -> dict[str, dict[str, str]]:
        answers: dict[str, dict[str, str]] = self._held["answers"]
        return answers

    @property
    def screening_id(self) -> int | None:
        saved: int | None = self._held["saved"]
        return saved

    @property
    def questionnaire_id(self) -> int | None:
        """The questionnaire it was handed over for; None: a screening."""
        number: int | None = self._held.get("questionnaire")
        return number

    @property
    def diary_course_id(self) -> int | None:
        """The course whose diary it was handed over for; None: something else."""
        number: int | None = self._held.get("diary")
        return number

    @property
    def is_screening(self) -> bool:
        return self.questionnaire_id is None and self.diary_course_id is None

    @property
    def is_done(self) -> bool:
        return bool(self._held["saved"])

    @property
    def home(self) -> str:
        """The page a patient who strayed goes back to."""
        return self._held.get("home") or reverse("patients:tablet-check")

    @property
    def after(self) -> str:
        """The page that the member of staff gets when the tablet is back; empty: that of what it was for."""
        return str(self._held.get("after", ""))

    @property
    def next_number(self) -> int | None:
        """The first question without an answer, or None when all have one."""
        missing = unanswered(self.answers, sex=self._sex)
        return next((place for place, each in enumerate(self.questions, start=1) if each.key in missing), None)

    @property
    def questions(self) -> tuple[Question, ...]:
        return questions_for(self._sex)

    @property
    def _sex(self) -> str:
        return str(self._held.get("sex", ""))


def hand_over(request: HttpRequest, *, patient_id: int, sex: str, on: date, language: str) -> None:
    """From now on this session answers the questions of one patient, in that language, and nothing else."""
    request.session[KEY] = {
        "patient": patient_id, "sex": sex, "on": on.isoformat(), "language": language, "answers": {}, "saved": None,
    }  # fmt: skip


def speak(request: HttpRequest, language: str) -> None:
    """The patient reads on in that language; the answers are the same."""
    request.session[KEY]["language"] = language
    request.session.modified = True


def hand_over_questions(request: HttpRequest, *, patient_id: int, questionnaire_id: int, home: str, after: str) -> None:
    """From now on this session opens that questionnaire and nothing else; its answers are kept with it."""
    request.session[KEY] = {
        "patient": patient_id, "questionnaire": questionnaire_id, "home": home, "after": after, "saved": None,
    }  # fmt: skip


def hand_over_diary(request: HttpRequest, *, patient_id: int, course_id: int, home: str, after: str) -> None:
    """From now on this session opens the diary of that course and nothing else; each day is kept with it."""
    request.session[KEY] = {"patient": patient_id, "diary": course_id, "home": home, "after": after, "saved": None}


def keep_done(request: HttpRequest) -> None:
    """The questions are answered, or a day of the diary is written down."""
    request.session[KEY]["saved"] = True
    request.session.modified = True


def keep_answer(request: HttpRequest, *, key: str, answer: str, note: str) -> None:
    request.session[KEY]["answers"][key] = {"answer": answer, "note": note}
    request.session.modified = True


def keep_screening(request: HttpRequest, screening_id: int) -> None:
    """The answers are sent: none of them stays in the session."""
    request.session[KEY] |= {"answers": {}, "saved": screening_id}
    request.session.modified = True


def take_back(request: HttpRequest) -> None:
    request.session.pop(KEY, None)

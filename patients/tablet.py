"""A tablet in a patient's hands: what the session of the member of staff holds meanwhile.

While it is handed over, `patients.middleware.TabletMiddleware` shuts every other page until that person enters their
password.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest

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


def hand_over(request: HttpRequest, *, patient_id: int, sex: str, on: date) -> None:
    """From now on this session answers the questions of one patient and nothing else."""
    request.session[KEY] = {"patient": patient_id, "sex": sex, "on": on.isoformat(), "answers": {}, "saved": None}


def keep_answer(request: HttpRequest, *, key: str, answer: str, note: str) -> None:
    request.session[KEY]["answers"][key] = {"answer": answer, "note": note}
    request.session.modified = True


def keep_screening(request: HttpRequest, screening_id: int) -> None:
    """The answers are sent: none of them stays in the session."""
    request.session[KEY] |= {"answers": {}, "saved": screening_id}
    request.session.modified = True


def take_back(request: HttpRequest) -> None:
    request.session.pop(KEY, None)

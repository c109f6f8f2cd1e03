"""Questions to patients in the demo clinic: some sent, some begun, some answered, one with an answer for today."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from clinic.demo.messages import go_out
from messaging.models import Message
from outcomes.actions.questionnaires import finish_questionnaire, keep_answer
from outcomes.models import Questionnaire
from outcomes.models.assessment import AnsweredBy
from outcomes.models.questionnaire import ABOUT
from outcomes.planning import plan_questionnaires
from outcomes.questions import Sheet
from outcomes.rules.patient_questions import EVENT_ONSET, ONSET, PASSED, SPREAD, Kind, Question
from treatments.rules.toxin_spread import NO, YES

if TYPE_CHECKING:
    from clinic.demo.history import History

DAYS_BACK = 14
RED = SPREAD + "weakness"


def write_questionnaires(history: History) -> None:
    """Those of the last days went out, and every other patient has answered, some halfway."""
    rng = Random(f"{history.seed} questionnaires")
    for days in range(DAYS_BACK, 0, -1):
        plan_questionnaires(now=history.now - timedelta(days=days))
    sent = list(Questionnaire.objects.for_asking().order_by("pk"))
    red_is_told = False
    for place, questionnaire in enumerate(sent):
        message = Message.objects.filter(about=ABOUT, about_id=questionnaire.follow_up_id).first()
        if message is not None:
            go_out(message, at=message.send_after)
        if place % 2:
            continue
        is_red = not red_is_told and any(key == RED for key in _keys(questionnaire))
        red_is_told = red_is_told or is_red
        _answer(questionnaire, rng, at=history.now - timedelta(hours=2), is_red=is_red, halfway=place % 4 == 2)
    waiting = plan_questionnaires(now=history.now)
    history.report(f"{len(sent)} patients asked, {waiting} waiting")


def _keys(questionnaire: Questionnaire) -> list[str]:
    return [question.key for _, question in Sheet.of(questionnaire, language="en").asked]


def _answer(questionnaire: Questionnaire, rng: Random, *, at: datetime, is_red: bool, halfway: bool) -> None:
    sheet = Sheet.of(questionnaire, language="en")
    stop = len(sheet.questions) // 2 if halfway else None
    session_on = questionnaire.follow_up.session.performed_on
    for question in sheet.questions[:stop]:
        if question.key == EVENT_ONSET and not is_red:
            continue
        given = YES if is_red and question.key == RED else _given(question, rng)
        if question.key in (ONSET, EVENT_ONSET):
            given = (session_on + timedelta(days=rng.randint(3, 9))).isoformat()
        kept = keep_answer(questionnaire=questionnaire, question=question, given=given, source=AnsweredBy.LINK, now=at)
        questionnaire.answers = kept.answers
    if not halfway:
        finish_questionnaire(questionnaire=questionnaire, source=AnsweredBy.LINK, now=at)


def _given(question: Question, rng: Random) -> str:
    if question.key.startswith(SPREAD):
        return NO
    if question.kind is Kind.SCALE:
        return str(rng.randint(1, 6))
    return rng.choice(question.choices[:3])[0] if question.kind is Kind.CHOICE else PASSED

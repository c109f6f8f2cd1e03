"""The questions to a patient, one a screen: no script, each answer kept at once, come back to at any time."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from outcomes.actions.questionnaires import (
    ClosedError,
    finish_questionnaire,
    keep_answer,
    open_questionnaire,
    why_closed,
)
from outcomes.questions import has_diary
from outcomes.rules import plain
from outcomes.rules.patient_questions import LONGEST_TEXT, PASSED, SPREAD, Kind, Question
from outcomes.views.asking import Way, by_link, on_tablet
from patients import tablet
from treatments.rules import toxin_spread


@require_http_methods(["GET"])
def questions(request: HttpRequest, way: Way) -> HttpResponse:
    """The beginning, also after a break; at the end, thanks. Emergency words stand first where an answer is one."""
    questionnaire, sheet = way.questionnaire, way.sheet
    if way.token:
        open_questionnaire(questionnaire=questionnaire, source=way.source, now=timezone.now())
    onwards = sheet.next_number
    return way.page(
        request,
        "outcomes/link_questions.html",
        {
            "closed": why_closed(questionnaire.follow_up, questionnaire),
            "is_finished": questionnaire.finished_at is not None,
            "emergency": _emergency(way),
            "is_red": toxin_spread.opens_event(questionnaire.spread),
            "done": sheet.done,
            "count": len(sheet.asked),
            "onwards": way.url("check") if onwards is None else way.url("question", onwards),
            "diary": way.url("diary") if has_diary(questionnaire) else "",
        },
    )


@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, way: Way, number: int) -> HttpResponse:
    """One question; the answer is one press where it can be. A danger answer leads to the emergency words at once."""
    sheet = way.sheet
    if not 1 <= number <= len(sheet.questions):
        raise Http404
    asked = sheet.question(number)
    if asked is None or why_closed(way.questionnaire.follow_up, way.questionnaire):
        return redirect(way.url("questions"))
    given, problem = way.questionnaire.answers.get(asked.key, ""), ""
    if request.method == "POST":
        given = PASSED if "pass" in request.POST else request.POST.get("given", "").strip()
        if given == PASSED and "pass" not in request.POST and asked.kind is not Kind.TEXT:
            problem = "day" if asked.kind is Kind.DAY else "number" if asked.kind is Kind.NUMBER else "choose"
        else:
            try:
                kept = keep_answer(
                    questionnaire=way.questionnaire, question=asked, given=given, source=way.source, now=timezone.now()
                )
            except ClosedError:
                return redirect(way.url("questions"))
            except ValidationError as refused:
                problem = str(refused.code)
            else:
                way.questionnaire.answers = kept.answers
                if given == toxin_spread.YES and _is_danger(asked):
                    return redirect(way.url("urgent"))
                return redirect(_address(way, sheet.after(number)))
    places = [place for place, _question in sheet.asked]
    before = sheet.before(number)
    follow_up = way.questionnaire.follow_up
    return way.page(
        request,
        "outcomes/link_question.html",
        {
            "question": asked,
            "kind": asked.kind.value,
            "words": asked.words[sheet.language],
            "help": asked.help.get(sheet.language, ""),
            "pass_words": asked.pass_words[sheet.language],
            "choices": [(value, words.get(sheet.language, value)) for value, words in asked.choices],
            "ends": [words[sheet.language] for words in asked.ends or ()],
            "given": given,
            "problem": _problem_words(problem, asked) if problem else "",
            "position": places.index(number) + 1,
            "count": len(places),
            "back": way.url("questions") if before is None else way.url("question", before),
            "first": follow_up.session.performed_on,
            "today": follow_up.course.site.today(),
            "longest": LONGEST_TEXT,
        },
        status=422 if problem else 200,
    )


@require_http_methods(["GET"])
def urgent(request: HttpRequest, way: Way) -> HttpResponse:
    """What to do now, before anything else is asked."""
    emergency = _emergency(way)
    if not emergency:
        return redirect(way.url("questions"))
    return way.page(
        request,
        "outcomes/link_urgent.html",
        {"emergency": emergency, "onwards": _address(way, way.sheet.next_number)},
    )


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, way: Way) -> HttpResponse:
    """All answers once more; sending them ends it."""
    sheet = way.sheet
    if why_closed(way.questionnaire.follow_up, way.questionnaire):
        return redirect(way.url("questions"))
    if sheet.next_number is not None:
        return redirect(way.url("question", sheet.next_number))
    if request.method == "POST":
        try:
            finish_questionnaire(questionnaire=way.questionnaire, source=way.source, now=timezone.now())
        except ClosedError:
            pass
        else:
            if not way.token:
                tablet.keep_done(request)
        return redirect(way.url("questions"))
    rows = [
        (way.url("question", number), asked.words[sheet.language], _given_words(way, asked))
        for number, asked in sheet.asked
    ]
    return way.page(request, "outcomes/link_check.html", {"rows": rows})


def _address(way: Way, number: int | None) -> str:
    return way.url("check") if number is None else way.url("question", number)


def _emergency(way: Way) -> str:
    if not toxin_spread.is_danger(way.questionnaire.spread):
        return ""
    return toxin_spread.EMERGENCY_ES if way.sheet.language == "es" else toxin_spread.EMERGENCY


def _is_danger(asked: Question) -> bool:
    key = asked.key.removeprefix(SPREAD)
    return asked.key.startswith(SPREAD) and toxin_spread.is_danger({key: toxin_spread.YES})


def _given_words(way: Way, asked: Question) -> str:
    given = way.questionnaire.answers.get(asked.key, "")
    if not given:
        return _("left open")
    if asked.kind is Kind.DAY:
        return date_format(date.fromisoformat(given), "DATE_FORMAT")
    return dict(asked.choices).get(given, {}).get(way.sheet.language, given)


def _problem_words(problem: str, asked: Question) -> str:
    words: dict[str, Any] = {
        "choose": _("Choose one of the answers."),
        "day": _("Enter a day."),
        "early": _("This day lies before your last visit."),
        "late": _("This day lies in the future."),
        "long": _("This is too long."),
        "together": _("This does not go together with another of your answers."),
    }
    if problem == "number" and asked.item is not None:
        lowest, highest = plain(asked.item.minimum), plain(asked.item.maximum)
        return _("Enter a number from %(lowest)s to %(highest)s.") % {"lowest": lowest, "highest": highest}
    return str(words.get(problem, words["choose"]))


link_questions, tablet_questions = by_link(questions), on_tablet(questions)
link_question, tablet_question = by_link(question), on_tablet(question)
link_urgent, tablet_urgent = by_link(urgent), on_tablet(urgent)
link_check, tablet_check = by_link(check), on_tablet(check)

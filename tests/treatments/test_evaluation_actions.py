"""Writing and changing an evaluation: what it needs, what it refuses, and who stays its author."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from audit.models import StaleVersionError
from tests.cast import Cast
from treatments.actions.courses import close_course
from treatments.actions.evaluations import change_evaluation, write_evaluation
from treatments.models import Evaluation, TreatmentCourse

CONTENT: dict[str, Any] = {
    "symptoms": "Headache on most days.",
    "symptoms_since": "2019",
    "suitability": Evaluation.Suitability.SUITABLE,
    "suitability_reasons": "Two preventives failed.",
    "goals": "Work a full week",
}


def written(cast: Cast, course: TreatmentCourse, **changes: Any) -> Evaluation:
    today = cast.harbour.today()
    given: dict[str, Any] = {"evaluated_on": today, "content": CONTENT, "today": today, "by": cast.ito}
    return write_evaluation(course=course, **given | changes)


def test_an_evaluation_keeps_what_was_written_and_by_whom(cast: Cast) -> None:
    course = cast.course()
    evaluation = written(cast, course, content=CONTENT | {"told_onset": True, "history": "  none  "})
    evaluation.refresh_from_db()
    assert (evaluation.course, evaluation.evaluated_by) == (course, cast.ito)
    assert (evaluation.symptoms, evaluation.history) == ("Headache on most days.", "none")
    assert (evaluation.told_onset, evaluation.told_risks) == (True, False)


@pytest.mark.parametrize("name", ["symptoms", "suitability", "suitability_reasons", "goals"])
@pytest.mark.parametrize("value", ["", "   "])
def test_what_and_why_are_needed(cast: Cast, name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        written(cast, cast.course(), content=CONTENT | {name: value})
    assert name in refused.value.message_dict
    assert not Evaluation.objects.exists()


def test_days_in_the_future_or_before_birth_are_refused(cast: Cast) -> None:
    course, today = cast.course(), cast.harbour.today()
    for day, words in [(today + timedelta(days=1), "future"), (date(1982, 8, 24), "birth")]:
        with pytest.raises(ValidationError, match=words):
            written(cast, course, evaluated_on=day)
        with pytest.raises(ValidationError, match=words) as refused:
            written(cast, course, content=CONTENT | {"medication_guide_on": day})
        assert list(refused.value.message_dict) == ["medication_guide_on"]
    assert written(cast, course, content=CONTENT | {"medication_guide_on": today}).medication_guide_on == today


def test_one_evaluation_a_day_for_a_course(cast: Cast) -> None:
    course = cast.course()
    written(cast, course)
    with pytest.raises(ValidationError, match="edit that one"):
        written(cast, course)
    written(cast, cast.course(condition="cervical_dystonia"))
    written(cast, course, evaluated_on=cast.harbour.today() - timedelta(days=1))
    assert Evaluation.objects.count() == 3


def test_a_closed_course_is_not_evaluated(cast: Cast) -> None:
    course = cast.course()
    close_course(course=course, reason="stopped", note="", on=cast.harbour.today(), by=cast.ito)
    with pytest.raises(ValidationError, match="closed"):
        written(cast, course)


def test_a_change_keeps_the_author_and_raises_the_version(cast: Cast) -> None:
    evaluation = written(cast, cast.course())
    changed = change_evaluation(
        evaluation=evaluation,
        evaluated_on=evaluation.evaluated_on,
        content={"goals": "Read for an hour"},
        today=cast.harbour.today(),
        by=cast.okafor,
        version=evaluation.version,
    )
    assert (changed.goals, changed.symptoms) == ("Read for an hour", "Headache on most days.")
    assert (changed.evaluated_by, changed.version) == (cast.ito, 2)


def test_a_stale_change_is_refused_and_nothing_is_lost(cast: Cast) -> None:
    evaluation = written(cast, cast.course())
    change = {"evaluation": evaluation, "evaluated_on": evaluation.evaluated_on, "today": cast.harbour.today()}
    change_evaluation(**change, content={"goals": "first"}, by=cast.okafor, version=1)
    with pytest.raises(StaleVersionError):
        change_evaluation(**change, content={"goals": "second"}, by=cast.ito, version=1)
    evaluation.refresh_from_db()
    assert evaluation.goals == "first"


def test_nothing_but_its_content_can_be_set(cast: Cast) -> None:
    with pytest.raises(TypeError, match="evaluated_by"):
        written(cast, cast.course(), content=CONTENT | {"evaluated_by": cast.okafor})


def test_the_latest_evaluation_by_the_day_of_the_session_says_whether_it_suits(cast: Cast) -> None:
    from tests.treatments.test_session_facts import charted, found_in

    course, today = cast.course(), cast.harbour.today()
    not_now = CONTENT | {"suitability": Evaluation.Suitability.NOT_SUITABLE, "suitability_reasons": "Swallows badly"}
    session, key = charted(cast, course), f"suitability-{course.pk}"
    written(cast, course, evaluated_on=today - timedelta(days=9))
    assert key not in {finding.key for finding in found_in(session, cast)}
    written(cast, course, evaluated_on=today - timedelta(days=3), content=not_now)
    assert "says not suitable: Swallows badly." in next(
        finding.words for finding in found_in(session, cast) if finding.key == key
    )
    written(cast, course)
    assert key not in {finding.key for finding in found_in(session, cast)}

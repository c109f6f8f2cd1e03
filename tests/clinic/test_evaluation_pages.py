"""The pages of an evaluation: written beside what is known, kept when it is wrong, shown when it is stale."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from patients.models import Allergy, TriedTreatment
from tests.cast import Cast
from tests.outcomes.cycles import score
from tests.treatments.test_evaluation_actions import CONTENT, written
from treatments.models import Evaluation, TreatmentCourse

SignIn = Callable[[User], Client]


def posted(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {"evaluated_on": cast.harbour.today().isoformat(), "version": "", **CONTENT, **changes}


def create_url(course: TreatmentCourse) -> str:
    return reverse("clinic:evaluation-create", args=[course.pk])


def known(cast: Cast, course: TreatmentCourse) -> None:
    Allergy.objects.create(patient=cast.joye, substance="latex")
    TriedTreatment.objects.create(
        patient=cast.joye,
        kind="anticonvulsant",
        name="Topiramate",
        dose="100 mg",
        stopped="side_effects",
        started_on=date(2024, 1, 1),
        ended_on=date(2024, 5, 1),
    )
    for value, day in ((Decimal(19), date(2025, 1, 3)), (Decimal(17), date(2025, 1, 5))):
        score(course, "headache_days", value, day, cast.ito)


def test_a_course_without_evaluation_leads_to_it(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    page = sign_in(cast.ito).get(reverse("clinic:course", args=[course.pk])).content.decode()
    assert page.count(f'class="btn btn-primary" href="{create_url(course)}"') == 1
    assert 'class="btn btn-secondary">Start session' in page


def test_an_evaluation_is_written_beside_what_is_known(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    known(cast, course)
    client = sign_in(cast.ito)
    page = client.get(create_url(course)).content.decode()
    for words in ("Topiramate, 100 mg", "side effects", "Latex", "Headache days", ">17<", "allergy: latex"):
        assert words in page
    response = client.post(create_url(course), posted(cast, told_partial="on"))
    evaluation = Evaluation.objects.get()
    assert response["Location"] == reverse("clinic:evaluation", args=[evaluation.pk])
    assert (evaluation.told_partial, evaluation.told_onset, evaluation.evaluated_by) == (True, False, cast.ito)
    page = client.get(response["Location"]).content.decode()
    for words in ("Headache on most days.", "since 2019", "Two preventives failed.", "Topiramate"):
        assert words in page
    assert AuditEvent.objects.filter(action="chart-read", subject_type="treatments.Evaluation").count() == 1


def test_the_course_and_the_timeline_show_it(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    evaluation = written(cast, course)
    url = reverse("clinic:evaluation", args=[evaluation.pk])
    client = sign_in(cast.ito)
    assert url in client.get(reverse("clinic:course", args=[course.pk])).content.decode()
    chart = client.get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()
    assert f'href="{url}"' in chart
    assert "Chronic migraine, suitable" in chart
    assert url not in sign_in(cast.robin).get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()


def test_a_wrong_form_keeps_what_was_typed(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    tomorrow = (cast.harbour.today() + timedelta(days=1)).isoformat()
    response = sign_in(cast.ito).post(
        create_url(course), posted(cast, goals="", evaluated_on=tomorrow, history="MRI normal")
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert "MRI normal" in page
    assert "This field is required." in page
    assert "This day lies in the future." in page
    assert not Evaluation.objects.exists()


def test_a_second_one_of_the_day_says_so_once(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    written(cast, course)
    response = sign_in(cast.ito).post(create_url(course), posted(cast))
    assert response.status_code == 422
    assert response.content.decode().count("There is an evaluation of this day already") == 1


def test_all_said_ticks_the_four_without_a_script_and_saves_nothing(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    response = sign_in(cast.ito).post(create_url(course), posted(cast, goals="", history="MRI normal", all_said="yes"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "MRI normal" in page
    assert "This field is required." not in page
    form = response.context["form"]
    assert all(form[name].value() for name in ("told_onset", "told_duration", "told_partial", "told_risks"))
    assert not Evaluation.objects.exists()


def test_a_stale_edit_shows_both(cast: Cast, sign_in: SignIn) -> None:
    evaluation = written(cast, cast.course())
    url = reverse("clinic:evaluation-edit", args=[evaluation.pk])
    client = sign_in(cast.ito)
    assert client.post(url, posted(cast, version=1, goals="theirs")).status_code == 302
    response = client.post(url, posted(cast, version=1, goals="mine"))
    page = response.content.decode()
    assert response.status_code == 422
    assert ">\nmine</textarea>" in page or "mine</textarea>" in page
    assert "Saved meanwhile: theirs" in page
    evaluation.refresh_from_db()
    assert evaluation.goals == "theirs"
    # The page now carries the version it showed: saving again puts mine in its place.
    assert client.post(url, posted(cast, version=2, goals="mine")).status_code == 302
    evaluation.refresh_from_db()
    assert evaluation.goals == "mine"


@pytest.mark.parametrize("version", ["", "0"])
def test_an_edit_without_its_version_counts_as_stale(cast: Cast, sign_in: SignIn, version: str) -> None:
    evaluation = written(cast, cast.course())
    url = reverse("clinic:evaluation-edit", args=[evaluation.pk])
    assert sign_in(cast.ito).post(url, posted(cast, version=version)).status_code == 422


def test_who_may(cast: Cast, sign_in: SignIn) -> None:
    evaluation = written(cast, cast.course())
    read = reverse("clinic:evaluation", args=[evaluation.pk])
    edit = reverse("clinic:evaluation-edit", args=[evaluation.pk])
    create = create_url(evaluation.course)
    answers = {
        who: [sign_in(getattr(cast, who)).get(url).status_code for url in (read, edit, create)]
        for who in ("ito", "robin", "ada", "max")
    }
    assert answers == {
        "ito": [200, 200, 200],
        "robin": [403, 403, 403],
        "ada": [200, 403, 403],
        "max": [404, 404, 404],
    }


@pytest.mark.parametrize("name", ["clinic:evaluation", "clinic:evaluation-edit", "clinic:evaluation-create"])
def test_the_cost_does_not_grow(cast: Cast, sign_in: SignIn, name: str, django_assert_max_num_queries: Any) -> None:
    course = cast.course()
    evaluation = written(cast, course)
    url = reverse(name, args=[course.pk if name.endswith("create") else evaluation.pk])
    client = sign_in(cast.ito)
    client.get(url)
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    for _ in range(3):
        known(cast, course)
    with django_assert_max_num_queries(len(few)):
        client.get(url)

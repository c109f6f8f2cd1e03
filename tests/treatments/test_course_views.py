from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from inventory.models import Product
from tests.cast import Cast
from tests.treatments.charted import signed
from treatments.models import Condition, InjectionSession, TreatmentCourse

SignIn = Callable[[User], Client]


def start(cast: Cast, client: Client, **changes: object) -> object:
    condition = Condition.objects.get(key="chronic_migraine")
    data = {"condition": condition.pk, "provider": cast.ito.pk, "site": cast.harbour.pk, "diagnosis": "", **changes}
    return client.post(reverse("treatments:course-start", args=[cast.joye.pk]), data)


def test_starting_a_course(cast: Cast, sign_in: SignIn) -> None:
    code = Condition.objects.get(key="chronic_migraine").diagnosis_codes.first()
    assert code is not None
    response = start(cast, sign_in(cast.ito), diagnosis=code.pk)
    course = TreatmentCourse.objects.get()
    assert response["Location"] == reverse("clinic:course", args=[course.pk])  # type: ignore[index]
    assert (course.patient, course.diagnosis, course.started_on) == (cast.joye, code, cast.harbour.today())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"condition": ""}, "This field is required"),
        ({"provider": "robin"}, "not one of the available choices"),
        ({"site": "elsewhere"}, "not one of the available choices"),
        ({"diagnosis": "G24.3"}, "is not a code of Chronic migraine"),
    ],
)
def test_a_wrong_choice_is_named_beside_its_field(
    cast: Cast, sign_in: SignIn, changes: dict[str, str], words: str
) -> None:
    named = {"robin": cast.robin.pk, "elsewhere": cast.elsewhere.pk}
    neck = Condition.objects.get(key="cervical_dystonia").diagnosis_codes.get(code="G24.3")
    values = {key: named.get(value, neck.pk if value == "G24.3" else value) for key, value in changes.items()}
    response = start(cast, sign_in(cast.ito), **values)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert words in response.content.decode()  # type: ignore[attr-defined]
    assert not TreatmentCourse.objects.exists()


def test_a_code_of_two_conditions_is_taken_from_whichever_list(cast: Cast, sign_in: SignIn) -> None:
    arm, leg = (Condition.objects.get(key=f"{limb}_limb_spasticity") for limb in ("upper", "lower"))
    start(cast, sign_in(cast.ito), condition=leg.pk, diagnosis=arm.diagnosis_codes.get(code="G81.11").pk)
    assert TreatmentCourse.objects.get().diagnosis == leg.diagnosis_codes.get(code="G81.11")


def test_the_same_course_is_not_started_twice(cast: Cast, sign_in: SignIn) -> None:
    cast.course()
    response = start(cast, sign_in(cast.ito))
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert "already has an open course" in response.content.decode()  # type: ignore[attr-defined]


def test_a_changed_course_is_not_overwritten_by_a_stale_form(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    client = sign_in(cast.ito)
    url = reverse("treatments:course-edit", args=[course.pk])
    data = {"provider": cast.okafor.pk, "site": cast.harbour.pk, "diagnosis": "", "version": 1}
    assert client.post(url, data).status_code == 302
    stale = client.post(url, {**data, "provider": cast.ito.pk})
    assert stale.status_code == 422
    assert "Saved meanwhile: Dr Ngozi Okafor" in stale.content.decode()
    course.refresh_from_db()
    assert course.provider == cast.okafor
    assert client.post(url, {**data, "provider": cast.ito.pk, "version": 2}).status_code == 302


def test_closing_and_taking_up_again(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    client = sign_in(cast.ito)
    url = reverse("treatments:course-close", args=[course.pk])
    assert client.post(url, {"version": 1}).status_code == 422
    assert client.post(url, {"version": 1, "reason": "paused", "note": "pregnant"}).status_code == 302
    course.refresh_from_db()
    assert (course.closed_reason, course.closed_on) == ("paused", cast.harbour.today())
    client.post(reverse("treatments:course-reopen", args=[course.pk]))
    course.refresh_from_db()
    assert course.closed_on is None


def test_an_outside_session_by_hand(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    client = sign_in(cast.ito)
    url = reverse("treatments:outside-session-create", args=[course.pk])
    day = cast.harbour.today() - timedelta(days=30)
    good = {
        "performed_on": day.isoformat(),
        "product": Product.objects.get(brand="BOTOX").pk,
        "units": "155",
        "lot": "C1",
        "source": "letter",
    }
    for field, value, words in [
        ("performed_on", (cast.harbour.today() + timedelta(days=2)).isoformat(), "future"),
        ("performed_on", "1970-01-01", "before the patient&#x27;s birth"),
        ("performed_on", "32 May", "Enter a valid date"),
        ("units", "-3", "More than 0 units"),
        ("units", "1e2", "Enter a number."),
        ("units", "20001", "At most 20000 U."),
        ("source", "", "This field is required"),
    ]:
        refused = client.post(url, {**good, field: value})
        assert refused.status_code == 422, (field, value)
        assert words in refused.content.decode()
        assert 'value="C1"' in refused.content.decode()  # what was typed stays
    assert client.post(url, good).status_code == 302
    assert "already there" in client.post(url, good).content.decode()
    course.refresh_from_db()
    assert course.last_session_on == day


def test_choosing_a_target_needs_a_reason(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    client = sign_in(cast.ito)
    url = reverse("treatments:target-choose", args=[course.pk])
    day = (cast.harbour.today() + timedelta(days=100)).isoformat()
    assert "no open window" in client.post(url, {"target_on": day, "reason": "x"}).content.decode()
    signed(cast, course, on=cast.harbour.today() - timedelta(days=10))
    assert "Say why" in client.post(url, {"target_on": day}).content.decode()
    assert client.post(url, {"target_on": day, "reason": "holiday"}).status_code == 302
    course.refresh_from_db()
    assert course.target_on is not None
    assert course.target_on.isoformat() == day


def test_a_target_that_somebody_else_chose_meanwhile_is_said_and_not_overwritten(cast: Cast, sign_in: SignIn) -> None:
    course, today = cast.course(), cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=10))
    url = reverse("treatments:target-choose", args=[course.pk])
    client = sign_in(cast.ito)
    seen = client.get(url).context["form"]["seen"].value().isoformat()
    hers, his = (today + timedelta(days=days) for days in (100, 110))
    mine = {"target_on": his.isoformat(), "reason": "his holiday", "seen": seen}
    sign_in(cast.okafor).post(url, {"target_on": hers.isoformat(), "reason": "her holiday", "seen": seen})

    refused = client.post(url, mine)

    assert refused.status_code == 422
    form = refused.context["form"]
    assert f"Chosen meanwhile: {hers:%-d %B %Y}" in form.errors["target_on"][0]
    assert (form["target_on"].value(), form["reason"].value()) == (his.isoformat(), "his holiday")
    assert TreatmentCourse.objects.get(pk=course.pk).target_on == hers
    # The same day chosen by both is no conflict, and sent again the other one goes in its place.
    assert client.post(url, mine | {"target_on": hers.isoformat()}).status_code == 302
    assert client.post(url, mine | {"seen": form["seen"].value()}).status_code == 302
    assert TreatmentCourse.objects.get(pk=course.pk).target_on == his


def test_voiding_a_session_needs_a_reason(cast: Cast, sign_in: SignIn) -> None:
    course = cast.course()
    session = signed(cast, course, on=cast.harbour.today() - timedelta(days=10))
    client = sign_in(cast.ito)
    url = reverse("treatments:session-void", args=[session.pk])
    assert client.post(url, {"reason": " "}).status_code == 422
    assert client.post(url, {"reason": "wrong patient"}).status_code == 302
    assert InjectionSession.objects.get(pk=session.pk).status == "voided"
    again = client.get(url, follow=True)
    assert again.redirect_chain[-1][0] == reverse("treatments:session-detail", args=[session.pk])
    assert "You voided this session already." in again.content.decode()


@pytest.mark.parametrize("page", ["course-edit", "course-close", "target-choose", "outside-session-create"])
def test_front_desk_is_refused_and_a_stranger_finds_nothing(cast: Cast, sign_in: SignIn, page: str) -> None:
    url = reverse(f"treatments:{page}", args=[cast.course().pk])
    assert sign_in(cast.robin).get(url).status_code == 403
    assert sign_in(cast.max).get(url).status_code == 404
    assert sign_in(cast.ito).get(url).status_code == 200

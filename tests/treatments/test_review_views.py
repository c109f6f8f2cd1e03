"""Looking over a session and signing it, through the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import StockMovement
from tests.cast import Cast
from tests.treatments.charted import draft, planned_steps, ready, signed, vials_in_stock
from tests.treatments.test_session_views import SCRIPT, chart_url
from treatments.actions.sessions import start_session
from treatments.models import FollowUp, InjectionSession, TreatmentCourse


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return cast.course()


@pytest.fixture
def session(cast: Cast, course: TreatmentCourse) -> InjectionSession:
    ready(cast, cast.joye, on=cast.harbour.today())
    return start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=cast.harbour.today(), by=cast.ito)


@pytest.fixture
def ito(cast: Cast, sign_in: Callable[..., Client]) -> Client:
    return sign_in(cast.ito)


# --- signing


def charted(cast: Cast, course: TreatmentCourse, **changes: Any) -> InjectionSession:
    return draft(cast, course, on=cast.harbour.today(), vials=vials_in_stock(cast), **changes)


def test_a_warning_takes_a_reason_which_is_kept_and_shown(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    signed(cast, course, on=cast.harbour.today() - timedelta(days=60))
    session = charted(cast, course)
    url = reverse("treatments:session-review", args=[session.pk])
    page = ito.get(url).content.decode()
    (key,) = re.findall(r'name="reason:([^"]+)"', page)

    refused = ito.post(url, {"version": session.version})
    assert refused.status_code == 422
    assert "Give a reason, or change the session." in refused.content.decode()
    # The first of them has the focus, also by keyboard alone.
    assert refused.content.decode().count(" autofocus>") == 1

    done = ito.post(url, {"version": session.version, f"reason:{key}": "wore off in week 7"}, follow=True)
    session.refresh_from_db()
    assert session.status == "signed"
    assert "wore off in week 7" in done.content.decode()


def test_a_stop_offers_no_signing(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    session = draft(cast, course, on=cast.harbour.today(), vials=[])
    url = reverse("treatments:session-review", args=[session.pk])
    assert "Sign as" not in ito.get(url).content.decode()
    assert ito.post(url, {"version": session.version}).status_code == 422
    session.refresh_from_db()
    assert session.is_draft


def test_signing_twice_signs_once(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    session = charted(cast, course)
    url = reverse("treatments:session-review", args=[session.pk])
    for _ in range(2):
        assert ito.post(url, {"version": session.version}).url == reverse(
            "treatments:session-detail", args=[session.pk]
        )
    assert StockMovement.objects.filter(kind="used").count() == 1
    assert FollowUp.objects.filter(session=session).count() == planned_steps(session)


@pytest.mark.parametrize(("reason", "words"), [("x" * 501, "at most 500 characters"), ("a\0b", "Null characters")])
def test_a_reason_that_cannot_be_kept_is_refused_beside_its_field(
    cast: Cast, ito: Client, course: TreatmentCourse, reason: str, words: str
) -> None:
    signed(cast, course, on=cast.harbour.today() - timedelta(days=60))
    session = charted(cast, course)
    url = reverse("treatments:session-review", args=[session.pk])
    (key,) = re.findall(r'name="reason:([^"]+)"', ito.get(url).content.decode())
    answer = ito.post(url, {"version": session.version, f"reason:{key}": reason})
    assert answer.status_code == 422
    assert re.search(rf'<p class="field-error" id="reason-\d+-error">[^<]*{words}', answer.content.decode())
    assert answer.context["findings"][0]["reason"] == reason
    session.refresh_from_db()
    assert session.is_draft


def test_of_two_who_sign_the_second_is_told_who_did(
    cast: Cast, ito: Client, sign_in: Callable[..., Client], course: TreatmentCourse
) -> None:
    session = charted(cast, course)
    url = reverse("treatments:session-review", args=[session.pk])
    second = sign_in(cast.okafor)
    ito.post(url, {"version": session.version})
    page = second.post(url, {"version": session.version}, follow=True).content.decode()
    assert "Dr Kenji Ito signed this session before you: nothing you entered is in it." in page
    again = ito.post(url, {"version": session.version}, follow=True).content.decode()
    assert "before you" not in again


def test_a_licence_that_ended_does_not_sign(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    session = charted(cast, course)
    cast.ito.credential.licence_expires_on = cast.harbour.today() - timedelta(days=1)
    cast.ito.credential.save()
    url = reverse("treatments:session-review", args=[session.pk])
    assert "Your licence expired" in ito.get(url).content.decode()
    assert ito.post(url, {"version": session.version}).status_code == 422
    session.refresh_from_db()
    assert session.is_draft


def test_a_draft_that_changed_after_the_review_is_shown_again(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    session = charted(cast, course)
    url = reverse("treatments:session-review", args=[session.pk])
    answer = ito.post(url, {"version": session.version - 1})
    assert "changed after you opened this page" in answer.content.decode()
    session.refresh_from_db()
    assert session.is_draft


def test_a_signed_session_is_read_not_charted(cast: Cast, ito: Client, course: TreatmentCourse) -> None:
    session = signed(cast, course, on=cast.harbour.today())
    detail = reverse("treatments:session-detail", args=[session.pk])
    assert ito.get(chart_url(session)).url == detail
    assert ito.post(chart_url(session), {"action": "save"}).url == detail
    late = ito.post(chart_url(session), {"action": "autosave"}, **SCRIPT)
    assert late.status_code == 409
    assert "has been signed" in late.content.decode()
    page = ito.get(detail).content.decode()
    assert page.count('class="point') == 31
    assert "licence L12345" in page

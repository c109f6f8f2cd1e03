"""What a session says beside its doses: one press each, what is known without a press, and what is never copied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tests.cast import Cast
from tests.treatments.charted import _Always as Always
from tests.treatments.charted import draft as drafted
from tests.treatments.charted import signed, vials_in_stock
from tests.treatments.test_session_views import as_botox, chart_url, fields, preempt, press
from treatments.actions.sessions import sign_session, start_session
from treatments.forms.session import AFTERCARE
from treatments.models import InjectionSession

SignIn = Callable[[User], Client]


@pytest.fixture
def session(cast: Cast) -> InjectionSession:
    return start_session(
        patient=cast.joye, site=cast.harbour, courses=[cast.course()], on=cast.harbour.today(), by=cast.ito
    )


@pytest.fixture
def ito(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.ito)


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_each_detail_is_kept_and_read_on_the_review(ito: Client, session: InjectionSession) -> None:
    said = {
        "guidance": "emg",
        "guidance_reason": "deep muscle",
        "numbing": "both",
        "discomfort": "3",
        "started_at": "09:05",
        "ended_at": "09:20",
        "complication": "faint",
        "complication_note": "lay down for ten minutes",
        "bleeding": "minor",
        "aftercare_given": "on",
        "aftercare_note": "No massage today.",
        "medication_guide_given": "on",
        "last_response": "partial",
        "last_response_note": "eight weeks",
    }
    assert press(ito, session, "save", **said).status_code == 200
    session.refresh_from_db()
    for name, value in said.items():
        assert str(getattr(session, name)).startswith("True" if value == "on" else value), name
    page = text_of(ito.get(reverse("treatments:session-review", args=[session.pk])))
    for words in (
        "EMG: deep muscle",
        "Ice and topical anaesthetic",
        "3 of 10",
        "09:05 to 09:20",
        "Fainting or near fainting: lay down for ten minutes",
        "Minor, stopped by pressure",
        "explained: No massage today.",
        "Partial: eight weeks",
    ):
        assert words in page


def test_the_defaults_need_no_press(ito: Client, session: InjectionSession) -> None:
    press(ito, session, "save")
    session.refresh_from_db()
    assert (session.guidance, session.numbing, session.complication, session.bleeding) == ("none",) * 4
    assert (session.discomfort, session.started_at, session.ended_at) == (None, None, None)
    assert not session.aftercare_given
    assert not session.medication_guide_given


def test_a_page_without_the_fields_keeps_to_the_defaults(ito: Client, session: InjectionSession) -> None:
    posted = fields(ito.get(chart_url(session)).content.decode())
    for name in ("guidance", "numbing", "complication", "bleeding", "last_response"):
        posted.pop(name, None)
    assert ito.post(chart_url(session), posted | {"action": "save"}).status_code == 302


def test_the_first_session_is_known_by_itself(cast: Cast, ito: Client, session: InjectionSession) -> None:
    press(ito, session, "save")
    session.refresh_from_db()
    assert session.last_response == "first"


def test_a_later_one_is_asked_about_the_last(cast: Cast, ito: Client) -> None:
    course, today = cast.course(), cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=90))
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    page = press(ito, session, "save")
    session.refresh_from_db()
    assert session.last_response == ""
    assert f"to the session of {today - timedelta(days=90):%-d %b %Y}" in text_of(page)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"started_at": "10:00", "ended_at": "09:00"}, "It ended before it started."),
        ({"started_at": "noon"}, "Enter a valid time."),
        ({"guidance": "magic"}, "Select a valid choice."),
        ({"bleeding": "a lot"}, "Select a valid choice."),
        ({"discomfort": "11"}, "From 0 to 10."),
        ({"aftercare_note": "x" * 301}, "at most 300 characters"),
    ],
)
def test_bad_input_is_told_and_nothing_is_lost(
    ito: Client, session: InjectionSession, changes: dict[str, str], words: str
) -> None:
    answer = press(ito, session, "save", notes="kept", **changes)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "kept" in text_of(answer)
    session.refresh_from_db()
    assert session.notes == ""


def minute(cast: Cast, moment: Any) -> time:
    local: time = cast.harbour.localtime(moment).time().replace(second=0, microsecond=0)
    return local


def test_it_starts_with_the_first_site_and_the_review_ends_nothing(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    press(ito, session, "save", **as_botox())
    session.refresh_from_db()
    assert session.started_at is None
    press(ito, session, f"place:{preempt().pk}")
    session.refresh_from_db()
    assert session.started_at is not None
    assert session.ended_at is None
    press(ito, session, "review")
    session.refresh_from_db()
    # Whoever goes back and reconstitutes now must not meet an end that nobody typed.
    assert session.ended_at is None


def sign(cast: Cast, session: InjectionSession) -> InjectionSession:
    return sign_session(
        session=session,
        by=cast.ito,
        version=session.version,
        reasons=Always(),  # type: ignore[arg-type]
        now=timezone.now(),
    )


def test_signing_ends_it_with_the_minute_of_the_last_change(cast: Cast) -> None:
    vials = vials_in_stock(cast)
    session = drafted(cast, cast.course(), on=cast.harbour.today(), vials=vials, started_at=time(0))
    assert session.ended_at is None
    assert sign(cast, session).ended_at == minute(cast, session.saved_at)
    session = InjectionSession.objects.get(pk=session.pk)
    assert session.ended_at is not None


@pytest.mark.parametrize("said", [{"started_at": time(0), "ended_at": time(0, 1)}, {}], ids=["an end", "no start"])
def test_signing_changes_no_time_that_was_said(cast: Cast, said: dict[str, time]) -> None:
    session = drafted(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast), **said)
    assert sign(cast, session).ended_at == said.get("ended_at")


def test_the_first_session_is_no_response_to_an_earlier_one(cast: Cast, ito: Client) -> None:
    course, today = cast.course(), cast.harbour.today()
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    press(ito, session, "save")
    session.refresh_from_db()
    assert session.last_response == "first"
    signed(cast, course, on=today - timedelta(days=90))
    page = text_of(ito.get(chart_url(session)))
    assert "First session" not in page
    assert 'name="last_response" value="good"' in page
    assert press(ito, session, "save", last_response="first").status_code == 422


@pytest.mark.parametrize("typed", ["1e3", "1E1", "Infinity", "NaN", "0x5", "5_0"])
def test_units_are_digits_and_a_point(ito: Client, session: InjectionSession, typed: str) -> None:
    press(ito, session, f"place:{preempt().pk}")
    answer = press(ito, session, "save", **{"injections-0-units": typed})
    assert answer.status_code == 422
    assert "Enter a number." in text_of(answer)


def test_what_a_person_put_there_stays(ito: Client, session: InjectionSession) -> None:
    press(ito, session, f"place:{preempt().pk}", started_at="00:01")
    press(ito, session, "review", ended_at="00:02")
    session.refresh_from_db()
    assert (session.started_at, session.ended_at) == (time(0, 1), time(0, 2))
    press(ito, session, "save", started_at="", ended_at="")
    session.refresh_from_db()
    assert (session.started_at, session.ended_at) == (None, None)


def test_a_draft_of_another_day_is_given_no_time(cast: Cast, ito: Client) -> None:
    session = start_session(
        patient=cast.joye,
        site=cast.harbour,
        courses=[cast.course()],
        on=cast.harbour.today() - timedelta(days=1),
        by=cast.ito,
    )
    press(ito, session, f"place:{preempt().pk}")
    press(ito, session, "review")
    session.refresh_from_db()
    assert (session.started_at, session.ended_at) == (None, None)


def test_aftercare_brings_the_usual_words_which_can_be_changed(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    press(ito, session, "save", aftercare_given="on")
    session.refresh_from_db()
    assert session.aftercare_note == AFTERCARE
    press(ito, session, "save", aftercare_note="")
    session.refresh_from_db()
    assert session.aftercare_note == ""


def test_the_usual_words_are_those_of_the_last_session(cast: Cast, ito: Client) -> None:
    course, today = cast.course(), cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=90), aftercare_given=True, aftercare_note="As we always say.")
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    press(ito, session, "save", aftercare_given="on")
    session.refresh_from_db()
    assert session.aftercare_note == "As we always say."


def test_same_as_last_time_proposes_guidance_and_numbing_and_copies_no_finding(cast: Cast, ito: Client) -> None:
    course, today = cast.course(), cast.harbour.today()
    signed(
        cast,
        course,
        on=today - timedelta(days=90),
        guidance="ultrasound",
        guidance_reason="anatomy",
        numbing="ice",
        discomfort=7,
        complication="haematoma",
        bleeding="minor",
        aftercare_given=True,
        aftercare_note="Words.",
        medication_guide_given=True,
        started_at=time(9),
        ended_at=time(10),
    )
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    press(ito, session, "last-time")
    session.refresh_from_db()
    assert (session.guidance, session.guidance_reason, session.numbing) == ("ultrasound", "anatomy", "ice")
    assert (session.discomfort, session.complication, session.bleeding) == (None, "none", "none")
    assert (session.aftercare_given, session.aftercare_note, session.medication_guide_given) == (False, "", False)
    assert session.last_response == ""
    assert session.started_at != time(9)


def test_same_as_last_time_leaves_what_was_chosen(cast: Cast, ito: Client) -> None:
    course, today = cast.course(), cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=90), guidance="ultrasound", guidance_reason="anatomy", numbing="ice")
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)
    press(ito, session, "last-time", guidance="emg", numbing="topical")
    session.refresh_from_db()
    assert (session.guidance, session.numbing) == ("emg", "topical")

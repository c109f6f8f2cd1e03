"""The clinic's own protocols: saved from a session, offered, retired and restored; shipped ones stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import Cast
from tests.treatments.charted import draft, signed
from tests.treatments.test_session_views import as_botox, chart_url, press
from treatments.actions.protocols import restore_protocol, retire_protocol, save_protocol
from treatments.actions.sessions import start_session, void_session
from treatments.models import Condition, InjectionSession, Protocol

LIST = reverse("treatments:protocol-list")


@pytest.fixture
def ito(cast: Cast, sign_in: Callable[..., Client]) -> Client:
    return sign_in(cast.ito)


@pytest.fixture
def session(cast: Cast) -> InjectionSession:
    """A migraine draft of 31 sites."""
    return draft(cast, cast.course(), on=cast.harbour.today(), vials=[])


def own(cast: Cast, session: InjectionSession, name: str = "Our 31", **more: str) -> Protocol:
    return save_protocol(session=session, course=session.courses.get(), name=name, by=cast.ito, **more)


def test_a_session_becomes_a_protocol_with_its_places_and_units(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    url = reverse("treatments:protocol-save", args=[session.pk])
    assert b"31 sites, 155 U" in ito.get(url).content
    answer = ito.post(url, {"name": "  Our   31 ", "note": "for those who want less"})
    assert answer.url == chart_url(session)
    protocol = Protocol.objects.get(made_by=cast.ito)
    assert (protocol.name, protocol.version, protocol.is_current, protocol.confidence) == ("Our 31", 1, True, "C")
    assert (protocol.condition.key, protocol.product, protocol.made_from) == (
        "chronic_migraine",
        session.product,
        session,
    )
    assert protocol.note == "for those who want less"
    assert cast.ito.name in protocol.source
    assert cast.joye.family_name not in protocol.source + protocol.note + protocol.name + protocol.key
    values = ("order", "muscle", "side", "view", "x", "y", "units")
    assert list(protocol.sites.values_list(*values)) == list(session.injections.values_list(*values))


def test_it_is_offered_for_its_condition_and_places_what_was_saved(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    protocol = own(cast, session)
    session.injections.all().delete()
    page = ito.get(chart_url(session)).content.decode()
    assert "Our 31" in page
    press(ito, session, f"place:{protocol.pk}", **as_botox())
    assert session.injections.filter(units=5).count() == 31
    jaw = start_session(
        patient=cast.omar,
        site=cast.harbour,
        courses=[cast.course(cast.omar, condition="tmj_bruxism")],
        on=cast.harbour.today(),
        by=cast.ito,
    )
    assert "Our 31" not in ito.get(chart_url(jaw)).content.decode()


def test_more_than_three_protocols_are_offered_in_a_menu(cast: Cast, ito: Client, session: InjectionSession) -> None:
    menu = '<summary class="btn">Protocols</summary>'
    assert menu not in ito.get(chart_url(session)).content.decode()
    shipped = Protocol.objects.filter(condition__key="chronic_migraine", is_current=True).count()
    for at in range(4 - shipped):
        own(cast, session, f"Our {at}")
    html = ito.get(chart_url(session)).content.decode()
    assert menu in html
    assert html.count('name="action" value="place:') == 4
    assert html.index("PREEMPT 31") < html.index("Our 0")


def test_left_and_right_stand_together_without_the_products_name(cast: Cast, ito: Client) -> None:
    session = draft(cast, cast.course(condition="cervical_dystonia"), on=cast.harbour.today(), vials=[], sites=[])
    html = ito.get(chart_url(session)).content.decode()
    group = html[html.index('aria-label="Neck muscles"') :]
    assert group.index(">Right<") < group.index(">Left<")
    assert 'aria-label="Neck muscles, right"' in group
    assert "(Dysport)" not in html


def test_a_signed_session_is_saved_from_its_own_page(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=cast.harbour.today() - timedelta(days=3))
    url = reverse("treatments:protocol-save", args=[session.pk])
    detail = reverse("treatments:session-detail", args=[session.pk])
    assert url in ito.get(detail).content.decode()
    assert ito.post(url, {"name": "As signed"}).url == detail
    assert Protocol.objects.get(name="As signed").sites.count() == 31


def test_the_charting_page_saves_the_draft_and_then_asks_for_the_name(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    page = press(ito, session, "save-as-protocol", notes="typed just now")
    assert page.redirect_chain[-1][0] == reverse("treatments:protocol-save", args=[session.pk])
    session.refresh_from_db()
    assert session.notes == "typed just now"


def test_of_several_courses_one_is_chosen(cast: Cast, ito: Client) -> None:
    migraine, jaw = cast.course(), cast.course(condition="tmj_bruxism")
    session = draft(cast, migraine, jaw, on=cast.harbour.today(), vials=[])
    url = reverse("treatments:protocol-save", args=[session.pk])
    answer = ito.post(url, {"name": "X", "course": ""})
    assert answer.status_code == 422
    assert b"Choose what it is for." in answer.content
    answer = ito.post(url, {"name": "X", "course": jaw.pk})
    assert answer.status_code == 422
    assert b"has no site for TMJ disorder" in answer.content
    assert ito.post(url, {"name": "X", "course": cast.course(cast.omar).pk}).status_code == 422
    ito.post(url, {"name": "X", "course": migraine.pk})
    assert Protocol.objects.get(name="X").condition.key == "chronic_migraine"


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Give it a name."), ("   ", "Give it a name."), ("preempt 31", "a protocol of this name already")],
)
def test_a_name_is_needed_and_not_one_in_use(ito: Client, session: InjectionSession, name: str, words: str) -> None:
    answer = ito.post(reverse("treatments:protocol-save", args=[session.pk]), {"name": name, "note": "kept"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="kept"' in answer.content.decode()
    assert not Protocol.objects.exclude(made_by=None).exists()


def test_an_outside_or_voided_session_makes_no_protocol(cast: Cast, session: InjectionSession) -> None:
    from django.utils import timezone

    voided = void_session(session=session, reason="wrong patient", by=cast.ito, now=timezone.now())
    with pytest.raises(ValidationError, match="not voided"):
        own(cast, voided)


def test_retired_it_is_not_offered_and_restored_it_is(cast: Cast, ito: Client, session: InjectionSession) -> None:
    protocol = own(cast, session)
    InjectionSession.objects.filter(pk=session.pk).update(protocol=protocol)
    ito.post(reverse("treatments:protocol-retire", args=[protocol.pk]))
    page = ito.get(chart_url(session)).content.decode()
    assert f"place:{protocol.pk}" not in page
    session.refresh_from_db()
    assert session.protocol == protocol
    assert "Restore" in ito.get(LIST).content.decode()
    ito.post(reverse("treatments:protocol-restore", args=[protocol.pk]))
    assert f"place:{protocol.pk}" in ito.get(chart_url(session)).content.decode()


def test_a_name_taken_meanwhile_is_not_restored(cast: Cast, session: InjectionSession) -> None:
    first = own(cast, session)
    retire_protocol(protocol=first, by=cast.ito)
    second = own(cast, session)
    assert second.key != first.key
    with pytest.raises(ValidationError, match="of this name already"):
        restore_protocol(protocol=first, by=cast.ito)


def test_shipped_protocols_are_never_touched(cast: Cast, ito: Client) -> None:
    shipped = Protocol.objects.get(key="preempt_155", is_current=True)
    for action in ("retire", "restore"):
        answer = ito.post(reverse(f"treatments:protocol-{action}", args=[shipped.pk]))
        assert "ships with Cadence" in str(next(iter(get_messages(answer.wsgi_request))))
    shipped.refresh_from_db()
    assert shipped.is_current


def test_saving_leaves_every_other_protocol_as_it_was(cast: Cast, session: InjectionSession) -> None:
    before = list(Protocol.objects.order_by("pk").values())
    protocol = own(cast, session)
    assert list(Protocol.objects.exclude(pk=protocol.pk).order_by("pk").values()) == before


def test_the_list_says_where_each_comes_from(cast: Cast, ito: Client, session: InjectionSession) -> None:
    own(cast, session)
    html = ito.get(LIST).content.decode()
    assert "BOTOX-PI 2.3" in html
    assert "This clinic: Dr Kenji Ito" in html
    assert html.count("Retire<") == 1  # of the own one only


def test_the_list_asks_the_database_the_same_for_few_and_many(
    cast: Cast, ito: Client, session: InjectionSession
) -> None:
    counts = []
    for names in (["one"], [f"more {at}" for at in range(6)]):
        for name in names:
            own(cast, session, name)
        with CaptureQueriesContext(connection) as queries:
            ito.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_save_the_same_name(cast: Cast) -> None:
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=[])
    course = session.courses.get()
    gate = threading.Barrier(2)
    outcomes: list[str] = []

    def save() -> None:
        gate.wait()
        try:
            save_protocol(session=session, course=course, name="Twice", by=cast.ito)
            outcomes.append("saved")
        except ValidationError:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "saved"]
    assert Protocol.objects.filter(name="Twice").count() == 1
    assert Condition.objects.filter(protocols__name="Twice").count() == 1

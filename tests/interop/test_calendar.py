"""The calendar feed of a provider and the file of one visit: times, names of events, and what is not said."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from accounts.models import Site, User
from audit.models import AuditEvent
from interop import feeds
from interop.calendar import appointment_ics, feed_ics, of_feed, uid_of
from interop.models import CalendarFeed
from scheduling.models import Appointment, Room
from tests.cast import Cast
from tests.interop.ics_lines import NotCalendarError, content_lines, read, text_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
HEALTH_WORDS = re.compile(
    r"botox|toxin|injection|session|migraine|dystonia|spastic|treatment|therap|pain|patient|medical|health|follow", re.I
)


@pytest.fixture(autouse=True)
def no_requests_yet() -> None:
    cache.clear()


def visit(cast: Cast, starts_at: datetime, **fields: Any) -> Appointment:
    return Appointment.objects.create(
        **{
            "patient": cast.joye,
            "provider": cast.ito,
            "site": cast.harbour,
            "kind": Appointment.Kind.SESSION,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=30),
            "created_by": cast.robin,
            **fields,
        }
    )


def body(cast: Cast, now: datetime = NOW) -> bytes:
    return feed_ics(of_feed(Appointment.objects.filter(provider=cast.ito), now=now))


def starts(found: bytes) -> list[str]:
    """The times of the events by our own reader, held against the ones of an independent parser."""
    ours = [event.value("DTSTART") for event in read(found).parts]
    theirs = [event.start.astimezone(UTC) for event in Calendar.from_ical(found).events]
    assert [f"{moment:%Y%m%dT%H%M%SZ}" for moment in theirs] == ours
    return ours


def seen(client: Client) -> dict[str, str]:
    """What the button sends from the page as it stands now."""
    page = client.get(reverse("interop:feed")).content.decode()
    (mark,) = re.findall(r'name="seen" value="([^"]*)"', page)
    return {"seen": mark}


def address(page: str) -> str | None:
    found = re.search(r'value="https?://[^/]+(/feeds/[^"]+\.ics)"', page)
    return found and found[1]


def make(client: Client) -> str:
    """A feed made by pressing the button; its path."""
    made = address(client.post(reverse("interop:feed-make"), seen(client)).content.decode())
    assert made is not None
    return made


# --- what the feed says


def test_the_feed_loads_in_two_parsers_and_says_no_more_than_it_should(cast: Cast) -> None:
    room = Room.objects.create(site=cast.harbour, name="Room 2")
    made = visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC), room=room, note="chronic migraine, anxious")
    calendar = read(body(cast))
    (event,) = calendar.parts
    assert starts(body(cast)) == ["20261201T150000Z"]
    assert event.value("DTEND") == "20261201T153000Z"
    assert text_of(event.value("SUMMARY")) == "Appointment (30 min)"
    assert text_of(event.value("LOCATION")) == "Room 2, Harbour Clinic"
    assert event.value("UID") == uid_of(made)
    assert event.value("SEQUENCE") == "0"
    said = body(cast).decode()
    assert "Joye" not in said
    assert "Koch" not in said
    assert not HEALTH_WORDS.search(said)


def test_patients_are_named_only_where_the_clinic_says_so(cast: Cast) -> None:
    visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC))
    visit(cast, datetime(2026, 12, 2, 15, 0, tzinfo=UTC), patient=cast.omar, site=cast.mesa)
    Site.objects.filter(pk=cast.mesa.pk).update(feed_names=True)
    first, second = (text_of(event.value("SUMMARY")) for event in read(body(cast)).parts)
    assert (first, second) == ("Appointment (30 min)", "Omar Díaz (30 min)")


@pytest.mark.parametrize("status", ["cancelled", "missed", "moved"])
def test_what_does_not_take_place_is_not_there(cast: Cast, status: str) -> None:
    visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC), status=status)
    assert starts(body(cast)) == []


def test_seven_days_past_and_sixty_ahead(cast: Cast) -> None:
    minute = timedelta(minutes=1)
    for moment in (
        NOW - timedelta(days=7) - minute, NOW - timedelta(days=7), NOW + timedelta(days=60) - minute,
        NOW + timedelta(days=60),
    ):  # fmt: skip
        visit(cast, moment, ends_at=moment + minute)
    assert starts(body(cast)) == ["20261114T150000Z", "20270120T145900Z"]


def test_nobody_elses_visits(cast: Cast) -> None:
    visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC), provider=cast.okafor)
    assert starts(body(cast)) == []


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        # The clocks of New York: forward on 8 March 2026, back on 1 November 2026.
        ("America/New_York", date(2026, 3, 7), time(9), "20260307T140000Z"),
        ("America/New_York", date(2026, 3, 8), time(9), "20260308T130000Z"),
        ("America/New_York", date(2026, 10, 31), time(9), "20261031T130000Z"),
        ("America/New_York", date(2026, 11, 1), time(9), "20261101T140000Z"),
        # Phoenix changes no clock.
        ("America/Phoenix", date(2026, 3, 8), time(9), "20260308T160000Z"),
        ("Europe/Berlin", date(2026, 3, 29), time(9), "20260329T070000Z"),
        ("Europe/Berlin", date(2026, 10, 25), time(9), "20261025T080000Z"),
        ("Asia/Kathmandu", date(2026, 6, 1), time(9), "20260601T031500Z"),
    ],
)
def test_wall_times_of_a_site_are_the_right_moment(cast: Cast, zone: str, day: date, wall: time, expected: str) -> None:
    Site.objects.filter(pk=cast.mesa.pk).update(time_zone=zone)
    site = Site.objects.get(pk=cast.mesa.pk)
    starts_at = datetime.combine(day, wall, tzinfo=site.zone())
    made = visit(cast, starts_at, site=site)
    assert starts(body(cast, now=starts_at)) == [expected]
    assert starts(appointment_ics(made)) == [expected]


def test_an_event_keeps_its_name_and_counts_its_changes(cast: Cast) -> None:
    made = visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC))
    (before,) = read(body(cast)).parts
    assert body(cast) == body(cast)
    Appointment.objects.filter(pk=made.pk).update(version=2, ends_at=made.ends_at + timedelta(minutes=15))
    (after,) = read(body(cast)).parts
    assert after.value("UID") == before.value("UID")
    assert (before.value("SEQUENCE"), after.value("SEQUENCE")) == ("0", "1")
    assert after.value("LAST-MODIFIED") >= before.value("LAST-MODIFIED")


def test_a_moved_visit_is_another_event(cast: Cast) -> None:
    old = visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC))
    Appointment.objects.filter(pk=old.pk).update(status="moved")
    new = visit(cast, datetime(2026, 12, 3, 15, 0, tzinfo=UTC), moved_from=old)
    (event,) = read(body(cast)).parts
    assert event.value("UID") == uid_of(new) != uid_of(old)


def test_the_patients_file_says_where_and_nothing_else(cast: Cast) -> None:
    Site.objects.filter(pk=cast.harbour.pk).update(address="12 Quay Street; 3rd floor, Boston", phone="+1 617 555 0100")
    made = visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC), note="chronic migraine")
    made.refresh_from_db()
    found = appointment_ics(Appointment.objects.select_related("site").get(pk=made.pk))
    (event,) = read(found).parts
    assert text_of(event.value("SUMMARY")) == "Appointment, Harbour Clinic"
    assert text_of(event.value("LOCATION")) == "12 Quay Street; 3rd floor, Boston"
    assert text_of(event.value("DESCRIPTION")) == "Harbour Clinic, phone +1 617 555 0100"
    assert "Joye" not in found.decode()
    assert "Ito" not in found.decode()
    assert not HEALTH_WORDS.search(found.decode())
    Appointment.objects.filter(pk=made.pk).update(status="cancelled")
    cancelled = appointment_ics(Appointment.objects.select_related("site").get(pk=made.pk))
    assert read(cancelled).parts[0].value("STATUS") == "CANCELLED"
    assert read(cancelled).parts[0].value("UID") == event.value("UID")


@given(name=st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=80))
def test_no_name_breaks_the_lines(name: str) -> None:
    """Commas, semicolons, quotes and letters of several octets are escaped and folded as RFC 5545 wants it."""
    site = Site(name=name, time_zone="UTC", feed_names=False)
    made = Appointment(
        pk=1, site=site, patient_id=1, starts_at=NOW, ends_at=NOW + timedelta(minutes=30), created_at=NOW, version=1
    )
    made.last_change = NOW  # type: ignore[attr-defined]
    site.pk, made.patient = 1, _nobody()
    found = feed_ics([made])
    assert text_of(read(found).parts[0].value("LOCATION")) == name


def _nobody() -> Any:
    from patients.models import Patient

    return Patient(pk=1, given_name="A", family_name="B", birth_date=date(2000, 1, 1))


@pytest.mark.parametrize(
    "broken",
    [
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:" + b"x" * 80 + b"\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
        b"DTSTART:20260101T000000\r\nDTEND:20260101T010000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ],
)
def test_the_reader_of_these_tests_is_strict(broken: bytes) -> None:
    with pytest.raises(NotCalendarError):
        read(broken)


# --- the address and its secret


def test_the_address_is_shown_once_and_only_a_hash_is_kept(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    visit(cast, timezone.now() + timedelta(days=1))
    client = sign_in(cast.ito)
    path = make(client)
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    assert len(token) >= 43
    kept = CalendarFeed.objects.get(user=cast.ito)
    assert kept.token_hash == feeds.token_hash(token)
    assert token not in client.get(reverse("interop:feed")).content.decode()
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert len(read(answer.content).parts) == 1
    kept.refresh_from_db()
    assert kept.last_read_at is not None
    assert AuditEvent.objects.filter(action="export", actor_id=cast.ito.pk).count() == 1


def test_a_new_address_ends_the_old_one_and_stopping_ends_both(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    client = sign_in(cast.ito)
    first, second = make(client), make(client)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    assert CalendarFeed.objects.get(user=cast.ito).rotated_at is not None
    client.post(reverse("interop:feed-stop"))
    assert Client().get(second).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_of_two_presses_at_once_the_address_on_the_screen_is_the_one_that_works(
    cast: Cast, sign_in: Callable[[User], Client]
) -> None:
    first, second = sign_in(cast.ito), sign_in(cast.ito)
    for _ in ("made", "changed"):
        both = seen(first)
        shown = address(first.post(reverse("interop:feed-make"), both).content.decode())
        late = second.post(reverse("interop:feed-make"), both)
        assert late.status_code == 409
        assert address(late.content.decode()) is None
        assert "Another address was made a moment ago" in late.content.decode()
        assert shown is not None
        assert Client().get(shown).status_code == 200
    old = seen(first)
    second.post(reverse("interop:feed-stop"))
    stopped = first.post(reverse("interop:feed-make"), old)
    assert "The feed was stopped meanwhile" in stopped.content.decode()
    assert not CalendarFeed.objects.exists()
    assert Client().get(make(first)).status_code == 200


@pytest.mark.parametrize("token", ["x", "0" * 43, "a" * 5000, "..%2f..", "%00", "é"])
def test_any_bad_address_is_404(cast: Cast, token: str) -> None:
    assert Client().get(f"/feeds/{token}.ics").status_code == 404


def test_a_closed_account_and_a_lost_role_end_the_feed(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    path = make(sign_in(cast.ito))
    User.objects.filter(pk=cast.ito.pk).update(roles=["front_desk"])
    assert Client().get(path).status_code == 404
    User.objects.filter(pk=cast.ito.pk).update(roles=["provider"], is_active=False)
    assert Client().get(path).status_code == 404


def test_what_was_read_and_has_not_changed_is_not_sent_again(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    made = visit(cast, timezone.now() + timedelta(days=1))
    path = make(sign_in(cast.ito))
    first = Client().get(path)
    assert "max-age=60" in first["Cache-Control"]
    again = Client().get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Appointment.objects.filter(pk=made.pk).update(status="cancelled")
    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_too_many_requests_are_told_so(
    cast: Cast, sign_in: Callable[[User], Client], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_REQUESTS", 3)
    path = make(sign_in(cast.ito))
    answers = [Client().get(path).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert path not in caplog.text


def test_the_feed_costs_the_same_for_one_visit_and_for_many(
    cast: Cast, sign_in: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    path = make(sign_in(cast.ito))
    first = timezone.now() + timedelta(days=1)
    for hours in range(40):
        visit(cast, first + timedelta(hours=hours))
    Client().get(path)
    with django_assert_max_num_queries(12):
        assert len(read(Client().get(path).content).parts) == 40


def test_the_front_desk_has_no_feed(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    assert sign_in(cast.robin).get(reverse("interop:feed")).status_code == 403
    assert sign_in(cast.robin).post(reverse("interop:feed-make")).status_code == 403


def test_an_administrator_decides_about_names_and_is_warned(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    client = sign_in(cast.ada)
    page = reverse("accounts:site-edit", args=[cast.harbour.pk])
    assert "a feed leaves the clinic" in client.get(page).content.decode()
    cast.harbour.refresh_from_db()
    sent = {
        "version": cast.harbour.version, "name": "Harbour Clinic", "time_zone": "America/New_York", "feed_names": "on",
        "second_factor": "nobody", "idle_minutes": 15,
    }  # fmt: skip
    assert client.post(page, sent).status_code == 302
    cast.harbour.refresh_from_db()
    assert cast.harbour.feed_names
    assert "Harbour Clinic" in sign_in(cast.ito).get(reverse("interop:feed")).content.decode()


def test_lines_are_folded(cast: Cast) -> None:
    Site.objects.filter(pk=cast.harbour.pk).update(name="Å" * 100)
    visit(cast, datetime(2026, 12, 1, 15, 0, tzinfo=UTC))
    assert max(map(len, body(cast).split(b"\r\n"))) <= 75
    assert any("Å" * 100 in line for line in content_lines(body(cast)))

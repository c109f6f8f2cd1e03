from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.models import AuditEvent
from scheduling.actions import hours as actions
from scheduling.free_times import hours_of
from scheduling.models import Availability, Holiday, HoursException, Room, VisitLength
from scheduling.outside import month_days, outside_now
from scheduling.rules.hours import outside_hours
from tests.cast import Cast
from tests.scheduling.made import booked, moment, working
from tests.scheduling.test_concurrency import at_once

SignIn = Callable[[User], Client]


def week_url(cast: Cast) -> str:
    return reverse("scheduling:hours-week", args=[cast.ito.pk])


def sent(cast: Cast, **times: str) -> dict[str, Any]:
    """A week as the page sends it; `d0_0="09:00-12:00"` is Monday's first span."""
    fields: dict[str, Any] = {"site": cast.harbour.pk, "seen": times.pop("seen", "")}
    for name, span in times.items():
        day, number = name[1:].split("_")
        fields[f"from-{day}-{number}"], _, fields[f"until-{day}-{number}"] = span.partition("-")
    return fields


def test_a_week_of_several_spans_a_day_is_saved_and_audited(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.ada)
    answer = client.post(week_url(cast), sent(cast, d0_0="9:00-12:00", d0_1="13.30-17", d4_0="0800-1200"))
    assert answer.status_code == 302
    assert actions.week_of(provider=cast.ito, site=cast.harbour) == [
        (0, time(9), time(12)),
        (0, time(13, 30), time(17)),
        (4, time(8), time(12)),
    ]
    [event] = AuditEvent.objects.filter(action="staff-changed")
    assert event.actor_id == cast.ada.pk
    assert "13:30-17:00" in event.detail
    page = client.get(week_url(cast)).content.decode()
    assert 'value="13:30"' in page


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"d0_0": "12:00-09:00"}, {"until-0-0": "12:00-09:00 ends before it starts."}),
        ({"d0_0": "09:00-09:00"}, {"until-0-0": "09:00-09:00 ends before it starts."}),
        ({"d0_0": "18:00-00:00"}, {"until-0-0": "ends before it starts; midnight at the end of a day is 24:00."}),
        ({"d0_0": "24:00-24:00"}, {"until-0-0": "24:00-24:00 ends before it starts."}),
        ({"d0_0": "09:00-24:30"}, {"until-0-0": "Monday: enter times as 09:00."}),
        ({"d1_0": "09:00-12:00", "d1_1": "11:00-13:00"}, {"until-1-1": "09:00-12:00 and 11:00-13:00 overlap."}),
        ({"d1_0": "09:00-12:00", "d1_2": "09:00-12:00"}, {"until-1-0": "overlap.", "until-1-2": "overlap."}),
        ({"d2_0": "09:00-"}, {"until-2-0": "Give both times, or neither."}),
        ({"d2_1": "-09:00", "d3_0": "x-10:00"}, {"from-2-1": "Give both times", "from-3-0": "enter times as 09:00."}),
        ({"d3_0": "nine-12:00"}, {"from-3-0": "Thursday: enter times as 09:00."}),
        ({"d0_0": "09:00-12:00", "seen": "0 08:00-09:00"}, {"__all__": "Someone else changed these hours"}),
    ],
)
def test_a_week_that_cannot_be_is_said_beside_its_times_and_kept(
    cast: Cast, sign_in: SignIn, times: dict[str, str], said: dict[str, str]
):
    answer = sign_in(cast.ada).post(week_url(cast), sent(cast, **times))
    assert answer.status_code == 422
    found = answer.context["form"].errors
    assert set(found) == set(said)
    assert all(words in " ".join(found[name]) for name, words in said.items())
    page = answer.content.decode()
    assert all(words in page for words in said.values())
    assert not Availability.objects.exists()


@pytest.mark.parametrize("end", ["24:00", "24", "2400", "24.00"])
def test_a_day_may_end_at_midnight(cast: Cast, sign_in: SignIn, end: str):
    client = sign_in(cast.ada)
    day = cast.harbour.today() + timedelta(days=2)
    assert client.post(week_url(cast), sent(cast, **{f"d{day.weekday()}_0": f"18:00-{end}"})).status_code == 302
    page = client.get(week_url(cast)).content.decode()
    assert 'value="24:00"' in page
    mark = actions.week_mark(actions.week_of(provider=cast.ito, site=cast.harbour))
    assert mark == f"{day.weekday()} 18:00-24:00"
    late = moment(cast.harbour, days=2, at=time(23, 30))
    hours = hours_of([cast.ito.pk], site=cast.harbour, first=day, last=day)[cast.ito.pk]
    zone = cast.harbour.zone()
    assert outside_hours(hours, starts_at=late, ends_at=late + timedelta(minutes=30), zone=zone) is None
    assert outside_hours(hours, starts_at=late, ends_at=late + timedelta(minutes=35), zone=zone) == "hours"
    assert client.post(week_url(cast), sent(cast, d0_0="09:00-12:00", seen=mark)).status_code == 302


def test_a_stale_week_is_saved_at_the_second_press(cast: Cast, sign_in: SignIn):
    working(cast)
    client = sign_in(cast.ada)
    answer = client.post(week_url(cast), sent(cast, d0_0="09:00-12:00"))
    assert answer.status_code == 422
    mark = actions.week_mark(actions.week_of(provider=cast.ito, site=cast.harbour))
    assert f'name="seen" value="{mark}"' in answer.content.decode()
    assert client.post(week_url(cast), sent(cast, d0_0="09:00-12:00", seen=mark)).status_code == 302


def test_what_is_booked_outside_is_listed_and_nothing_is_changed(cast: Cast, sign_in: SignIn):
    working(cast)
    visit = booked(cast, starts_at=moment(cast.harbour, days=2, at=time(15)))
    inside = booked(cast, patient=cast.omar, site=cast.harbour, starts_at=moment(cast.harbour, days=2, at=time(10)))
    client = sign_in(cast.ada)
    mark = actions.week_mark(actions.week_of(provider=cast.ito, site=cast.harbour))
    week = {f"d{day}_0": "09:00-12:00" for day in range(7)}
    page = client.post(week_url(cast), sent(cast, **week, seen=mark), follow=True).content.decode()
    assert "1 appointment ahead lies outside these hours" in page
    assert reverse("scheduling:appointment-detail", args=[visit.pk]) in page
    assert reverse("scheduling:appointment-detail", args=[inside.pk]) not in page
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("booked", 1)


def test_away_and_extra_hours(cast: Cast, sign_in: SignIn):
    working(cast)
    client = sign_in(cast.ada)
    add = reverse("scheduling:exception-add", args=[cast.ito.pk])
    day = cast.harbour.today() + timedelta(days=2)
    booked(cast, starts_at=moment(cast.harbour, days=2, at=time(15)))
    fields = {
        "site": cast.harbour.pk,
        "is_away": "1",
        "starts_on": day.isoformat(),
        "everywhere": "on",
        "reason": "Leave",
    }
    page = client.post(add, fields, follow=True).content.decode()
    row = HoursException.objects.get()
    assert (row.site, row.starts_on, row.ends_on, row.starts_at) == (None, day, day, None)
    assert "is away then" in page
    refused = client.post(add, {"site": cast.harbour.pk, "is_away": "0", "starts_on": day.isoformat()})
    assert refused.status_code == 422
    assert "Extra hours need their times." in refused.content.decode()
    refused = client.post(add, fields | {"ends_on": "2020-01-01"})
    assert refused.status_code == 422
    for past in ({"starts_on": "2020-01-01"}, {"starts_on": "2020-01-01", "ends_on": "2020-01-09"}):
        page = client.post(add, fields | past).content.decode()
        assert page.count("This day is past: check the year.") == 1
    client.post(reverse("scheduling:exception-remove", args=[row.pk]))
    assert not HoursException.objects.exists()
    assert outside_now(site=cast.harbour, now=timezone.now()) == []
    assert AuditEvent.objects.filter(action="staff-changed").count() == 2


@pytest.mark.parametrize(
    ("slip", "field", "words"),
    [
        ({"starts_at": "10:00"}, "ends_at", "Give both times, or neither."),
        ({"ends_at": "10:00"}, "starts_at", "Give both times, or neither."),
        ({"starts_at": "12:00", "ends_at": "10:00"}, "ends_at", "It ends before it starts."),
        ({"ends_on": "9999-12-31"}, "ends_on", "More than two years: check the year."),
    ],
)
def test_a_slip_of_an_absence_is_said_beside_its_field(
    cast: Cast, sign_in: SignIn, slip: dict[str, str], field: str, words: str
):
    fields = {"site": cast.harbour.pk, "is_away": "1", "starts_on": cast.harbour.today().isoformat()}
    answer = sign_in(cast.ada).post(reverse("scheduling:exception-add", args=[cast.ito.pk]), fields | slip)
    assert answer.status_code == 422
    assert answer.context["exception_form"].errors == {field: [words]}
    assert not HoursException.objects.exists()


def test_the_database_takes_no_half_of_a_time(cast: Cast):
    today = cast.harbour.today()
    half = HoursException(provider=cast.ito, starts_on=today, ends_on=today, starts_at=time(10))
    with pytest.raises(IntegrityError, match="hours_exception_times"):
        half.save()


@pytest.mark.django_db(transaction=True)
def test_what_two_administrators_add_at_once_is_there_once(cast: Cast):
    today = cast.harbour.today()
    for add in (
        partial(actions.add_exception, provider=cast.ito, site=cast.harbour, starts_on=today, ends_on=today),
        partial(actions.add_room, site=cast.harbour, name="Room A"),
        partial(actions.add_holiday, site=cast.harbour, on=today, name="Founders' Day"),
    ):
        results = at_once(*(partial(add, by=by) for by in (cast.ada, cast.ito, cast.ada)))
        assert sorted(isinstance(result, ValidationError) for result in results) == [False, True, True], results
    assert (HoursException.objects.count(), Room.objects.count(), Holiday.objects.count()) == (1, 1, 1)


def test_a_room_is_called_one_thing_and_its_new_name_is_seen(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.ada)
    room = actions.add_room(site=cast.harbour, name="Room A", by=cast.ada)
    same = client.post(reverse("scheduling:room-add"), {"name": "room a"})
    assert "A room here is called that already." in same.content.decode()
    change = reverse("scheduling:room-change", args=[room.pk])
    assert client.post(change, {"name": "Garden", "is_active": "on", "seen": "Room A"}).status_code == 302
    page = client.post(change, {"name": "Street", "is_active": "on", "seen": "Room A"}).content.decode()
    assert "Somebody called it “Garden” meanwhile." in page
    assert 'name="seen" value="Garden"' in page
    assert 'name="name" value="Street"' in page
    assert client.post(change, {"name": "Street", "is_active": "on", "seen": "Garden"}).status_code == 302


def test_what_another_site_set_for_a_shared_provider_is_neither_seen_nor_removed(cast: Cast, sign_in: SignIn):
    day = cast.harbour.today() + timedelta(days=2)
    rows = [
        actions.add_exception(
            provider=cast.ito, site=site, starts_on=day, ends_on=day, reason=reason, by=cast.ada, is_away=True
        )
        for site, reason in ((cast.mesa, "Desert leave"), (cast.harbour, "Sailing"), (None, "Family"))
    ]
    cast.ada.sites.set([cast.harbour])
    client = sign_in(cast.ada)
    page = client.get(week_url(cast)).content.decode()
    assert [reason in page for reason in ("Desert leave", "Sailing", "Family")] == [False, True, True]
    answers = [client.post(reverse("scheduling:exception-remove", args=[row.pk])).status_code for row in rows]
    assert answers == [404, 302, 302]
    assert HoursException.objects.get() == rows[0]


def test_holidays_rooms_and_lengths(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.ada)
    day = cast.harbour.today() + timedelta(days=2)
    visit = booked(cast, starts_at=moment(cast.harbour, days=2, at=time(15)))
    holiday = {"on": day.isoformat(), "name": "Founders' Day"}
    page = client.post(reverse("scheduling:holiday-add"), holiday, follow=True).content.decode()
    assert "1 booked" in page
    assert reverse("scheduling:appointment-detail", args=[visit.pk]) in page
    past = client.post(reverse("scheduling:holiday-add"), {"on": "2020-12-25", "name": ""}).content.decode()
    assert "This day is past: check the year." in past
    assert "Give it a name." in past
    twice = client.post(reverse("scheduling:holiday-add"), holiday)
    assert twice.status_code == 422
    assert "This day is a holiday already." in twice.content.decode()
    client.post(reverse("scheduling:holiday-remove", args=[Holiday.objects.get().pk]))
    assert not Holiday.objects.exists()

    client.post(reverse("scheduling:room-add"), {"name": "Room A"})
    room = Room.objects.get()
    assert client.post(reverse("scheduling:room-add"), {"name": "Room A"}).status_code == 422
    client.post(reverse("scheduling:room-change", args=[room.pk]), {"name": "Room B"})
    room.refresh_from_db()
    assert (room.name, room.is_active) == ("Room B", False)
    assert client.post(reverse("scheduling:room-change", args=[room.pk]), {"name": ""}).status_code == 422

    course = cast.course()
    save = reverse("scheduling:lengths-save")
    fields = {"session-": "40", "new_kind": "session", "new_condition": course.condition_id, "new_minutes": "50"}
    assert client.post(save, fields).status_code == 302
    assert set(VisitLength.objects.values_list("kind", "condition", "minutes")) == {
        ("session", None, 40),
        ("session", course.condition_id, 50),
    }
    assert client.post(save, {"session-": "3"}).status_code == 422
    assert client.post(save, fields | {"new_kind": "no kind"}).status_code == 422
    assert "Say how many minutes." in client.post(save, fields | {"new_minutes": ""}).content.decode()
    far = client.post(reverse("scheduling:holiday-add"), holiday | {"on": "9999-12-31"}).content.decode()
    assert "More than 5 years ahead: check the year." in far
    seen = client.get(reverse("scheduling:place-detail")).context["lengths_form"]["seen"].value()
    client.post(save, {"seen": seen, "session-": "", f"session-{course.condition_id}": ""})
    assert not VisitLength.objects.exists()


def test_lengths_that_somebody_else_saved_meanwhile(cast: Cast, sign_in: SignIn):
    client, course = sign_in(cast.ada), cast.course()
    save, own = reverse("scheduling:lengths-save"), f"session-{course.condition_id}"

    def opened() -> str:
        return client.get(reverse("scheduling:place-detail")).context["lengths_form"]["seen"].value()

    def kept() -> dict[str, int]:
        return {f"{row.kind}-{row.condition_id or ''}": row.minutes for row in VisitLength.objects.all()}

    first = {"seen": opened(), "session-": "40", "follow_up-": "", "consultation-": "45"}
    assert client.post(save, first).status_code == 302
    second = first | {"session-": "30", "consultation-": "", "follow_up-": "25", "new_minutes": "", "new_condition": ""}
    refused = client.post(save, second)
    assert refused.status_code == 422
    assert kept() == {"session-": 40, "consultation-": 45}
    form = refused.context["lengths_form"]
    assert form.errors["session-"] == ["Somebody set it to 40 minutes meanwhile. Save again to put yours in."]
    assert list(form.errors) == ["session-"], "what I did not touch is theirs"
    again = {name: form[name].value() for name in ("seen", "session-", "follow_up-", "consultation-")}
    assert again | {"seen": ""} == {"seen": "", "session-": "30", "follow_up-": "25", "consultation-": "45"}
    assert client.post(save, again).status_code == 302
    assert kept() == {"session-": 30, "follow_up-": 25, "consultation-": 45}

    # A condition's own length: added by both, then taken away by one while the other changes it.
    added = {"seen": opened(), "new_kind": "session", "new_condition": course.condition_id, "new_minutes": "50"}
    assert client.post(save, added).status_code == 302
    both = client.post(save, added | {"new_minutes": "60"})
    assert "Somebody set it to 50 minutes" in both.context["lengths_form"].errors["new_minutes"][0]
    assert both.context["lengths_form"][own].value() == "50"
    began = opened()
    assert client.post(save, {"seen": began, own: ""}).status_code == 302
    gone = client.post(save, {"seen": began, own: "55"})
    assert "Somebody set it back to the usual" in gone.context["lengths_form"].errors[own][0]
    form = gone.context["lengths_form"]
    assert client.post(save, {"seen": form["seen"].value(), own: form[own].value()}).status_code == 302
    assert kept()[own] == 55


@pytest.mark.parametrize(
    "seen", ["nonsense", "session-=40;session-999999999=30", "session-=99999", "=;-=;", "x" * 9000]
)
def test_a_mark_of_lengths_that_cannot_be_read_was_not_seen(cast: Cast, sign_in: SignIn, seen: str):
    VisitLength.objects.create(site=cast.harbour, kind="session", minutes=45)
    answer = sign_in(cast.ada).post(reverse("scheduling:lengths-save"), {"seen": seen, "session-": "30"})
    assert answer.status_code == 422
    assert VisitLength.objects.get().minutes == 45


def test_a_week_is_not_set_where_the_provider_does_not_work(cast: Cast):
    with pytest.raises(ValidationError, match="does not work at"):
        actions.set_week(provider=cast.max, site=cast.harbour, week=[(0, time(9), time(12))], seen=None, by=cast.ada)


@pytest.mark.parametrize("month", ["", "2026-12", "nonsense", "9999-12", "0001-01"])
def test_the_month_shows_who_is_there(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries, month: str
):
    working(cast)
    client = sign_in(cast.robin)
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("scheduling:hours-month"), {"month": month})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Dr Kenji Ito" in page
    assert "no hours entered" in page, "Dr Okafor's"


@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2026, 11, 15), date(2024, 2, 29), date(2026, 12, 31)])
def test_a_month_is_whole_weeks_that_hold_all_its_days(month: date):
    days = [day for week in month_days(month) for day in week]
    assert days[0].weekday() == 0
    assert len(days) % 7 == 0
    assert [day for day in days if (day.year, day.month) == (month.year, month.month)] == [
        month.replace(day=1) + timedelta(days=count)
        for count in range(((month.replace(day=28) + timedelta(days=4)).replace(day=1) - month.replace(day=1)).days)
    ]
    assert days[6] >= month.replace(day=1)
    assert days[-7].month == month.month

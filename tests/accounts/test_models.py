from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Credential, Site, User
from accounts.permissions import PERMISSIONS, Role
from accounts.time_zones import time_zone_choices
from tests.cast import Cast


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        ("America/New_York", "2026-11-20T04:59:59", date(2026, 11, 19)),  # one second before midnight there
        ("America/New_York", "2026-11-20T05:00:00", date(2026, 11, 20)),
        ("America/New_York", "2026-07-01T03:59:59", date(2026, 6, 30)),  # summer time: midnight is 4:00 UTC
        ("America/New_York", "2026-07-01T04:00:00", date(2026, 7, 1)),
        ("America/Phoenix", "2026-07-01T06:59:59", date(2026, 6, 30)),  # has no summer time
        ("America/Phoenix", "2026-07-01T07:00:00", date(2026, 7, 1)),
        ("America/New_York", "2026-03-08T04:59:00", date(2026, 3, 7)),  # the night the clocks go forward
        ("America/New_York", "2026-03-09T03:59:59", date(2026, 3, 8)),  # a day of 23 hours
        ("America/New_York", "2026-03-09T04:00:00", date(2026, 3, 9)),
        ("America/New_York", "2026-11-02T04:59:59", date(2026, 11, 1)),  # a day of 25 hours
        ("America/New_York", "2026-11-02T05:00:00", date(2026, 11, 2)),
        ("Pacific/Kiritimati", "2026-12-31T10:00:00", date(2027, 1, 1)),
        ("Asia/Kolkata", "2028-02-28T18:30:00", date(2028, 2, 29)),
    ],
)
def test_today_is_the_calendar_date_at_the_site(zone: str, now: str, day: date):
    assert Site(name="x", time_zone=zone).today(now=moment(now)) == day


def test_at_one_moment_two_sites_can_have_two_dates():
    now = moment("2026-11-20T06:30:00")
    assert Site(time_zone="America/New_York").today(now=now) == date(2026, 11, 20)
    assert Site(time_zone="America/Phoenix").today(now=now) == date(2026, 11, 19)


def test_the_hour_that_comes_twice_has_one_date_and_two_offsets():
    site = Site(time_zone="America/New_York")
    first, second = (site.localtime(moment(f"2026-11-01T0{hour}:30:00")) for hour in (5, 6))

    assert (first.hour, second.hour) == (1, 1)
    assert first.utcoffset() - second.utcoffset() == timedelta(hours=1)
    assert first.date() == second.date() == date(2026, 11, 1)


def test_today_without_a_moment_is_now():
    site = Site(time_zone="Pacific/Kiritimati")
    before = datetime.now(ZoneInfo(site.time_zone)).date()
    assert before <= site.today() <= datetime.now(ZoneInfo(site.time_zone)).date()


@pytest.mark.parametrize("zone", ["", "New York", "Mars/Olympus", "../../etc/passwd", "EST5EDT4"])
def test_a_site_needs_a_known_time_zone(zone: str):
    with pytest.raises(ValidationError) as caught:
        Site(name="x", time_zone=zone).clean_fields()
    assert list(caught.value.error_dict) == ["time_zone"]


def test_every_time_zone_on_offer_is_one_a_site_may_have():
    zones = [zone for _, group in time_zone_choices() for zone, _ in group]
    assert len(zones) == len(set(zones)) > 300
    for zone in zones:
        Site(name="x", time_zone=zone).clean_fields()


def test_an_e_mail_is_taken_in_any_case(cast: Cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="ROBIN@example.org", name="Other")])


def test_the_database_knows_the_roles(cast: Cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=cast.robin.pk).update(roles=["front_desk", "owner"])


class TestSigningProblem:
    on = date(2026, 11, 20)

    def provider(self, expires_on: date | None, **fields: object) -> User:
        user = User(email="x@example.org", name="Dr X", **({"roles": [Role.PROVIDER], "is_active": True} | fields))
        if expires_on:
            Credential(user=user, title="MD", licence_number="1", licence_expires_on=expires_on, npi="1234567893")
        return user

    def test_none_with_a_licence_through_its_last_day(self):
        assert self.provider(self.on).signing_problem(on=self.on) is None

    def test_a_licence_that_ended_yesterday(self):
        problem = self.provider(self.on - timedelta(days=1)).signing_problem(on=self.on)
        assert problem == "Your licence expired on 19 November 2026. An administrator can renew it."

    def test_no_licence(self):
        assert "No licence is on file" in self.provider(None).signing_problem(on=self.on)

    @pytest.mark.parametrize("fields", [{"is_active": False}, {"roles": [Role.FRONT_DESK, Role.ADMINISTRATOR]}])
    def test_only_a_provider_who_works_here(self, fields: dict[str, object]):
        assert self.provider(self.on, **fields).signing_problem(on=self.on) == "Only a provider signs a session."


class TestRoles:
    def test_rights_are_those_of_the_table_and_add_up(self, cast: Cast):
        for code, allowed in PERMISSIONS.items():
            for person in (cast.ito, cast.robin, cast.ada):
                assert person.has_perm(code) == bool(allowed & set(person.roles)), (person, code)
        both = User(roles=[Role.FRONT_DESK, Role.ADMINISTRATOR])
        assert both.has_perm("scheduling.book")
        assert both.has_perm("audit.view_audit")

    def test_asking_costs_no_query(self, cast: Cast, django_assert_num_queries):
        with django_assert_num_queries(0):
            for code in PERMISSIONS:
                cast.robin.has_perm(code)

    def test_a_closed_account_has_no_right(self, cast: Cast):
        cast.ada.is_active = False
        assert not any(cast.ada.has_perm(code) for code in PERMISSIONS)

    def test_a_group_does_not_add_a_right_of_the_table(self, cast: Cast):
        from django.contrib.auth.models import Group

        group = Group.objects.create(name="auditors")
        cast.robin.groups.add(group)
        assert not User.objects.get(pk=cast.robin.pk).has_perm("audit.view_audit")

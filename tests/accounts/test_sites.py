"""Sites, working at one of them, and one's own account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import Credential, Site, User
from audit.models import AuditEvent
from tests.cast import Cast


@pytest.fixture
def ada(cast: Cast, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(cast.ada)


def filled_in(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Lake Clinic",
        "time_zone": "America/Chicago",
        "phone": "+1 312 555 0100",
        "address": "1 Pier",
        "second_factor": "administrators",
        "idle_minutes": 15,
    } | changes


def test_the_list_has_each_sites_clock_and_people(ada: Client, cast: Cast, django_assert_num_queries):
    with django_assert_num_queries(4):  # session, person, their sites, the list
        page = ada.get("/site/")
    assert "Eastern time (New York)" in page.content.decode()
    assert [(site.name, site.people) for site in page.context["sites"]] == [
        ("Elsewhere", 1),
        ("Harbour Clinic", 4),
        ("Mesa Clinic", 4),
    ]
    Site.objects.bulk_create([Site(name=f"Site {number}", time_zone="UTC") for number in range(80)])
    with django_assert_num_queries(4):
        ada.get("/site/")


def test_who_opens_a_site_works_there(ada: Client, cast: Cast):
    answer = ada.post("/site/new/", filled_in())

    assert (answer.status_code, answer.url) == (302, "/site/")
    site = Site.objects.get(name="Lake Clinic")
    assert (site.time_zone, site.phone, site.address) == ("America/Chicago", "+1 312 555 0100", "1 Pier")
    assert site in cast.ada.sites.all()
    assert AuditEvent.objects.get().detail == "opened the site"


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "Mesa Clinic"}, "name", "There is a site with this name."),
        ({"time_zone": "Chicago"}, "time_zone", "valid choice"),
        ({"phone": "1" * 41}, "phone", "at most 40"),
    ],
)
def test_bad_input_is_told_beside_the_field(ada: Client, wrong: dict[str, str], field: str, words: str):
    answer = ada.post("/site/new/", filled_in(**wrong))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.context["form"].errors[field][0]
    assert "1 Pier" in answer.content.decode()


def test_a_site_is_changed_and_a_stale_form_refused(ada: Client, cast: Cast):
    Authenticator.objects.create(user=cast.ada, type="totp", data={})  # the form asks administrators for one
    url = f"/site/{cast.harbour.pk}/"
    assert ada.post(url, filled_in(name="Harbour One", version=1)).status_code == 302

    answer = ada.post(url, filled_in(name="Harbour Two", version=1))

    assert answer.status_code == 422
    assert answer.context["form"].errors["name"] == ["Saved meanwhile: Harbour One"]
    assert Site.objects.get(pk=cast.harbour.pk).name == "Harbour One"


class TestSwitching:
    def test_one_works_at_the_chosen_site_from_then_on(self, cast: Cast, sign_in: Callable[[User], Client]):
        robin = sign_in(cast.robin)
        assert robin.get("/stock/").wsgi_request.site == cast.harbour

        answer = robin.post("/site/switch/", {"site": cast.mesa.pk, "next": "/stock/?sites=all"})

        assert (answer.status_code, answer.url) == (302, "/stock/?sites=all")
        assert robin.get("/stock/").wsgi_request.site == cast.mesa

    def test_only_ones_own_sites_can_be_chosen(self, cast: Cast, sign_in: Callable[[User], Client]):
        robin = sign_in(cast.robin)
        for site in (str(cast.elsewhere.pk), "", "x", "999999"):
            assert robin.post("/site/switch/", {"site": site}).status_code == 404
        assert robin.get("/stock/").wsgi_request.site == cast.harbour

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
    )
    def test_it_leads_to_no_other_address(self, target: str, cast: Cast, sign_in: Callable[[User], Client]):
        answer = sign_in(cast.robin).post("/site/switch/", {"site": cast.mesa.pk, "next": target})
        assert answer.url == "/"

    def test_it_takes_a_post(self, cast: Cast, sign_in: Callable[[User], Client]):
        assert sign_in(cast.robin).get("/site/switch/", {"site": cast.mesa.pk}).status_code == 405

    def test_a_site_one_no_longer_works_at_is_left(self, cast: Cast, sign_in: Callable[[User], Client]):
        robin = sign_in(cast.robin)
        robin.post("/site/switch/", {"site": cast.mesa.pk})
        cast.robin.sites.remove(cast.mesa)

        assert robin.get("/stock/").wsgi_request.site == cast.harbour


class TestProfile:
    def test_a_provider_sees_the_licence_and_its_days(
        self, cast: Cast, sign_in: Callable[[User], Client], django_assert_num_queries
    ):
        Credential.objects.filter(user=cast.ito).update(licence_expires_on=cast.harbour.today() + timedelta(days=12))
        client = sign_in(cast.ito)

        with django_assert_num_queries(4):  # session, person, their sites, the licence
            page = client.get("/account/me/").content.decode()

        assert "12 days left" in page
        assert "1234567893" in page
        assert 'href="/account/password/change/"' in page

    def test_an_expired_licence_says_what_it_means(self, cast: Cast, sign_in: Callable[[User], Client]):
        Credential.objects.filter(user=cast.ito).update(licence_expires_on=cast.harbour.today() - timedelta(days=1))

        assert "You cannot sign sessions." in sign_in(cast.ito).get("/account/me/").content.decode()

    def test_who_is_no_provider_sees_no_licence(self, cast: Cast, sign_in: Callable[[User], Client]):
        page = sign_in(cast.robin).get("/account/me/").content.decode()

        assert "Front desk" in page
        assert "licence" not in page

    def test_somebody_without_a_site_can_still_open_it(self, cast: Cast, sign_in: Callable[[User], Client]):
        cast.robin.sites.clear()

        assert "Ask an administrator" in sign_in(cast.robin).get("/account/me/").content.decode()

"""People in a file who may be here already, side by side, and what is decided about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from patients.models import Patient, PossibleDuplicate
from tests.cast import Cast
from tests.patients.pages import words_of

SignIn = Callable[[User], Client]


class TestDuplicates:
    url = "/patients/duplicates/"

    def waiting(self, cast: Cast, **fields: Any) -> PossibleDuplicate:
        return PossibleDuplicate.objects.create(
            **{
                "patient": cast.joye,
                "system": "synthea",
                "value": f"id-{PossibleDuplicate.objects.count()}",
                "incoming": {
                    "given_name": "Joyce",
                    "family_name": "KOCH",
                    "birth_date": "1982-08-25",
                    "email": "joyce@example.org",
                    "sex": "F",
                },
                "site": cast.harbour,
                "reason": "same date of birth and family name",
                **fields,
            }
        )

    def test_both_stand_side_by_side(self, cast: Cast, sign_in: SignIn):
        self.waiting(cast)
        response = sign_in(cast.robin).get(self.url)
        [(_, rows)] = response.context["duplicates"]
        compared = {row["label"]: (row["here"], row["there"], row["differs"]) for row in rows}
        assert compared["Given name"] == ("Joye", "Joyce", True)
        assert compared["Family name"] == ("Koch", "KOCH", False)
        assert compared["Date of birth"] == ("25 Aug 1982", "25 Aug 1982", False)
        assert compared["E-mail"] == ("", "joyce@example.org", False)
        assert compared["Sex"] == ("Female", "Female", False)
        assert "same date of birth and family name" in words_of(response)

    @pytest.mark.parametrize(("decision", "count"), [("same", 1), ("different", 2)])
    def test_one_is_decided(self, cast: Cast, sign_in: SignIn, decision: str, count: int):
        duplicate = self.waiting(cast)
        client = sign_in(cast.robin)
        response = client.post(f"{self.url}{duplicate.pk}/decide/", {"decision": decision}, follow=True)
        assert "Nothing to decide" in words_of(response)
        duplicate.refresh_from_db()
        assert (duplicate.decision, duplicate.decided_by) == (decision, cast.robin)
        assert Patient.objects.filter(family_name__iexact="koch").count() == count

        again = client.post(f"{self.url}{duplicate.pk}/decide/", {"decision": "same"}, follow=True)
        assert "Robin Vale decided this already" in words_of(again)

    def test_no_answer_decides_nothing(self, cast: Cast, sign_in: SignIn):
        duplicate = self.waiting(cast)
        sign_in(cast.robin).post(f"{self.url}{duplicate.pk}/decide/", {"decision": "merge"})
        duplicate.refresh_from_db()
        assert duplicate.decision == "waiting"

    def test_values_that_do_not_stand_are_told(self, cast: Cast, sign_in: SignIn):
        duplicate = self.waiting(cast, incoming={"given_name": "J", "family_name": "K", "birth_date": "soon"})
        client = sign_in(cast.robin)
        assert "soon" in words_of(client.get(self.url))
        response = client.post(f"{self.url}{duplicate.pk}/decide/", {"decision": "different"}, follow=True)
        assert "Not saved." in words_of(response)

    def test_a_stranger_sees_none(self, cast: Cast, sign_in: SignIn):
        duplicate = self.waiting(cast)
        client = sign_in(cast.max)
        assert "Nothing to decide" in words_of(client.get(self.url))
        assert client.post(f"{self.url}{duplicate.pk}/decide/", {"decision": "same"}).status_code == 404

    def test_asks_as_much_for_one_as_for_many(
        self, cast: Cast, sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
    ):
        client = sign_in(cast.robin)
        for count in (1, 25):
            for _ in range(count):
                self.waiting(cast)
            with django_assert_num_queries(5):  # session, user, sites, page, count
                client.get(self.url)

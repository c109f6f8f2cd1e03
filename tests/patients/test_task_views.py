from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from patients.actions import TakenError, complete_task, open_task, reopen_task, take_task
from patients.models import Task
from patients.views.tasks import BY_KIND, BY_SUBJECT, NEEDS
from tests.cast import Cast

SignIn = Callable[[User], Client]
LIST = reverse("patients:task-list")


def task(cast: Cast, number: int = 0, **fields: Any) -> Task:
    return open_task(
        **{
            "patient": cast.joye,
            "site": cast.harbour,
            "kind": "asked_to_call",
            "words": f"Call about number {number}.",
            "due_on": cast.harbour.today() + timedelta(days=number),
            **fields,
        }
    )


def press(client: Client, name: str, row: Task, **values: str) -> Any:
    return client.post(reverse(f"patients:task-{name}", args=[row.pk]), values)


def test_the_desk_sees_what_is_open_the_earliest_due_first(cast: Cast, sign_in: SignIn):
    task(cast, 2)
    task(cast, 1)
    complete_task(task=task(cast, 0), note="", by=cast.robin, now=timezone.now())
    page = sign_in(cast.robin).get(LIST).content.decode()
    assert page.index("number 1.") < page.index("number 2.")
    assert "number 0." not in page


def test_a_provider_sees_first_what_was_given_to_them(cast: Cast, sign_in: SignIn):
    task(cast, 1, assigned_to=cast.ito)
    task(cast, 2)
    client = sign_in(cast.ito)
    assert "number 2." not in client.get(LIST).content.decode()
    assert "number 2." in client.get(LIST, {"whose": ""}).content.decode()


def test_tasks_of_another_site_are_not_there(cast: Cast, sign_in: SignIn):
    task(cast, 1, site=cast.mesa, patient=cast.omar)
    assert "number 1." not in sign_in(cast.robin).get(LIST).content.decode()


def test_filters(cast: Cast, sign_in: SignIn):
    task(cast, 1, kind="letter")
    task(cast, 2, assigned_to=cast.robin)
    client = sign_in(cast.robin)
    assert "number 2." not in client.get(LIST, {"kind": "letter"}).content.decode()
    assert "number 1." not in client.get(LIST, {"whose": "mine"}).content.decode()
    assert "number 2." not in client.get(LIST, {"whose": "free"}).content.decode()
    assert client.get(LIST, {"kind": "nonsense", "after": "x"}).status_code == 200
    assert client.get(LIST, {"after": "999999"}).status_code == 404


def test_taking_and_doing_it_leads_back_to_the_same_list(cast: Cast, sign_in: SignIn):
    row, client = task(cast, 1), sign_in(cast.robin)
    answer = press(client, "take", row, show="open", whose="", kind="asked_to_call")
    assert answer.url == f"{LIST}?show=open&whose=&kind=asked_to_call"
    row.refresh_from_db()
    assert row.assigned_to == cast.robin
    press(client, "done", row, note="  Rang,  comes on Monday. ")
    row.refresh_from_db()
    assert (row.done_by, row.done_note) == (cast.robin, "Rang, comes on Monday.")
    assert "comes on Monday" in client.get(LIST, {"show": "done", "whose": ""}).content.decode()
    press(client, "undo", row)
    row.refresh_from_db()
    assert row.done_at is None
    assert row.done_note == ""


def test_a_note_that_is_too_long_is_refused_beside_its_field_and_kept(cast: Cast, sign_in: SignIn):
    row = task(cast, 1)
    answer = press(sign_in(cast.robin), "done", row, note="x" * 201)
    assert answer.status_code == 422
    assert "At most 200 letters" in answer.content.decode()
    assert "x" * 201 in answer.content.decode()
    row.refresh_from_db()
    assert row.done_at is None


def test_two_who_take_it_at_once(cast: Cast, sign_in: SignIn):
    row = task(cast, 1)
    take_task(task=row, by=cast.ito)
    with pytest.raises(TakenError, match="Ito"):
        take_task(task=row, by=cast.robin)
    # Whoever read that name may take it over.
    assert take_task(task=row, by=cast.robin, seen=cast.ito.pk).assigned_to == cast.robin
    for seen in ("", "9" * 5000):
        answer = sign_in(cast.okafor).post(reverse("patients:task-take", args=[row.pk]), {"seen": seen}, follow=True)
        assert "Robin Vale has taken this meanwhile." in answer.content.decode()


def test_the_first_who_did_it_stays(cast: Cast, sign_in: SignIn):
    row = task(cast, 1)
    complete_task(task=row, note="Called.", by=cast.ito, now=timezone.now())
    answer = sign_in(cast.robin).post(reverse("patients:task-done", args=[row.pk]), {"note": "Me too"}, follow=True)
    assert "Dr Kenji Ito said so already: Called." in answer.content.decode()
    row.refresh_from_db()
    assert row.done_by == cast.ito


def test_what_stands_open_again_is_not_put_back_twice(cast: Cast):
    first = task(cast, 1, once="letter 5")
    complete_task(task=first, note="", by=cast.robin, now=timezone.now())
    task(cast, 2, once="letter 5")
    with pytest.raises(ValidationError):
        reopen_task(task=first, by=cast.robin)


@pytest.mark.parametrize("about", sorted({*BY_SUBJECT} - {"authorization"}))
def test_each_thing_leads_to_its_page(cast: Cast, sign_in: SignIn, about: str):
    page, words = BY_SUBJECT[about]
    task(cast, 1, about=about, about_id=7)
    body = sign_in(cast.ito if page in NEEDS else cast.robin).get(LIST, {"whose": ""}).content.decode()
    assert reverse(page, args=[7]) in body
    assert words in body


def test_the_desk_is_not_led_to_what_it_may_not_open(cast: Cast, sign_in: SignIn):
    task(cast, 1, about="follow-up", about_id=7)
    assert reverse("outcomes:follow-up-record", args=[7]) not in sign_in(cast.robin).get(LIST).content.decode()


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_a_kind_leads_further_than_what_it_is_about(cast: Cast, sign_in: SignIn, kind: str):
    page, _ = BY_KIND[Task.Kind(kind)]
    task(cast, 1, kind=kind, about="appointment", about_id=7)
    assert reverse(page, args=[7]) in sign_in(cast.robin).get(LIST).content.decode()


def test_the_rail_counts_what_is_open_and_a_providers_own(cast: Cast, sign_in: SignIn):
    for number in range(3):
        task(cast, number)
    task(cast, 4, assigned_to=cast.ito)
    assert sign_in(cast.robin).get(LIST).wsgi_request.site.open_tasks == 4
    assert '4<span class="visually-hidden"> open' in sign_in(cast.robin).get(LIST).content.decode()
    assert '1<span class="visually-hidden"> open' in sign_in(cast.ito).get(LIST).content.decode()


@pytest.mark.parametrize("count", [1, 60])
def test_many_cost_what_one_costs_and_come_in_pages(
    cast: Cast, sign_in: SignIn, django_assert_num_queries: Any, count: int
):
    for number in range(count):
        task(cast, number % 7, assigned_to=cast.robin)
    client = sign_in(cast.robin)
    client.get(LIST)
    with django_assert_num_queries(4):  # session, user, sites with their counts, tasks
        first = client.get(LIST)
    if count == 60:
        second = client.get(LIST, {"after": first.context["next"], "whose": ""})
        seen = [row["task"].pk for page in (first, second) for row in page.context["rows"]]
        assert len(seen) == len(set(seen)) == 60


def test_since_when_goes_by_the_clock_of_the_site(cast: Cast, sign_in: SignIn) -> None:
    """A quarter before midnight in New York it is the next day in UTC already."""
    late = datetime.combine(cast.harbour.today(), time(23, 45), tzinfo=cast.harbour.zone())
    Task.objects.filter(pk=task(cast).pk).update(created_at=late)
    page = sign_in(cast.robin).get(LIST).content.decode()
    assert ">today</time></td>" in page
    assert ">tomorrow<" not in page

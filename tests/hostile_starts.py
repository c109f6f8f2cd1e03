"""Where the systematic walk of hostile input begins: each line of the access table, as each role, in a demo clinic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Site, User
from accounts.permissions import Role
from benchmarks.pages import Field, Form
from patients.models import Patient
from tests.access_table import TABLE, Line
from tests.access_things import THINGS
from tests.cast import Cast
from tests.hostile import Hostile
from tests.hostile_places import places
from tests.hostile_systematic import Place

PERSONS = {"provider": "ito", "front_desk": "robin", "administrator": "ada"}
OTHER = "other"  # patients behind a link or at a tablet, people who sign in, the administration's own pages


def demo_cast() -> Cast:
    """The people of the demo clinic, two patients of whom nothing is known yet, and a stranger at another site."""
    by_name = {email: User.objects.get(email=f"{email}@example.org") for email in
               ("maren.holt", "chidi.okeke", "robin.vale", "ada.brandt")}  # fmt: skip
    here, other = Site.objects.order_by("pk")[:2]
    elsewhere = Site.objects.create(name="Elsewhere", time_zone="Europe/Berlin", second_factor="nobody")
    stranger = User.objects.create_user("max@example.org", name="Max Stranger", roles=[Role.PROVIDER])
    stranger.sites.set([elsewhere])
    joye, omar = (
        Patient.objects.create(
            given_name=given, family_name="Hostile", birth_date=date(1982, 8, 25), sex="F", site=site
        )
        for given, site in (("Joye", here), ("Omar", other))
    )
    return Cast(here, other, elsewhere, *by_name.values(), stranger, joye, omar)


def each_start(
    hostile: Hostile, *, only: str = "", person: str = ""
) -> Iterator[tuple[list[Place], list[tuple[Place, Form]]]]:
    """The places to begin from and the forms that no page may offer, with the things they are about; undone after."""
    for row in TABLE:
        if only in row.name and "token" not in row.args and ":tablet-" not in row.name and person != OTHER:
            with transaction.atomic():
                try:
                    with transaction.atomic():
                        found = _of_row(hostile, row, person)
                except Exception as error:  # the demo clinic has one already, as a room's name: the others go on
                    print(f"{row.name} is left out, its thing cannot be made: {error!r:.120}")
                    continue
                yield found
                transaction.set_rollback(True)
    for name, made in places(hostile):
        if only in name and name not in _TABLE_NAMES and person in ("", OTHER):
            with transaction.atomic():
                yield [Place(OTHER, _is(target.client), target.url) for target in made()], []
                transaction.set_rollback(True)


_TABLE_NAMES = {row.name for row in TABLE}


def _of_row(hostile: Hostile, row: Line, only_person: str) -> tuple[list[Place], list[tuple[Place, Form]]]:
    args = {name: THINGS[thing](hostile.cast).pk for name, thing in row.args.items()}
    sent = {
        name: str(THINGS[text](hostile.cast).pk) if text in THINGS else text for name, text in (row.post or {}).items()
    }
    starts = [
        Place(person, partial(hostile.client, getattr(hostile.cast, who)), reverse(row.name, kwargs=args),
              tuple(row.query.items()))
        for person, who in PERSONS.items()
        if only_person in ("", person)
    ]  # fmt: skip
    form = Form("", "post", [Field(name, "unknown", value) for name, value in sent.items()])
    return starts, [(place, form) for place in starts if row.post is not None]


def _is(client: Client) -> Callable[[], Client]:
    return lambda: client

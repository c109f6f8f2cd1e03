"""Where hostile requests go: every URL of the access table, patients' links, the tablet, signing in, administration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from messaging.actions.links import make_link
from tests.access_table import TABLE
from tests.access_things import THINGS
from tests.cast import PASSWORD
from tests.hostile import Hostile, Target

SIGNING_IN = ["account_login", "account_logout", "account_reset_password", "account_change_password",
              "account_reauthenticate", "mfa_authenticate", "mfa_login_webauthn"]  # fmt: skip


def places(hostile: Hostile) -> Iterator[tuple[str, Callable[[], list[Target]]]]:
    """Each place by its name, with what makes it and the things it is about."""
    cast = hostile.cast
    for row in TABLE:
        if "token" not in row.args and ":tablet-" not in row.name:
            yield row.name, lambda row=row: [hostile.target(row)]
    for purpose, thing, pages in (
        ("appointment", "appointment", ["scheduling:link-visit", "scheduling:link-times", "interop:link-ics"]),
        ("booking", "course", ["scheduling:link-times"]),
        (
            "questionnaire",
            "asked_follow_up",
            ["outcomes:link-questions", "outcomes:link-question", "outcomes:link-check"],
        ),
        ("diary", "course", ["outcomes:link-diary", "outcomes:link-diary-day"]),
    ):
        yield (
            f"link: {purpose}",
            lambda purpose=purpose, thing=thing, pages=pages: link(
                hostile, purpose, thing, ["messaging:link-open", *pages]
            ),
        )
    for url, args, pages in (
        ("patients:screening-tablet", "joye", ["patients:tablet-question", "patients:tablet-note",
                                               "patients:tablet-language", "patients:tablet-check",
                                               "patients:tablet-return"]),
        ("outcomes:questions-tablet", "follow_up", ["outcomes:tablet-questions", "outcomes:tablet-question",
                                                    "outcomes:tablet-check"]),
        ("outcomes:diary-tablet", "course", ["outcomes:tablet-diary", "outcomes:tablet-diary-day"]),
    ):  # fmt: skip
        yield f"tablet: {url}", lambda url=url, args=args, pages=pages: tablet(hostile, url, args, pages)
    yield "signing in", lambda: [
        Target(f"{name} as {who}", reverse(name), reverse(name), hostile.client(user),
               sent={"login": [cast.robin.email], "email": [cast.robin.email], "password": [PASSWORD], "next": ["/"]})
        for name in SIGNING_IN
        for who, user in (("nobody", None), ("front desk", cast.robin))
    ]  # fmt: skip
    yield "administration", lambda: administration(hostile)


def link(hostile: Hostile, purpose: str, thing: str, pages: list[str]) -> list[Target]:
    """The pages behind a patient's link, for a browser that gave the date of birth."""
    cast = hostile.cast
    about = THINGS[thing](cast)
    _, token = make_link(patient=cast.joye, site=cast.harbour, purpose=purpose, about_id=about.pk,
                         expires_at=timezone.now() + timedelta(days=20))  # fmt: skip
    born = cast.joye.birth_date
    client = hostile.client(None)
    opened = client.post(
        reverse("messaging:link-open", args=[token]),
        {"day": born.day, "month": born.month, "year": born.year},
    )
    assert opened.status_code == 302, (purpose, opened.status_code)
    return [of_page(hostile, name, client, token=token) for name in pages]


def tablet(hostile: Hostile, url: str, thing: str, pages: list[str]) -> list[Target]:
    """The tablet's pages, in the session of the member of staff who handed it over."""
    client = hostile.client(hostile.cast.robin)
    handed = client.post(reverse(url, args=[THINGS[thing](hostile.cast).pk]))
    assert handed.status_code == 302, url
    return [of_page(hostile, name, client) for name in pages]


def of_page(hostile: Hostile, name: str, client: Any, **given: str) -> Target:
    day = hostile.cast.harbour.today().isoformat()
    for args in ({}, {"number": 1}, {"day": day}):
        try:
            url = reverse(name, kwargs=given | args)
        except NoReverseMatch:
            continue
        return Target(name, url, reverse(name, kwargs=given | dict.fromkeys(args, 987654321)), client)
    raise NoReverseMatch(name)


def administration(hostile: Hostile) -> list[Target]:
    ada: User = hostile.cast.ada
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    client = hostile.client(ada)
    names = sorted(
        f"admin:{name}"
        for name in get_resolver().namespace_dict["admin"][1].reverse_dict
        if isinstance(name, str) and name.endswith(("_changelist", "_history", "index", "jsi18n"))
    )
    found = []
    for name in names:
        args = () if name.endswith(("_changelist", ":index", ":jsi18n")) else (987654321,)
        url = reverse(name, args=args)
        found.append(
            Target(name, url, url, client, query={"q", "o", "p", "all", "_facets", "e", "id__in", "pk__exact"})
        )
    return found


def each_place(
    hostile: Hostile, use: Callable[[list[Target]], None], *, only: str = "", part: int = 0, parts: int = 1
) -> None:
    """Use each place with its things there, and undo all of it after."""
    chosen = [place for place in places(hostile) if only in place[0]]
    for _, made in chosen[part::parts]:
        with transaction.atomic():
            use(made())
            transaction.set_rollback(True)

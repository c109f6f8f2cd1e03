from types import SimpleNamespace

import pytest
from django.urls import resolve, reverse

from accounts.models import User
from accounts.permissions import PERMISSIONS, Role
from clinic.templatetags.rail import ITEMS, rail


def shown(roles: list[str], path: str = "/") -> dict[str, str]:
    """Word and aria-current of each item that a person with these roles is offered on the page at `path`."""
    request = SimpleNamespace(user=User(email="a@clinic.test", roles=roles), resolver_match=resolve(path))
    drawn = rail({"request": request})
    return {entry["item"].word: entry["current"] for entry in drawn["items"] + drawn["end_items"]}


@pytest.mark.parametrize("role", list(Role))
def test_the_rail_offers_what_the_role_may_open_and_nothing_else(role: Role) -> None:
    assert set(shown([role])) == {item.word for item in ITEMS if role in PERMISSIONS[item.permission]}


def test_every_item_names_a_permission_of_the_table() -> None:
    assert {item.permission for item in ITEMS} <= set(PERMISSIONS)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.word)
def test_the_page_someone_is_on_is_marked_and_only_that(item) -> None:
    marked = {word: current for word, current in shown(list(Role), reverse(item.url_name)).items() if current}
    assert marked == {item.word: "page"}


def test_no_two_keys_are_the_same() -> None:
    assert len({item.key for item in ITEMS}) == len(ITEMS)

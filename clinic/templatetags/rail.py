"""The rail: which pages a person is offered, and which of them they are on."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from accounts.permissions import Role

register = template.Library()


@dataclass(frozen=True)
class Item:
    """A page of the rail. `pages` are the beginnings of the URL names that count as being there."""

    word: str
    icon: str
    url_name: str
    permission: str
    key: str
    pages: tuple[str, ...]
    at_end: bool = False
    # Which attribute of the site holds how many things wait there; see patients.middleware.
    count: str = ""


ITEMS = (
    Item("My day", "my-day", "clinic:my-day", "treatments.chart_session", "d", ("clinic:my-day",)),
    Item(
        "Recalls",
        "recalls",
        "scheduling:recall-list",
        "scheduling.view_recalls",
        "r",
        ("scheduling:recall", "scheduling:renewal", "scheduling:waiting", "scheduling:freed", "treatments:drug-order"),
    ),
    Item("Tasks", "tasks", "patients:task-list", "patients.view_tasks", "k", ("patients:task",), count="open_tasks"),
    Item(
        "Calendar",
        "calendar",
        "scheduling:day-list",
        "scheduling.view_appointments",
        "c",
        ("scheduling:day", "scheduling:week", "scheduling:appointment"),
    ),
    Item(
        "Patients",
        "patients",
        "patients:patient-list",
        "patients.view_patient",
        "p",
        (
            "patients:",
            "treatments:",
            "clinic:chart",
            "clinic:course",
            "clinic:session",
            "clinic:consent",
            "clinic:authorization",
            "clinic:evaluation",
            "clinic:pair",
            "clinic:merge",
            "outcomes:assessment",
            "outcomes:diary",
        ),
    ),
    Item(
        "Messages",
        "messages",
        "messaging:message-list",
        "messaging.view_messages",
        "e",
        ("messaging:message", "messaging:template", "messaging:policy", "clinic:letter"),
    ),
    Item(
        "Follow-ups",
        "follow-ups",
        "outcomes:follow-up-list",
        "outcomes.view_follow_up_list",
        "f",
        ("outcomes:follow-up",),
    ),
    Item("Outcomes", "outcomes", "outcomes:review", "outcomes.view_review", "o", ("outcomes:review",)),
    Item(
        "Stock",
        "stock",
        "inventory:stock-list",
        "inventory.view_stock",
        "s",
        (
            "inventory:",
            "treatments:lot",
            "treatments:vial",
            "treatments:open-vials",
            "treatments:count",
            "outcomes:waste",
        ),
    ),
    Item(
        "Claims",
        "print",
        "interop:claim-list",
        "interop.view_claims",
        "m",
        ("interop:claim", "interop:code"),
    ),
    Item(
        "Rules",
        "rules",
        "treatments:rule-list",
        "treatments.view_rules",
        "u",
        ("treatments:rule", "treatments:label", "treatments:protocol", "outcomes:instrument"),
        at_end=True,
    ),
    Item("Imports", "imports", "interop:import-list", "interop.import_data", "i", ("interop:import",), at_end=True),
    Item(
        "Staff",
        "staff",
        "accounts:staff-list",
        "accounts.manage_staff",
        "t",
        (
            "accounts:staff",
            "accounts:site",
            "audit:",
            "patients:consent-form",
            "scheduling:hours",
            "scheduling:place",
            "patients:payer",
        ),
        at_end=True,
    ),
)


@register.inclusion_tag("components/rail.html", takes_context=True)
def rail(context: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The items the signed-in person may open; an app that has no such page yet is left out."""
    request = context["request"]
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    # The longest beginning wins: the consent forms are the patients app's and stand under Staff.
    longest = max((page for item in ITEMS for page in item.pages if here.startswith(page)), key=len, default=None)
    site = getattr(request, "site", None)  # an error page may come before anybody knows where one works
    items: list[dict[str, Any]] = []
    end_items: list[dict[str, Any]] = []
    for item in ITEMS:
        if not request.user.has_perm(item.permission):
            continue
        try:
            url = reverse(item.url_name)
        except NoReverseMatch:
            continue
        current = "page" if here == item.url_name else "true" if longest in item.pages else ""
        count = getattr(site, _count_of(item, request.user), 0) if item.count else 0
        (end_items if item.at_end else items).append({"item": item, "url": url, "current": current, "count": count})
    return {"items": items, "end_items": end_items}


def _count_of(item: Item, user: Any) -> str:
    """A provider is shown what was given to them, the desk what stands open at all."""
    desk = {Role.FRONT_DESK, Role.ADMINISTRATOR} & set(user.roles)
    return item.count if desk or item.count != "open_tasks" else "my_tasks"

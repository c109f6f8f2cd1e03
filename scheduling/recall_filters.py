"""What the rows of a recall list are narrowed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce, Greatest

from accounts.models import SavedView, Site, User
from patients.models import Coverage, Patient, Payer, PriorAuthorization
from scheduling.counting import counted
from scheduling.querysets import each_row
from treatments.models import Condition
from treatments.querysets.authorizations import counted_under, visits_used
from treatments.querysets.courses import TreatmentCourseQuerySet

UserSite = User.sites.through


class Authorisation(StrEnum):
    OK = "ok"
    MISSING = "missing"
    NOT_NEEDED = "not-needed"


AUTHORISATION_WORDS = {
    Authorisation.OK: "In place",
    Authorisation.MISSING: "Missing",
    Authorisation.NOT_NEEDED: "Not needed",
}
# The choices of attempts so far: how many, and whether more count too.
ATTEMPTS = {"0": (0, False), "1": (1, False), "2": (2, False), "3": (3, True)}
ATTEMPT_WORDS = {"0": "None yet", "1": "1", "2": "2", "3": "3 and more"}
NOT_RECORDED = "none"

FEW = 20_000  # patients of a payer or language, beyond which a list is not begun with them

SAVED_AS = "recalls"  # the page of the saved views


@dataclass(frozen=True)
class Chosen:
    """What is asked of a row; None or "" asks nothing."""

    condition: int | None = None
    provider: int | None = None
    payer: int | None = None
    authorisation: Authorisation | None = None
    language: str = ""
    attempts: str = ""
    target_from: date | None = None
    target_to: date | None = None

    def __bool__(self) -> bool:
        return self != Chosen()


def narrowed(courses: TreatmentCourseQuerySet, chosen: Chosen) -> TreatmentCourseQuerySet:
    """Those of the courses that are asked for. The courses carry `today` (see `with_state`)."""
    if chosen.condition is not None:
        courses = courses.filter(condition=chosen.condition)
    if chosen.provider is not None:
        courses = courses.filter(provider=chosen.provider)
    if chosen.target_from is not None or chosen.target_to is not None:
        # As the index has it; the course without a target has the last of all days there.
        courses = courses.alias(target_place=Coalesce("target_on", Value(date.max))).filter(
            target_on__isnull=False,
            target_place__gte=chosen.target_from or date.min,
            target_place__lte=chosen.target_to or date.max,
        )
    courses = _of_patients(courses, chosen)
    if chosen.attempts:
        courses = courses.filter(_attempted(chosen.attempts))
    if chosen.authorisation is not None:
        courses = courses.filter(_authorised(chosen.authorisation))
    return courses


def _of_patients(courses: TreatmentCourseQuerySet, chosen: Chosen) -> TreatmentCourseQuerySet:
    """Narrowed by what their patients speak and who pays; with one query more where either is asked for."""
    rows: dict[str, QuerySet[Any]] = {}
    conditions: dict[str, Q | Exists] = {}
    if chosen.language:
        language = "" if chosen.language == NOT_RECORDED else chosen.language
        rows["language"] = Patient.objects.filter(language=language)
        conditions["language"] = Q(patient__language=language)
    if chosen.payer is not None:
        rows["payer"] = Coverage.objects.filter(payer=chosen.payer)
        conditions["payer"] = Exists(_in_force().filter(payer=chosen.payer))
    # A list is begun with few rows; one that many of them stand on is walked in its own order.
    found = counted(rows, most=FEW) if rows else {}
    for name, condition in conditions.items():
        courses = courses.filter(each_row(condition) if found[name].is_more else condition)
    return courses


def _attempted(choice: str) -> Q:
    count, or_more = ATTEMPTS[choice]
    return Q(times_tried__gte=count) if or_more else Q(times_tried=count)


def _in_force() -> QuerySet[Coverage]:
    """The coverages of the course's patient that are in force on the course's today."""
    return Coverage.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=OuterRef("today")),
        Q(ends_on=None) | Q(ends_on__gte=OuterRef("today")),
        patient=OuterRef("patient"),
    ).order_by()


def _authorised(state: Authorisation) -> Q:
    """Whether a coverage in force wants an authorisation, and one covers a day on which a session may be given."""
    wanted = each_row(Exists(_in_force().filter(authorization_required=True)))
    if state is Authorisation.NOT_NEEDED:
        return Q(ask_by=None) | ~wanted
    used = counted_under()
    units = Subquery(used.annotate(found=Sum("units")).values("found"))
    covers = PriorAuthorization.objects.alias(visits=visits_used(used), units=units).filter(
        Q(visits_approved=None) | Q(visits_approved__gt=F("visits")),
        Q(units_approved=None) | Q(units=None) | Q(units_approved__gt=F("units")),
        patient=OuterRef("patient"),
        condition=OuterRef("condition__key"),
        status=PriorAuthorization.Status.APPROVED,
        ends_on__gte=Greatest(OuterRef("today"), Coalesce(OuterRef("eligible_on"), OuterRef("today"))),
    )
    # Most are settled by what is kept on the course: before `asks_from` an authorisation plainly covers each day.
    settled = Q(asks_from__gt=F("today"))
    if state is Authorisation.OK:
        return Q(ask_by__isnull=False) & wanted & (settled | each_row(Exists(covers)))
    return Q(asks_from__lte=F("today")) & wanted & ~each_row(Exists(covers))


@dataclass(frozen=True)
class Menus:
    """What can be chosen, by its id as text; `views` are the person's saved lists as (id, name, query)."""

    conditions: dict[str, str]
    providers: dict[str, str]
    payers: dict[str, str]
    views: list[tuple[str, str, str]]


def menus_for(*, user: User, sites: Iterable[Site]) -> Menus:
    """The menus of the filters and the person's saved lists, in one query."""

    def rows(menu: str, found: QuerySet[Any], name: str, query: str | Value = "") -> QuerySet[Any]:
        return found.order_by().values_list(
            Value(menu), Cast("pk", TextField()), Cast(name, TextField()), Cast(query or Value(""), TextField())
        )

    works_here = UserSite.objects.filter(user=OuterRef("pk"), site__in=[site.pk for site in sites])
    found: dict[str, list[tuple[str, str, str]]] = {"condition": [], "provider": [], "payer": [], "view": []}
    union = rows("condition", Condition.objects.all(), "name").union(
        rows("provider", User.objects.providers().filter(Exists(works_here)), "name"),
        rows("payer", Payer.objects.all(), "name"),
        rows("view", SavedView.objects.filter(user=user, page=SAVED_AS), "name", "query"),
        all=True,
    )
    for menu, pk, name, query in sorted(union, key=lambda row: (row[2].casefold(), int(row[1]))):
        found[menu].append((pk, name, query))

    def menu_of(name: str) -> dict[str, str]:
        return {pk: words for pk, words, _ in found[name]}

    return Menus(menu_of("condition"), menu_of("provider"), menu_of("payer"), found["view"])


# From each language to the next one in the index: DISTINCT would read every patient.
_LANGUAGES = """
WITH RECURSIVE used AS (
    SELECT min(language) AS word FROM patients_patient WHERE language > ''
    UNION ALL
    SELECT (SELECT min(language) FROM patients_patient WHERE language > used.word) FROM used WHERE used.word IS NOT NULL
)
SELECT word FROM used WHERE word IS NOT NULL LIMIT 60
"""


def languages_in_use() -> list[str]:
    """The languages that patients' records name, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_LANGUAGES)
        return [word for (word,) in cursor.fetchall()]

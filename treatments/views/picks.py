"""What the charting page offers to pick: muscles, products with dilutions, protocols with sites, people."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Cast, JSONObject

from accounts.models import User
from audit.compiled import CompiledQuery, Param
from inventory.models import Dilution, Product
from treatments.models import Condition, InjectionSession, Muscle, Protocol, ProtocolSite, SessionCourse
from treatments.querysets.before import SITE_VALUES
from treatments.views.plans import PlannedSite, planned_site


@dataclass(frozen=True)
class DilutionPick:
    vial_units: int
    diluent_ml: Decimal


@dataclass(frozen=True)
class Picks:
    """Muscles by key and by name, each with `treated_in`; products by brand, each with `dilution_picks`; the current
    protocols of the conditions, each with `condition_id` and `site_list`; who works at the site, by name.
    """

    muscles: dict[str, Muscle]
    products: list[Product]
    protocols: list[Protocol]
    staff: list[User]


def read_picks(session: InjectionSession) -> Picks:
    """All pick lists for what the session treats, at its site, in one query."""
    found: dict[str, list[dict[str, Any]]] = {"muscle": [], "product": [], "protocol": [], "staff": []}
    for row in _PICKS.rows(session=session.pk, site=session.site_id):
        found[row["pick"]].append(row)
    muscles = {row["key"]: _made(Muscle, row, treated_in=set(row["treated_in"])) for row in found["muscle"]}
    return Picks(
        muscles,
        [
            _made(
                Product,
                row,
                dilution_picks=[DilutionPick(pick["units"], Decimal(pick["ml"])) for pick in row["dilutions"]],
            )
            for row in found["product"]
        ],
        [_made(Protocol, row, site_list=_sites(row["sites"], muscles)) for row in found["protocol"]],
        [_made(User, row) for row in found["staff"]],
    )


def _picks() -> models.QuerySet[Any, Any]:
    """Rows of four tables in one UNION, as JSON."""
    lists = [_products(), _protocols(), _staff()]
    return _muscles().union(*lists, all=True).order_by("position", "title", "pk")


_PICKS = CompiledQuery(_picks)


def _muscles() -> models.QuerySet[Any, Any]:
    treated_in = Condition.muscles.through.objects.filter(muscle=OuterRef("pk")).values("condition_id")
    row = _row("muscle", "id", "key", "name", "short", "region", "is_midline", treated_in=ArraySubquery(treated_in))
    return _ordered(Muscle.objects.all(), position=Value(0), title=F("name"), row=row)


def _products() -> models.QuerySet[Any, Any]:
    dilutions = (
        Dilution.objects.filter(product=OuterRef("pk"))
        .order_by("vial_units", "diluent_ml")
        .values(json=JSONObject(units="vial_units", ml=Cast("diluent_ml", models.TextField())))
    )
    row = _row("product", "id", "key", "brand", dilutions=ArraySubquery(dilutions))
    return _ordered(Product.objects.all(), position=Value(0), title=F("brand"), row=row)


def _protocols() -> models.QuerySet[Any, Any]:
    treated = SessionCourse.objects.filter(session=Param("session", models.BigIntegerField()))
    sites = ProtocolSite.objects.filter(protocol=OuterRef("pk")).order_by("order")
    conditions = treated.order_by().values("course__condition")
    current = Protocol.objects.filter(Exists(sites), condition__in=conditions, is_current=True)
    highest, lowest = Cast("units_max", models.TextField()), Cast("units_min", models.TextField())
    row = _row(
        "protocol",
        "id",
        "name",
        "condition_id",
        "product_id",
        "made_by_id",
        "source",
        "confidence",
        "note",
        sites=ArraySubquery(sites.values(json=JSONObject(units_min=lowest, units_max=highest, **SITE_VALUES))),
    )
    return _ordered(current, position=F("condition__position"), title=F("name"), row=row)


def _staff() -> models.QuerySet[Any, Any]:
    people = User.objects.active().filter(sites=Param("site", models.BigIntegerField()))
    return _ordered(people, position=Value(0), title=F("name"), row=_row("staff", "id", "name"))


def _row(pick: str, *fields: str, **more: Any) -> JSONObject:
    return JSONObject(pick=Value(pick), **{field: field for field in fields}, **more)


def _ordered(
    rows: models.QuerySet[Any, Any], *, position: Any, title: Any, row: JSONObject
) -> models.QuerySet[Any, Any]:
    """Rows of one table in the shape that all four share, to be ordered by position and title."""
    return rows.order_by().values(
        "pk", position=Cast(position, models.IntegerField()), title=Cast(title, models.TextField()), row=row
    )


def _made(model: type[models.Model], row: dict[str, Any], **more: Any) -> Any:
    """The row as a model instance; fields that were not asked for are read when somebody wants them after all."""
    fields = [field.attname for field in model._meta.concrete_fields if field.attname in row]
    made = model.from_db(DEFAULT_DB_ALIAS, fields, [row[field] for field in fields])
    for name, value in more.items():
        setattr(made, name, value)
    return made


def _sites(rows: list[dict[str, Any]], muscles: dict[str, Muscle]) -> list[PlannedSite]:
    return [planned_site(row, muscles) for row in rows]

"""What the charting page offers to pick: muscles, products with dilutions, protocols with sites, people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Cast, JSONObject

from accounts.models import User
from inventory.models import Dilution, Product
from treatments.models import Condition, Muscle, Protocol, ProtocolSite
from treatments.querysets.sessions import SITE_VALUES
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


def read_picks(conditions: Iterable[int], *, site: int) -> Picks:
    """All pick lists for these conditions at that site, in one query; rows of four tables travel as JSON."""
    lists = [_products(), _protocols(conditions), _staff(site)]
    rows = _muscles().union(*lists, all=True).order_by("pick", "position", "title", "pk")
    found: dict[str, list[dict[str, Any]]] = {"muscle": [], "product": [], "protocol": [], "staff": []}
    for row in rows:
        found[row["pick"]].append(row["row"])
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


def _muscles() -> models.QuerySet:
    treated_in = Condition.muscles.through.objects.filter(muscle=OuterRef("pk")).values("condition_id")
    row = _row("id", "key", "name", "short", "region", "is_midline", treated_in=ArraySubquery(treated_in))
    return _pick(Muscle.objects.all(), "muscle", position=Value(0), title=F("name"), row=row)


def _products() -> models.QuerySet:
    dilutions = (
        Dilution.objects.filter(product=OuterRef("pk"))
        .order_by("vial_units", "diluent_ml")
        .values(json=JSONObject(units="vial_units", ml=Cast("diluent_ml", models.TextField())))
    )
    row = _row("id", "key", "brand", dilutions=ArraySubquery(dilutions))
    return _pick(Product.objects.all(), "product", position=Value(0), title=F("brand"), row=row)


def _protocols(conditions: Iterable[int]) -> models.QuerySet:
    sites = ProtocolSite.objects.filter(protocol=OuterRef("pk")).order_by("order")
    current = Protocol.objects.filter(Exists(sites), condition__in=list(conditions), is_current=True)
    highest, lowest = Cast("units_max", models.TextField()), Cast("units_min", models.TextField())
    row = _row(
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
    return _pick(current, "protocol", position=F("condition__position"), title=F("name"), row=row)


def _staff(site: int) -> models.QuerySet:
    people = User.objects.active().filter(sites=site)
    return _pick(people, "staff", position=Value(0), title=F("name"), row=_row("id", "name"))


def _row(*fields: str, **more: Any) -> JSONObject:
    return JSONObject(**{field: field for field in fields}, **more)


def _pick(rows: models.QuerySet, pick: str, *, position: Any, title: Any, row: JSONObject) -> models.QuerySet:
    """Rows of one table in the shape that all four share, to be ordered by position and title."""
    return rows.order_by().values(
        "pk",
        pick=Value(pick),
        position=Cast(position, models.IntegerField()),
        title=Cast(title, models.TextField()),
        row=row,
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

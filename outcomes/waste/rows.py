"""What was wasted, vial by vial: what stayed in an opened one, and what left the stock unused.

A vial that a signed session opened is given and discarded, together the vial; what was discarded is waste on the day of
the session. A vial removed from stock, or missing at a stock count and not found since, is waste whole, on the day it
left, by the clock of its site.

The cost of a vial is the one that held on the day it was received, for vials the clinic bought; the waste of a part of
it costs that part. Where none was entered it is None, never 0. Each row is rounded to cents, so a sum is that of its
rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

PAGE_SIZE = 50

REASONS = {
    "remainder": "Remainder of used vials",
    "expired": "Expired",
    "broken": "Broken",
    "returned": "Returned",
    "recalled": "Recalled",
    "missing": "Missing at a count",
    "other": "Other",
}
OPENED = "opened"  # all vials that signed sessions opened, whether or not anything stayed in them
WHOLE = "whole"  # all that left the stock unused


@dataclass(frozen=True)
class Asked:
    """Of vials at these sites, what was wasted in these days, both included; of one product or all.

    The rest narrows the rows of a figure: `reason` also takes "whole" and "opened", `source` says who bought the vials,
    `unpriced` asks for those without a cost.
    """

    sites: tuple[int, ...]
    first: date
    last: date
    product: int | None = None
    reason: str | None = None
    source: str | None = None
    month: date | None = None
    unpriced: bool = False

    def parameters(self) -> dict[str, Any]:
        return {**self.__dict__, "sites": list(self.sites)}


@dataclass(frozen=True)
class Count:
    """Of one reason, buyer, product and month.

    `opened` and `given` count all vials that sessions opened; `vials` are those of which something was wasted,
    `unpriced` those of them without a cost. `cost` is the sum of the others.
    """

    reason: str
    source: str
    product_id: int
    month: date
    opened: int
    vials: int
    given: Decimal
    wasted: Decimal
    cost: Decimal
    unpriced: int


@dataclass(frozen=True)
class Wasted:
    """One vial of which something was wasted. `what` and `id` with `day` are its place in the list."""

    what: str
    id: int
    day: date
    reason: str
    note: str
    wasted: Decimal
    vial_units: int
    cost: Decimal | None
    source: str
    session_id: int | None
    vial_id: int
    lot_id: int
    lot_number: str
    brand: str
    site: str
    by: str

    @property
    def reason_words(self) -> str:
        return REASONS[self.reason]

    @property
    def place(self) -> str:
        return f"{self.day.isoformat()}.{self.what}.{self.id}"


_WASTED = """
WITH happened AS (
    SELECT 'session' AS what, use.id, use.vial_id, 'remainder' AS reason, '' AS note, session.performed_on AS day,
           use.units_given AS given, use.units_discarded AS wasted, session.id AS session_id,
           session.signed_by_id AS by_id
      FROM treatments_vialuse use
      JOIN treatments_injectionsession session ON session.id = use.session_id
     WHERE session.status = 'signed' AND session.performed_on BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT 'removal', movement.id, movement.vial_id,
           CASE movement.kind WHEN 'missing' THEN 'missing' ELSE movement.reason END, movement.note,
           (movement.at AT TIME ZONE site.time_zone)::date, 0, size.units, NULL, movement.by_id
      FROM inventory_stockmovement movement
      JOIN inventory_vial vial ON vial.id = movement.vial_id
      JOIN inventory_vialsize size ON size.id = vial.size_id
      JOIN accounts_site site ON site.id = vial.site_id
     WHERE movement.kind = 'removed'
        OR (movement.kind = 'missing' AND vial.status = 'missing' AND NOT EXISTS (
               SELECT 1 FROM inventory_stockmovement later
                WHERE later.vial_id = vial.id AND later.id > movement.id))
), wasted AS (
    SELECT happened.*, size.product_id, size.units AS vial_units, vial.source, vial.lot_id, vial.site_id,
           date_trunc('month', happened.day)::date AS month,
           round(cost.amount * happened.wasted / size.units, 2) AS cost
      FROM happened
      JOIN inventory_vial vial ON vial.id = happened.vial_id
      JOIN inventory_vialsize size ON size.id = vial.size_id
      LEFT JOIN LATERAL (
        SELECT amount FROM inventory_vialcost
         WHERE size_id = vial.size_id AND holds_from <= vial.received_on
         ORDER BY holds_from DESC LIMIT 1
      ) cost ON vial.source = 'clinic'
     WHERE vial.site_id = ANY(%(sites)s)
       AND happened.day BETWEEN %(first)s AND %(last)s
       AND (%(product)s::bigint IS NULL OR size.product_id = %(product)s)
)
"""

_COUNTS = f"""{_WASTED}
SELECT reason, source, product_id, month,
       count(*) FILTER (WHERE what = 'session') AS opened,
       count(*) FILTER (WHERE wasted > 0) AS vials,
       sum(given) AS given, sum(wasted) AS wasted, coalesce(sum(cost), 0) AS cost,
       count(*) FILTER (WHERE wasted > 0 AND source = 'clinic' AND cost IS NULL) AS unpriced
  FROM wasted GROUP BY reason, source, product_id, month
"""  # noqa: S608 - put together from our own pieces; what people choose goes in as parameters

_ROWS = f"""{_WASTED}
SELECT wasted.what, wasted.id, wasted.day, wasted.reason, wasted.note, wasted.wasted, wasted.vial_units, wasted.cost,
       wasted.source, wasted.session_id, wasted.vial_id, wasted.lot_id, lot.number, product.brand, site.name,
       coalesce(person.name, '')
  FROM wasted
  JOIN inventory_lot lot ON lot.id = wasted.lot_id
  JOIN inventory_product product ON product.id = wasted.product_id
  JOIN accounts_site site ON site.id = wasted.site_id
  LEFT JOIN accounts_user person ON person.id = wasted.by_id
 WHERE CASE %(reason)s::text WHEN 'opened' THEN what = 'session'
                       WHEN 'whole' THEN what = 'removal'
                       ELSE wasted.wasted > 0 AND coalesce(wasted.reason = %(reason)s, TRUE) END
   AND coalesce(wasted.source = %(source)s, TRUE)
   AND coalesce(wasted.month = %(month)s::date, TRUE)
   AND (NOT %(unpriced)s OR (wasted.source = 'clinic' AND wasted.cost IS NULL))
   AND (%(after_day)s::date IS NULL
        OR (wasted.day, wasted.what, wasted.id) < (%(after_day)s::date, %(after_what)s, %(after_id)s))
 ORDER BY wasted.day DESC, wasted.what DESC, wasted.id DESC
 LIMIT %(limit)s
"""  # noqa: S608 - as above

# Their record was wrong and is void, and no session says what became of the vial.
_VOIDED = """
SELECT count(DISTINCT vial.id)
  FROM treatments_vialuse use
  JOIN treatments_injectionsession session ON session.id = use.session_id
  JOIN inventory_vial vial ON vial.id = use.vial_id
  JOIN inventory_vialsize size ON size.id = vial.size_id
 WHERE session.status = 'voided' AND vial.status = 'used'
   AND session.performed_on BETWEEN %(first)s AND %(last)s
   AND vial.site_id = ANY(%(sites)s)
   AND (%(product)s::bigint IS NULL OR size.product_id = %(product)s)
   AND NOT EXISTS (SELECT 1 FROM treatments_vialuse other
                     JOIN treatments_injectionsession given ON given.id = other.session_id
                    WHERE other.vial_id = vial.id AND given.status IN ('signed', 'draft'))
"""


def counts(asked: Asked) -> list[Count]:
    """What was wasted, counted by reason, buyer, product and month, in one query."""
    return [Count(*row) for row in _read(_COUNTS, asked.parameters())]


def rows(asked: Asked, *, after: tuple[date, str, int] | None = None, limit: int) -> list[Wasted]:
    """The vials behind a figure, newest first, `limit` of them, those behind a place in the list."""
    day, what, pk = after or (None, None, None)
    more = {"after_day": day, "after_what": what, "after_id": pk, "limit": limit}
    return [Wasted(*row) for row in _read(_ROWS, asked.parameters() | more)]


def voided_vials(asked: Asked) -> int:
    """Vials opened by sessions that were voided since and not written anew: nobody says what of them was given."""
    return int(_read(_VOIDED, asked.parameters())[0][0])


def _read(sql: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: Iterable[Any] = cursor.fetchall()
    return list(found)

"""The vials panel of the charting page: what is on the shelf, and the ledger of the vials opened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q

from accounts.models import User
from inventory.models import Lot, Product, Vial
from treatments.actions.vials import Mixing
from treatments.forms.session import plain
from treatments.forms.vials import BaseMixingFormSet, MixingForm, MixingFormSet
from treatments.models import InjectionSession, VialUse
from treatments.querysets.vials import for_patient_of, vials_here
from treatments.rules.vials import Clock, Stock, diluent_ml, in_use_clock, suggest

MOST_SAID = 3  # lots that are not offered, each with its reason
LOCAL = "%Y-%m-%dT%H:%M"  # as a browser writes a local date and time


@dataclass
class StockLine:
    """Vials of one lot and size on the shelf, and what this session takes of them. `own` of them are the patient's."""

    lot: int
    size: int
    lot_number: str
    expires_on: date
    units: int
    available: int
    own: int = 0
    count: int = 0
    given: str = ""
    discarded: str = ""

    @property
    def key(self) -> str:
        return f"{self.lot}-{self.size}"


def read_shelf(session: InjectionSession, product: Product) -> list[dict[str, Any]]:
    """Lots and sizes on the shelf, the patient's own first, then first expiry first, in one query.

    Each with how many of it may be opened (`available`) and, where the whole lot may not be, its `problem`.
    """
    rows = (
        vials_here(session, product=product)
        .order_by()
        .values("lot_id", "lot__number", "lot__expires_on", "lot__recalled_on", "size_id", "size__units")
        .annotate(
            available=Count("id", filter=for_patient_of(session)),
            kept=Count("id") - F("available"),
            own=Count("id", filter=Q(patient_vial__patient=session.patient_id)),
        )
        .order_by(F("own").desc(), "lot__expires_on", "-size__units", "lot_id")
    )
    return [row | {"problem": _lot(row).problem(on=session.performed_on)} for row in rows]


def _lot(row: Mapping[str, Any]) -> Lot:
    names = ("number", "expires_on", "recalled_on")
    return Lot(**{name: row[f"lot__{name}"] for name in names})


def left_out(shelf: Iterable[Mapping[str, Any]]) -> str:
    """Which lots of the shelf are not among those to open, and why, in words; empty when all are."""
    shelf = list(shelf)
    problems = list(dict.fromkeys(row["problem"] for row in shelf if row["problem"]))
    kept = sum(row["kept"] for row in shelf if not row["problem"])
    said = []
    if problems:
        more = f" And {len(problems) - MOST_SAID} more." if len(problems) > MOST_SAID else ""
        lots = "1 lot is" if len(problems) == 1 else f"{len(problems)} lots are"
        said.append(f"{lots} not offered: {' '.join(problems[:MOST_SAID])}{more}")
    if kept:
        said.append(f"{kept} {'vial is' if kept == 1 else 'vials are'} kept for other patients.")
    return " ".join(said)


def stock_lines(session: InjectionSession, product: Product, shelf: Iterable[Mapping[str, Any]]) -> list[StockLine]:
    """The shelf, with what the draft takes from it; what it takes and may no longer be used stands there too."""
    lines = {
        (row["lot_id"], row["size_id"]): StockLine(
            lot=row["lot_id"],
            size=row["size_id"],
            lot_number=row["lot__number"],
            expires_on=row["lot__expires_on"],
            units=row["size__units"],
            available=row["available"],
            own=row["own"],
        )
        for row in shelf
        if row["available"] and not row["problem"]
    }
    for use in session.vial_uses.all():
        vial = use.vial
        if vial.size.product_id != product.pk:
            continue
        line = lines.setdefault(
            (vial.lot_id, vial.size_id),
            StockLine(vial.lot_id, vial.size_id, vial.lot.number, vial.lot.expires_on, vial.size.units, 0),
        )
        line.count += 1
        line.given = plain(Decimal(line.given or 0) + use.units_given)
        line.discarded = plain(Decimal(line.discarded or 0) + use.units_discarded)
    return list(lines.values())


def least_waste(lines: Iterable[StockLine], total: Decimal) -> dict[str, int]:
    stock = [Stock(line.key, line.units, line.own, own=True) for line in lines if line.own]
    stock += [Stock(line.key, line.units, line.available - line.own) for line in lines]
    return suggest(total, stock)


def suggestion(lines: list[StockLine], total: Decimal) -> dict[str, str] | None:
    """The vials that would waste least, when others are picked or none."""
    by_key = {line.key: line for line in lines}
    picked = least_waste(lines, total)
    if not picked or picked == {line.key: line.count for line in lines if line.count}:
        return None
    words = " and ".join(
        f"{count} × {by_key[key].units} U, lot {by_key[key].lot_number}" for key, count in picked.items()
    )
    waste = sum(by_key[key].units * count for key, count in picked.items()) - total
    return {"json": json.dumps(picked), "words": f"Open {words}: {plain(waste)} U over"}


def why_not(lot: Lot, session: InjectionSession) -> str:
    """Why a line that was picked is not among those that may be opened."""
    if problem := lot.problem(on=session.performed_on):
        return f"{problem} Take it out and open another."
    # Whoever has a vial of it in the hand wants to know why not this one.
    kept = Vial.objects.in_stock().filter(lot=lot, site=session.site, source=Vial.Source.PHARMACY)
    if kept.filter(patient_vial__isnull=False).exclude(patient_vial__patient=session.patient_id).exists():
        return f"What is left of lot {lot.number} here is another patient's. Take it out and open another."
    if kept.filter(patient_vial=None).exists():
        return f"What is left of lot {lot.number} here waits for its patient's name. Name it first, or open another."
    return f"No vial of lot {lot.number} is left here: used or removed. Take it out and open another."


# --- the ledger


@dataclass
class LedgerRow:
    """One vial opened: what went where, and how it was reconstituted."""

    use: VialUse
    form: MixingForm
    given: str
    discarded: str
    ml: str
    own: bool
    clock: Clock | None
    use_by: datetime | None
    differs: bool

    @property
    def is_mixed(self) -> bool:
        return self.use.reconstituted_at is not None


def ledger_of(
    session: InjectionSession, product: Product | None, formset: BaseMixingFormSet, *, now: datetime
) -> list[LedgerRow]:
    """The vials of the draft in the order they are emptied, each with its form of the set."""
    forms = {str(form["vial"].value()): form for form in formset.forms}
    rows = []
    for use in session.vial_uses.all():
        form = forms.get(str(use.vial_id))
        if product is None or form is None or use.vial.size.product_id != product.pk:
            continue
        ml = usual_mixing(use.vial, session, at=now).ml
        # The product as it was read whole with the vial: that of the form lacks most of its columns.
        hours = use.vial.size.product.in_use_hours
        clock = in_use_clock(use.reconstituted_at, hours=hours, now=now) if use.reconstituted_at else None
        rows.append(
            LedgerRow(
                use=use,
                form=form,
                given=plain(use.units_given),
                discarded=plain(use.units_discarded),
                ml=plain(ml),
                own=use.vial.source == Vial.Source.PHARMACY,
                clock=clock,
                use_by=clock and session.site.localtime(clock.use_by).replace(tzinfo=None),
                differs=bool(use.reconstituted_at and ml and use.diluent_ml and use.diluent_ml != ml),
            )
        )
    return rows


def ledger_total(rows: list[LedgerRow]) -> dict[str, Any]:
    """The ledger added up; `unmixed` counts the vials still to be reconstituted."""
    return {
        "given": plain(sum((row.use.units_given for row in rows), Decimal(0))),
        "discarded": plain(sum((row.use.units_discarded for row in rows), Decimal(0))),
        "opened": sum(row.use.vial.size.units for row in rows),
        "unmixed": sum(not row.is_mixed and bool(row.ml or not row.use.vial.size.product.ready_to_use) for row in rows),
    }


def mixing_forms(
    session: InjectionSession, data: Mapping[str, Any] | None, *, user: User, staff: Iterable[User], now: datetime
) -> Any:
    """How each vial was reconstituted, as posted or as stored: by this person, or one of the site's staff."""
    kwargs = {"zone": session.site.zone(), "now": now, "user": user, "others": _others(session, staff, user)}
    stored = None if data is not None else _mixing_values(session, user)
    return MixingFormSet(data, prefix="mixings", initial=stored, form_kwargs=kwargs)


def _mixing_values(session: InjectionSession, user: User) -> list[dict[str, Any]]:
    """What this person did is theirs without a name."""
    return [
        {
            "vial": use.vial_id,
            "diluent": use.diluent,
            "ml": plain(use.diluent_ml),
            "at": session.site.localtime(use.reconstituted_at).strftime(LOCAL) if use.reconstituted_at else "",
            "by": "" if use.reconstituted_by_id in (None, user.pk) else str(use.reconstituted_by_id),
        }
        for use in session.vial_uses.all()
    ]


def _others(session: InjectionSession, staff: Iterable[User], user: User) -> list[User]:
    """Who may have reconstituted a vial beside this person: the site's staff, and whoever is written down already."""
    written = [use.reconstituted_by for use in session.vial_uses.all() if use.reconstituted_by]
    people = {person.pk: person for person in [*staff, *written] if person.pk != user.pk}
    return sorted(people.values(), key=lambda person: (person.name.casefold(), person.pk))


def usual_mixing(vial: Vial, session: InjectionSession, *, at: datetime) -> Mixing:
    """The vial reconstituted at that moment as the chosen dilution says."""
    if vial.size.product.ready_to_use and not session.dilution_ml:
        return Mixing(diluent=VialUse.Diluent.NONE, ml=None, at=at)
    ml = (
        diluent_ml(vial.size.units, dilution_units=session.dilution_units, dilution_ml=session.dilution_ml)
        if session.dilution_units and session.dilution_ml
        else None
    )
    return Mixing(diluent=VialUse.Diluent.SALINE, ml=ml, at=at)

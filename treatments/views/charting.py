"""What the charting page shows: its forms, maps, protocols, vials, totals and findings, from the stored draft."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import Count
from django.template.defaultfilters import capfirst

from accounts.models import User
from inventory.models import Product, Vial
from treatments.checks import findings_of
from treatments.forms.session import InjectionFormSet, SessionHeaderForm, VialFormSet, plain
from treatments.models import InjectionSession, Protocol, TreatmentCourse
from treatments.rules.vials import Stock, suggest
from treatments.views.bodymaps import MAP_TITLES, maps_of
from treatments.views.picks import Picks, read_picks
from treatments.views.plans import PALETTES, LastSession, last_session, plan_site, range_words

# More protocols than these wait until the product is chosen.
MOST_BUTTONS = 3


@dataclass
class StockLine:
    """Vials of one lot and size on the shelf, and what this session takes of them."""

    lot: int
    size: int
    lot_number: str
    expires_on: date
    units: int
    available: int
    count: int = 0
    given: str = ""
    discarded: str = ""

    @property
    def key(self) -> str:
        return f"{self.lot}-{self.size}"


class Charting:
    """One draft on the charting page. `data` is what was posted, None for a fresh page."""

    def __init__(
        self,
        session: InjectionSession,
        *,
        user: User,
        today: date,
        data: Mapping[str, Any] | None = None,
        known: Charting | None = None,
    ) -> None:
        """The session comes from `for_charting()`, or from `for_chart()` when `known` is given.

        `known` is the same draft in this request before it was saved: what saving does not change is taken from there.
        """
        self.session, self.user, self.today, self.data = session, user, today, data
        self.courses: list[TreatmentCourse] = [row.course for row in session.treated.all()]
        self.known = known
        self.picks: Picks = (
            known.picks if known else read_picks(conditions=[course.condition_id for course in self.courses])
        )
        self.products, self.muscles = self.picks.products, self.picks.muscles
        self.header = SessionHeaderForm(
            data,
            # The form moves its instance to what was posted; the session stays as it is stored.
            instance=InjectionSession(**self._header_values()) if data is None else copy.copy(session),
            products=self.products,
            protocols=[*self.protocols, *([session.protocol] if session.protocol else [])],
        )
        self.vials = VialFormSet(
            data,
            prefix="vials",
            initial=None
            if data is not None
            else [{"lot": line.lot, "size": line.size, "count": line.count} for line in self.stock],
        )
        lines = {line.key: line for line in self.stock}
        for form in self.vials.forms:
            form.line = lines.get(f"{form['lot'].value()}-{form['size'].value()}")
            if form.line is not None:
                form.fields["count"].widget.attrs |= {
                    "data-vial-count": form.line.key,
                    "aria-label": f"Vials of {form.line.units} U, lot {form.line.lot_number}",
                }

    @cached_property
    def sites(self) -> Any:
        """The table of sites, made when somebody looks: a form for each of perhaps hundreds takes its time."""
        return InjectionFormSet(
            self.data,
            prefix="injections",
            initial=None if self.data is not None else self._site_values(),
            form_kwargs={
                "muscles": self.muscles,
                "offered": self.offered,
                "courses": [(str(course.pk), course.condition.short_name) for course in self.courses],
                "views": MAP_TITLES,
                "hints": self.hints,
            },
        )

    # --- what is known

    @property
    def product(self) -> Product | None:
        return self.header.chosen_product()

    def _header_values(self) -> dict[str, Any]:
        """The stored header: a copy, for the form writes to its instance."""
        return {field.attname: getattr(self.session, field.attname) for field in InjectionSession._meta.concrete_fields}

    def _site_values(self) -> list[dict[str, Any]]:
        return [
            {
                "course": str(row.course_id),
                "muscle": row.muscle.key,
                "side": row.side,
                "units": plain(row.units),
                "view": row.view,
                "x": row.x,
                "y": row.y,
            }
            for row in self.session.injections.all()
        ]

    @cached_property
    def last(self) -> LastSession | None:
        if self.known is not None:
            return self.known.last
        return last_session(self.session.last, self.muscles, courses={course.pk for course in self.courses})

    @cached_property
    def offered(self) -> list[tuple[str, str]]:
        """The muscles of the treated conditions, as the rows of the table offer them."""
        treated = {course.condition_id for course in self.courses}
        return [(muscle.key, muscle.name) for muscle in self.muscles.values() if treated & muscle.treated_in]

    @cached_property
    def protocols(self) -> list[Protocol]:
        """Current protocols of the treated conditions, each with `course_id` and `site_list`."""
        courses = {course.condition_id: course.pk for course in self.courses}
        for protocol in self.picks.protocols:
            protocol.course_id = courses[protocol.condition_id]
        return self.picks.protocols

    @cached_property
    def hints(self) -> dict[tuple[str, str], str]:
        """The range a protocol of this product gives for a muscle and side, as "60–200"."""
        product_id = self.product.pk if self.product else None
        return {
            (row.muscle.key, row.side): range_words(row.units_min, row.units_max)
            for protocol in self.protocols
            if product_id and protocol.product_id == product_id
            for row in protocol.site_list
            if row.units_max is not None
        }

    @cached_property
    def shelf(self) -> list[dict[str, Any]]:
        """Lots and sizes of the chosen product that may be opened today, first expiry first."""
        if self.product is None:
            return []
        if self.known is not None and self.known.product == self.product:
            return self.known.shelf
        return list(
            Vial.objects.pickable(product=self.product, site=self.session.site, on=self.session.performed_on)
            .order_by()
            .values("lot_id", "lot__number", "lot__expires_on", "size_id", "size__units")
            .annotate(available=Count("id"))
            .order_by("lot__expires_on", "-size__units", "lot_id")
        )

    @cached_property
    def stock(self) -> list[StockLine]:
        """The shelf, with what the draft takes from it."""
        if self.product is None:
            return []
        lines = {
            (row["lot_id"], row["size_id"]): StockLine(
                lot=row["lot_id"],
                size=row["size_id"],
                lot_number=row["lot__number"],
                expires_on=row["lot__expires_on"],
                units=row["size__units"],
                available=row["available"],
            )
            for row in self.shelf
        }
        for use in self.session.vial_uses.all():
            vial = use.vial
            if vial.size.product_id != self.product.pk:
                continue
            line = lines.setdefault(
                (vial.lot_id, vial.size_id),
                StockLine(vial.lot_id, vial.size_id, vial.lot.number, vial.lot.expires_on, vial.size.units, 0),
            )
            line.count += 1
            line.given = plain(Decimal(line.given or 0) + use.units_given)
            line.discarded = plain(Decimal(line.discarded or 0) + use.units_discarded)
        return list(lines.values())

    @cached_property
    def total(self) -> Decimal:
        return sum((row.units for row in self.session.injections.all() if row.units), Decimal(0))

    # --- what the template is given

    def context(self) -> dict[str, Any]:
        """All of the page."""
        saved = self.saved()
        return saved | {
            "patient": self.session.patient,
            "age": self.session.patient.age(on=self.today),
            "title": self.title(),
            "sites": self.sites,
            "many_courses": len(self.courses) > 1,
            "maps": self.maps(),
            "muscle_groups": self.muscle_groups(),
            "setup": self.setup(),
            "alerts": [
                {
                    "short": capfirst(finding.label or finding.key.replace("-", " ")),
                    "words": finding.words,
                    "severity": finding.severity,
                }
                for finding in saved["findings"]
                if finding.about == "patient"
            ],
            "courses": self.courses,
            "treated": [course.pk for course in self.courses],
            "open_courses": self.session.open_courses,
        }

    def saved(self) -> dict[str, Any]:
        """The parts that change with a save, which a script puts into the page it has."""
        findings = findings_of(self.session, by=self.user, today=self.today)
        return {
            "session": self.session,
            "header": self.header,
            "product": self.product,
            "vials": self.vials,
            "vials_key": "-".join([str(self.product.pk) if self.product else "", *(line.key for line in self.stock)]),
            "suggestion": self.suggestion(),
            "protocols": self.protocol_buttons(),
            "protocols_wait": self.product is None and len(self.protocols) > MOST_BUTTONS,
            "hints": json.dumps({"|".join(key): words for key, words in self.hints.items()}),
            "last_plan": self.last_plan(),
            "palette": self.palette()[0],
            "palette_chosen": self.usual_dose(),
            "findings": findings,
            "stops": sum(finding.severity == "stop" for finding in findings),
            "warnings": sum(finding.severity == "warn" for finding in findings),
            "totals": self.totals(),
            "units_per_ml": plain(self.session.units_per_ml),
            "version": self.session.version,
            "saved_at": self.session.site.localtime(self.session.saved_at).replace(tzinfo=None),
        }

    def title(self) -> str:
        names = "; ".join(
            f"{row.course.condition.name}, session {row.session_count + 1}" for row in self.session.treated.all()
        )
        return names or "Session"

    def palette(self) -> tuple[list[str], str]:
        return PALETTES.get(self.product.key, (["5", "10", "25", "50"], "5")) if self.product else ([], "1")

    def usual_dose(self) -> str:
        """The dose most sites of this draft have, when the palette offers it."""
        doses = [plain(row.units) for row in self.session.injections.all() if row.units]
        most = max(set(doses), key=doses.count, default="")
        return most if most in self.palette()[0] else ""

    def maps(self) -> list[dict[str, Any]]:
        wanted = [view for course in self.courses for view in course.condition.body_views]
        wanted += [row.view for row in self.session.injections.all() if row.view]
        return maps_of(self.session, [view for view in MAP_TITLES if view in wanted])

    def protocol_buttons(self) -> list[dict[str, Any]]:
        # Before the product is chosen only a short list is offered; placing it chooses its product.
        few = len(self.protocols) <= MOST_BUTTONS
        wanted = {self.product.pk} if self.product else {row.product_id for row in self.protocols} if few else set()
        return [
            {
                "pk": protocol.pk,
                "name": protocol.name,
                "title": f"{protocol.note} {protocol.source} ({protocol.confidence})".strip(),
                "units": plain(sum((row.units for row in protocol.site_list if row.units), Decimal(0)) or None),
                "script_id": f"plan-{protocol.pk}",
                "plan": {
                    "protocol": protocol.pk,
                    "product": protocol.product_id,
                    "sites": [plan_site(row, protocol.course_id) for row in protocol.site_list],
                },
            }
            for protocol in self.protocols
            if protocol.product_id is None or protocol.product_id in wanted
        ]

    def last_plan(self) -> dict[str, Any] | None:
        """The sites of the last session, when it used the product chosen now: no dose goes across products."""
        last = self.last
        if last is None or (self.product is not None and last.product_id != self.product.pk):
            return None
        if not last.sites:
            return None
        return {
            "title": f"{last.brand}, {plain(sum((row.units or 0 for row in last.sites), Decimal(0)))} U "
            f"on {last.performed_on:%-d %b %Y}",
            "plan": {"product": last.product_id, "sites": [plan_site(row, row.course_id) for row in last.sites]},
        }

    def muscle_groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        offered = set(dict(self.offered))
        others = sorted(
            (muscle for muscle in self.muscles.values() if muscle.key not in offered),
            key=lambda muscle: (muscle.region, muscle.name),
        )
        groups = [("Of this condition" if len(self.courses) == 1 else "Of these conditions", self.offered)]
        for region, rows in groupby(others, key=lambda muscle: muscle.region):
            groups.append((region.capitalize(), [(muscle.key, muscle.name) for muscle in rows]))
        return [group for group in groups if group[1]]

    def setup(self) -> dict[str, Any]:
        course_of = {
            muscle.key: course.pk
            for course in reversed(self.courses)
            for muscle in self.muscles.values()
            if course.condition_id in muscle.treated_in
        }
        return {
            "muscles": {muscle.key: muscle.name for muscle in self.muscles.values()},
            "midline": [muscle.key for muscle in self.muscles.values() if muscle.is_midline],
            "courses": [str(course.pk) for course in self.courses],
            "courseOf": course_of,
            "steps": {str(p.pk): float(PALETTES[p.key][1]) for p in self.products if p.key in PALETTES},
        }

    def totals(self) -> dict[str, Any]:
        rows = self.session.injections.all()
        per_ml = self.session.units_per_ml
        discarded = sum((use.units_discarded for use in self.session.vial_uses.all()), Decimal(0))
        return {
            "sites": len(rows),
            "units": plain(self.total),
            "volume": plain(self.total / per_ml) if per_ml and self.total else "",
            "discarded": plain(discarded) if self.session.vial_uses.all() else "",
            "by_course": [
                {
                    "name": course.condition.short_name,
                    "units": plain(sum((r.units for r in rows if r.units and r.course_id == course.pk), Decimal(0))),
                }
                for course in self.courses
            ],
        }

    def suggestion(self) -> dict[str, str] | None:
        """The vials that would waste least, when none are picked or those picked do not fit."""
        lines = {line.key: line for line in self.stock}
        picked = self.least_waste(self.total)
        if not picked or picked == {line.key: line.count for line in self.stock if line.count}:
            return None
        words = " and ".join(
            f"{count} × {lines[key].units} U, lot {lines[key].lot_number}" for key, count in picked.items()
        )
        waste = sum(lines[key].units * count for key, count in picked.items()) - self.total
        return {"json": json.dumps(picked), "words": f"Open {words}: {plain(waste)} U over"}

    def least_waste(self, total: Decimal) -> dict[str, int]:
        return suggest(total, [Stock(line.key, line.units, line.available) for line in self.stock])

    def errors(self) -> list[tuple[str, str]]:
        """The first message of each field, with the field's name."""
        found = []
        for form in (self.header, *self.sites.forms, *self.vials.forms):
            found += [(form.add_prefix(name), messages[0]) for name, messages in form.errors.items()]
        return found

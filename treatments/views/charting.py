"""What the charting page shows: its forms, maps, protocols, vials, totals and findings, from the stored draft."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.template.defaultfilters import capfirst
from django.utils import timezone

from accounts.models import User
from inventory.models import Product
from treatments.checks import findings_shown
from treatments.differences import differences_of
from treatments.forms.session import AFTERCARE, InjectionFormSet, SessionHeaderForm, VialFormSet, plain
from treatments.models import InjectionSession, Protocol, TreatmentCourse
from treatments.rules.findings.record import measured_responses
from treatments.views.bodymaps import MAP_TITLES, maps_of
from treatments.views.picks import Picks, read_picks
from treatments.views.plans import (
    PALETTES,
    LastSession,
    ProtocolGroup,
    last_sessions,
    newest,
    protocol_groups,
    range_words,
    same_again,
    same_again_plan,
)
from treatments.views.shorthand import HOW, Preview, handles, posted_rows, read_line
from treatments.views.vials import (
    LOCAL,
    LedgerRow,
    StockLine,
    ledger_of,
    ledger_total,
    left_out,
    mixing_forms,
    read_shelf,
    stock_lines,
    suggestion,
)

# More protocols than these wait until the product is chosen.
MOST_BUTTONS = 3


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
        """The session comes from `for_chart()`.

        `known` is the same draft in this request before it was saved: what saving does not change is taken from there.
        """
        self.session, self.user, self.today, self.data = session, user, today, data
        self.courses: list[TreatmentCourse] = [row.course for row in session.treated.all()]
        self.known = known
        self.picks: Picks = known.picks if known else read_picks(session)
        self.products, self.muscles = self.picks.products, self.picks.muscles
        self.header = SessionHeaderForm(
            data,
            # The form moves its instance to what was posted; the session stays as it is stored.
            instance=InjectionSession(**self._header_values()) if data is None else copy.copy(session),
            products=self.products,
            protocols=[*self.protocols, *([session.protocol] if session.protocol else [])],
        )
        if self.had_session:
            self.header.ask_for_a_response()
        self.vials = VialFormSet(
            data,
            prefix="vials",
            initial=None
            if data is not None
            else [{"lot": line.lot, "size": line.size, "count": line.count} for line in self.stock],
        )
        self.now = timezone.now()
        self.mixings = mixing_forms(session, data, user=user, staff=self.picks.staff, now=self.now)
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
            initial=None if self.data is not None else self.site_values(),
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
        names = [field.attname for field in InjectionSession._meta.concrete_fields]
        values = {name: getattr(self.session, name) for name in names}
        if not values["last_response"] and not self.had_session:
            # Nobody needs to be asked about a session before the first.
            values["last_response"] = InjectionSession.Response.FIRST
        return values

    @property
    def had_session(self) -> bool:
        return any(course.session_count for course in self.session.beside.courses.values())

    def site_values(self) -> list[dict[str, Any]]:
        """The stored sites in order, as the table of sites says them."""
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
    def lasts(self) -> dict[int, LastSession]:
        """Of each course the session before this one."""
        return self.known.lasts if self.known is not None else last_sessions(self.session, self.muscles)

    @property
    def same_again(self) -> list[LastSession]:
        return same_again(self.lasts, self.product)

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
        """Lots and sizes of the chosen product, first expiry first."""
        if self.product is None:
            return []
        if self.known is not None and self.known.product == self.product:
            return self.known.shelf
        return read_shelf(self.session, self.product)

    @cached_property
    def stock(self) -> list[StockLine]:
        """The shelf, with what the draft takes from it."""
        return stock_lines(self.session, self.product, self.shelf) if self.product else []

    @cached_property
    def ledger(self) -> list[LedgerRow]:
        return ledger_of(self.session, self.product, self.mixings, now=self.now)

    @property
    def usual_aftercare(self) -> str:
        """The words of the last session, else the least that is said."""
        last = newest(self.lasts.values())
        return (last.aftercare_note if last else "") or AFTERCARE

    @cached_property
    def shorthand(self) -> Preview:
        """The shorthand line that was posted, read against the rows of the table as they were posted."""
        if self.data is None:
            return Preview()
        if self.data.get("action") == "shorthand" and not str(self.data.get("shorthand", "")).strip():
            return Preview(problem=HOW)
        chosen = self.data.get("protocol", "")
        product_id = self.product.pk if self.product else None
        return read_line(
            str(self.data.get("shorthand", "")),
            muscles=self.muscles,
            courses=self.courses,
            protocols=sorted(
                self.protocols, key=lambda row: (str(row.pk) != chosen, row.product_id != product_id, row.pk)
            ),
            views=self.views(),
            placed=posted_rows(self.data),
            has_product=self.product is not None,
        )

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
            "map_groups": (map_groups := self.map_groups()),
            "maps": [shown for group in map_groups for shown in group["maps"]],
            "muscle_groups": self.muscle_groups(),
            "muscle_codes": self.muscle_codes(),
            "course_handles": handles(self.courses),
            "shorthand": self.shorthand,
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
            "open_courses": self.session.beside.open_courses,
        }

    def saved(self) -> dict[str, Any]:
        """The parts that change with a save, which a script puts into the page it has."""
        findings = findings_shown(self.session, by=self.user, today=self.today)
        return {
            "session": self.session,
            "header": self.header,
            "product": self.product,
            "vials": self.vials,
            "left_out": left_out(self.shelf),
            "vials_key": "-".join([str(self.product.pk) if self.product else "", *(line.key for line in self.stock)]),
            "suggestion": suggestion(self.stock, self.total),
            "mixings": self.mixings,
            "ledger": self.ledger,
            "ledger_total": ledger_total(self.ledger),
            "last_performed_on": max((last.performed_on for last in self.lasts.values()), default=None),
            "usual_aftercare": self.usual_aftercare,
            "site_now": self.session.site.localtime(self.now).strftime(LOCAL),
            "protocols": (groups := self.protocol_groups()),
            "protocols_in_menu": sum(len(group.buttons) for group in groups) > MOST_BUTTONS,
            "protocols_wait": self.product is None and len(self.protocols) > MOST_BUTTONS,
            "hints": json.dumps({"|".join(key): words for key, words in self.hints.items()}),
            "last_plan": same_again_plan(self.same_again),
            "differences": differences_of(self.session, lasts=self.lasts),
            "palette": self.palette()[0],
            "palette_chosen": self.usual_dose(),
            "findings": findings,
            "measured": measured_responses((finding.key, finding.words) for finding in findings),
            "stops": sum(finding.severity == "stop" for finding in findings),
            "warnings": sum(finding.severity == "warn" for finding in findings),
            "totals": self.totals(),
            "units_per_ml": plain(self.session.units_per_ml),
            "version": self.session.version,
            "saved_at": self.session.site.localtime(self.session.saved_at).replace(tzinfo=None),
        }

    def title(self) -> str:
        before = self.session.beside.courses
        return (
            "; ".join(
                f"{course.condition.name}, session {before[course.pk].session_count + 1}" for course in self.courses
            )
            or "Session"
        )

    def palette(self) -> tuple[list[str], str]:
        return PALETTES.get(self.product.key, (["5", "10", "25", "50"], "5")) if self.product else ([], "1")

    def usual_dose(self) -> str:
        """The dose most sites of this draft have, when the palette offers it."""
        doses = [plain(row.units) for row in self.session.injections.all() if row.units]
        most = max(set(doses), key=doses.count, default="")
        return most if most in self.palette()[0] else ""

    def views(self) -> list[str]:
        wanted = {row.view for row in self.session.injections.all()}
        wanted |= {view for course in self.courses for view in course.condition.body_views}
        return [view for view in MAP_TITLES if view in wanted]

    def map_groups(self) -> list[dict[str, Any]]:
        """The maps by the courses they show; one that several courses need stands once, under all of them."""
        groups: dict[tuple[int, ...], dict[str, Any]] = {}
        for shown in maps_of(self.session, self.views()):
            # A map that only a site of the table asks for goes to the first course.
            on = tuple(
                at for at, course in enumerate(self.courses) if shown["view"] in course.condition.body_views
            ) or (0,)
            courses = [part | {"at": at} for at, part in enumerate(self.totals()["by_course"]) if at in on]
            groups.setdefault(on, {"courses": courses, "maps": []})["maps"].append(shown)
        return [groups[on] for on in sorted(groups, key=lambda on: (on[0], len(on) == 1))]

    def protocol_groups(self) -> list[ProtocolGroup]:
        # Before the product is chosen only a short list is offered; placing it chooses its product.
        few = len(self.protocols) <= MOST_BUTTONS
        wanted = {self.product.pk} if self.product else {row.product_id for row in self.protocols} if few else set()
        offered = [row for row in self.protocols if row.product_id is None or row.product_id in wanted]
        return protocol_groups(offered, brands={product.pk: product.brand for product in self.products})

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

    def muscle_codes(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The codes of the shorthand, in the groups of the pick list."""
        return [
            (group, sorted((self.muscles[key].short or key, name) for key, name in options))
            for group, options in self.muscle_groups()
        ]

    def setup(self) -> dict[str, Any]:
        courses_of = {
            muscle.key: [str(course.pk) for course in self.courses if course.condition_id in muscle.treated_in]
            for muscle in self.muscles.values()
        }
        return {
            "muscles": {muscle.key: muscle.name for muscle in self.muscles.values()},
            "midline": [muscle.key for muscle in self.muscles.values() if muscle.is_midline],
            "courses": [str(course.pk) for course in self.courses],
            "courseNames": {str(course.pk): course.condition.short_name for course in self.courses},
            "coursesOf": {muscle: courses for muscle, courses in courses_of.items() if courses},
            "steps": {str(p.pk): float(PALETTES[p.key][1]) for p in self.products if p.key in PALETTES},
        }

    def totals(self) -> dict[str, Any]:
        rows, per_ml = self.session.injections.all(), self.session.units_per_ml
        discarded = sum((use.units_discarded for use in self.session.vial_uses.all()), Decimal(0))
        return {
            "sites": len(rows),
            "units": plain(self.total),
            "volume": plain(self.total / per_ml) if per_ml and self.total else "",
            "discarded": plain(discarded) if self.session.vial_uses.all() else "",
            "by_course": [
                {
                    "pk": course.pk,
                    "name": course.condition.short_name,
                    "units": plain(sum((r.units for r in rows if r.units and r.course_id == course.pk), Decimal(0))),
                }
                for course in self.courses
            ],
        }

    def errors(self) -> list[tuple[str, str]]:
        """The first message of each field, with the field's name."""
        forms = (self.header, *self.sites.forms, *self.vials.forms, *self.mixings.forms)
        return [(form.add_prefix(name), messages[0]) for form in forms for name, messages in form.errors.items()]

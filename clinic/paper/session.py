"""The procedure note: one session as plain values for its template."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject

from clinic.paper.maps import printed_maps
from outcomes.rules import plain
from patients.models import PriorAuthorization
from treatments.as_signed import papers_as_signed, show_as_signed
from treatments.models import (
    Addendum,
    Injection,
    InjectionSession,
    RecordSeal,
    RetreatmentWindow,
    SessionCourse,
    VialUse,
)
from treatments.rules.difference import Change, Dose, difference
from treatments.rules.findings.record import measured_responses
from treatments.templatetags.cadence import sentence

_APPROVED = ("units_approved", "visits_approved")
_PERMISSION = ("id", "number", "status", "product", "condition", "starts_on", "ends_on", *_APPROVED)


@dataclass
class MuscleRow:
    """One muscle on one side of one course: its sites and units."""

    muscle: str
    side: str
    doses: list[Decimal] = field(default_factory=list)

    @property
    def sites(self) -> int:
        return len(self.doses)

    @property
    def total(self) -> Decimal:
        return sum(self.doses, Decimal(0))

    @property
    def units(self) -> str:
        return plain(self.total)

    @property
    def each(self) -> str:
        """ "4 × 5" when they are alike, else one by one."""
        if len(set(self.doses)) == 1:
            return f"{len(self.doses)} × {plain(self.doses[0])}"
        return " + ".join(plain(dose) for dose in self.doses)


def for_paper(sessions: QuerySet[InjectionSession]) -> QuerySet[Any, Any]:
    """With everything the documents of a session show, in four queries for any number of sites."""
    return (
        sessions.select_related(
            "product",
            "provider__credential",
            "site",
            "patient",
            "protocol",
            "signed_by__credential",
            "voided_by",
            "consent__form",
            "consent__witness",
            "screening__recorded_by",
            "authorization__coverage__payer",
            "weight",
            "replaces__voided_by",
            "replaced_by",
        )
        .annotate(
            addenda_json=ArraySubquery(
                Addendum.objects.filter(session=OuterRef("pk"))
                .order_by("pk")
                .values(json=JSONObject(text="text", at="written_at", signature="signature"))
            ),
            seals_json=ArraySubquery(
                RecordSeal.objects.filter(session=OuterRef("pk"))
                .order_by("pk")
                .values(json=JSONObject(event="event", at="sealed_at", digest="digest"))
            ),
            permissions_json=ArraySubquery(
                PriorAuthorization.objects.filter(patient=OuterRef("patient"), product=OuterRef("product__key"))
                .order_by("pk")
                .values(json=JSONObject(**{name: name for name in _PERMISSION}, payer="coverage__payer__name"))
            ),
            windows_json=ArraySubquery(
                RetreatmentWindow.objects.filter(session=OuterRef("pk"), voided=False)
                .order_by("course")
                .values(
                    json=JSONObject(
                        course="course",
                        eligible_on="eligible_on",
                        opens_on="window_opens_on",
                        closes_on="window_closes_on",
                    )
                )
            ),
        )
        .prefetch_related(
            Prefetch(
                "treated",
                SessionCourse.objects.select_related("course__condition", "course__diagnosis").order_by("pk"),
            ),
            Prefetch("injections", Injection.objects.select_related("muscle").order_by("order")),
            Prefetch(
                "vial_uses",
                VialUse.objects.select_related("vial__lot", "vial__size__product", "reconstituted_by").order_by("pk"),
            ),
        )
    )


def procedure_note(session: Any) -> dict[str, Any]:
    """What the note says. The session comes from for_paper()."""
    show_as_signed(session)
    injections = list(session.injections.all())
    total = sum((row.units for row in injections if row.units), Decimal(0))
    uses = list(session.vial_uses.all())
    per_ml = session.units_per_ml
    return head_of(session) | {
        "courses": courses_of(session),
        "maps": printed_maps(session),
        "unplaced": sum(not row.view for row in injections),
        "total": plain(total),
        "site_count": len(injections),
        "volume": _ml(total / per_ml) if per_ml else "",
        "dilution": f"{session.dilution_units} U in {_ml(session.dilution_ml)} mL" if per_ml else "",
        "per_tenth": plain(Decimal(f"{per_ml / 10:.2f}")) if per_ml else "",
        "vials": [_vial(use, session) for use in uses],
        "opened": plain(sum((Decimal(use.vial.size.units) for use in uses), Decimal(0))),
        "given": plain(sum((use.units_given for use in uses), Decimal(0))),
        "discarded": plain(sum((use.units_discarded for use in uses), Decimal(0))),
        "change": change_since_last(session),
        "windows": windows_of(session),
        "measured": measured_responses((row["key"], row["words"]) for row in session.findings),
        "addenda": [row | {"at": moment(row["at"], session)} for row in session.addenda_json],
    }


def head_of(session: Any) -> dict[str, Any]:
    """What stands on every page, and the state of the record."""
    seals = session.seals_json
    return {
        "session": session,
        # Who signed answers for it; a trainee, or a colleague, who charted it is named beside.
        "provider": session.signed_by or session.provider,
        "charted_by": _charted_by(session),
        "patient": session.patient,
        "site": session.site,
        "service_on": session.performed_on,
        # Signed before these words were kept: what is known now stands in their place, and is said to.
        "recorded_now": " (as recorded now)" if session.as_signed and papers_as_signed(session) is None else "",
        "authorized_by": _authorized_by(session),
        "age": session.patient.age(on=session.performed_on),
        "watermark": {"draft": "DRAFT", "voided": "VOIDED"}.get(session.status, ""),
        "signed_at": session.signed_at and session.site.localtime(session.signed_at).replace(tzinfo=None),
        "voided": _voided(session),
        "replaces": _replaces(session),
        "digest": _short(seals[-1]["digest"]) if seals else "",
        "printed_on": session.site.today(),
    }


def _voided(session: Any) -> str:
    """That a session was voided, when, by whom, why, and what is written in its place; empty where it was not."""
    if session.voided_at is None:
        return ""
    new = getattr(session, "replaced_by", None)
    instead = f" A session signed on {_when(new.signed_at, session)} replaces it." if new and new.signed_at else ""
    return f"This session was voided on {_voiding(session, session)}{instead}"


def _replaces(session: Any) -> str:
    """Which record a session stands in the place of, and why that was voided; empty where it replaces none."""
    old = session.replaces
    if old is None:
        return ""
    first = f"signed on {_when(old.signed_at, session)} and voided on {_voiding(old, session)}"
    return f"This session replaces one of {old.performed_on:%-d %b %Y}, {first} That record stays readable."


def _voiding(voided: Any, session: Any) -> str:
    by = f" by {voided.voided_by.name}" if voided.voided_by else ""
    return f"{_when(voided.voided_at, session)}{by}: {sentence(voided.void_reason)}"


def _when(at: datetime, session: Any) -> str:
    return f"{session.site.localtime(at):%-d %b %Y, %H:%M}"


def _charted_by(session: Any) -> str:
    """Who charted what somebody else signed, with the title, as it was when it was signed; empty where it is one."""
    provider = session.provider
    if provider is None or session.signed_by_id in (None, provider.pk):
        return ""
    credential = getattr(provider, "credential", None)
    if session.signature.startswith("drafted by"):
        return f"{provider.name}, trainee"
    return f"{provider.name}, {credential.title}" if credential else str(provider.name)


def _authorized_by(session: Any) -> dict[str, Any] | None:
    """The authorisation's payer and terms: those in force when the session was signed."""
    row = session.authorization
    if row is None:
        return None
    kept = (papers_as_signed(session) or {}).get("authorization")
    days = {name: date.fromisoformat(kept[name]) for name in ("starts_on", "ends_on")} if kept else {}
    return terms_of(row, **{"payer": row.coverage.payer.name} | (kept or {}) | days)


def terms_of(row: PriorAuthorization, **known: Any) -> dict[str, Any]:
    """Number and terms of an authorisation for print; what is known of them stands before what the row says now."""
    terms = {name: getattr(row, name) for name in ("status", "starts_on", "ends_on", *_APPROVED)} | known
    return terms | {"number": row.number, "status": PriorAuthorization.Status(terms["status"]).label.lower()}


def courses_of(session: Any) -> list[dict[str, Any]]:
    """Each treated course with its muscles, in the order they were charted."""
    found: dict[int, dict[tuple[str, str], MuscleRow]] = {row.course_id: {} for row in session.treated.all()}
    regions: dict[int, dict[str, None]] = {course: {} for course in found}
    for site in session.injections.all():
        rows = found[site.course_id]
        regions[site.course_id][site.muscle.region] = None
        row = rows.setdefault((site.muscle.name, site.side), MuscleRow(site.muscle.name, site.get_side_display()))
        row.doses.append(site.units or Decimal(0))
    return [
        {
            "course": treated.course,
            "rows": list(found[treated.course_id].values()),
            "units": plain(sum((row.total for row in found[treated.course_id].values()), Decimal(0))),
            "sites": sum(row.sites for row in found[treated.course_id].values()),
            "regions": list(regions[treated.course_id]),
            "group": place,
        }
        for place, treated in enumerate(session.treated.all())
    ]


def change_since_last(session: Any) -> dict[str, Any] | None:
    """How the sites and units differ from the last signed session of these courses; None at the first."""
    last = earlier_sessions(session).first()
    if last is None:
        return None
    courses = {row.course_id for row in session.treated.all()}
    same_product = last.product_id == session.product_id
    rows = difference(
        [
            Dose(row["key"], row["side"], Decimal(row["units"]) if row["units"] else None)
            for row in last.sites_json
            if row["course"] in courses
        ],
        [Dose(row.muscle.key, row.side, row.units) for row in session.injections.all()],
        same_product=same_product,
    )
    # A muscle is the same under another name.
    names = {row["key"]: row["muscle"] for row in last.sites_json}
    names |= {row.muscle.key: row.muscle.name for row in session.injections.all()}
    return {
        "last": last,
        "same_product": same_product,
        "rows": [replace(row, muscle=names[row.muscle]) for row in rows if row.change != Change.SAME],
    }


def earlier_sessions(session: Any) -> QuerySet[Any, Any]:
    """The sessions signed here before for any of these courses, newest first, with their sites as JSON."""
    sites = Injection.objects.filter(session=OuterRef("pk")).order_by("order")
    return (
        InjectionSession.objects.filter(
            status=InjectionSession.Status.SIGNED,
            is_touch_up=False,
            patient=session.patient_id,
            performed_on__lt=session.performed_on,
            pk__in=SessionCourse.objects.filter(course__in=[row.course_id for row in session.treated.all()]).values(
                "session"
            ),
        )
        .select_related("product")
        .annotate(
            sites_json=ArraySubquery(
                sites.values(
                    json=JSONObject(
                        course="course",
                        key="muscle__key",
                        muscle="muscle__name",
                        side="side",
                        units=Cast("units", TextField()),
                    )
                )
            )
        )
        .order_by("-performed_on", "-pk")
    )


def windows_of(session: Any) -> list[dict[str, Any]]:
    """When each course may and should be treated again."""
    names = {row.course_id: row.course.condition.name for row in session.treated.all()}
    days = ("eligible_on", "opens_on", "closes_on")
    return [
        {"name": names[row["course"]], **{day: date.fromisoformat(row[day]) for day in days}}
        for row in session.windows_json
    ]


def moment(text: str, session: Any) -> datetime:
    """A moment out of JSON, by the clock of the site."""
    at: datetime = session.site.localtime(datetime.fromisoformat(text)).replace(tzinfo=None)
    return at


def _vial(use: VialUse, session: Any) -> dict[str, Any]:
    at = use.reconstituted_at and session.site.localtime(use.reconstituted_at).replace(tzinfo=None)
    return {
        "use": use,
        "lot": use.vial.lot,
        "size": use.vial.size,
        "given": plain(use.units_given),
        "discarded": plain(use.units_discarded),
        "ml": _ml(use.diluent_ml) if use.diluent_ml else "",
        "at": at,
    }


def _ml(value: Decimal) -> str:
    return plain(Decimal(f"{value:.2f}"))


def _short(digest: str) -> str:
    """The first sixteen signs after the format, in groups of four: enough to compare by eye."""
    digest = digest.rpartition(":")[2]
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4))

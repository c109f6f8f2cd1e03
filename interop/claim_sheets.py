"""Brings signed sessions to the rules of claims as plain values, and their claims to rows of a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch
from django.db.models.functions import JSONObject

from audit.csv_lines import csv_lines
from interop.models import ProcedureCode
from interop.rules.claims import Claim, SiteFacts, VialFacts, claim
from inventory.models import Vial
from patients.models import Coverage, PriorAuthorization
from treatments.as_signed import show_as_signed
from treatments.models import Condition, Injection, InjectionSession, SessionCourse, VialUse
from treatments.querysets.sessions import InjectionSessionQuerySet
from treatments.rules.chosen import permission_for

BATCH = 200  # sessions read at once for an export
COLUMNS = (
    "session",
    "date_of_service",
    "site",
    "provider",
    "provider_npi",
    "patient_record",
    "payer",
    "member_number",
    "authorization",
    "line",
    "kind",
    "code",
    "modifier",
    "units",
    "what",
    "diagnoses",
    "ndc",
    "lots",
    "opened",
    "given",
    "discarded",
    "notes",
)


@dataclass(frozen=True)
class ClaimSheet:
    """One signed session with its claim; the units are the product's, of the vials that are billed.

    `authorization` is the one the session kept, `authorizations` also those of its other conditions.
    """

    session: InjectionSession
    claim: Claim
    vials: list[VialUse]
    billed: list[VialUse]
    coverage: Coverage | None
    authorization: PriorAuthorization | None
    authorizations: list[PriorAuthorization]
    opened: Decimal
    given: Decimal
    discarded: Decimal


def for_claims(sessions: InjectionSessionQuerySet) -> InjectionSessionQuerySet:
    """Signed sessions with all that their claims rest on, in five queries for any number of rows."""
    permissions = PriorAuthorization.objects.filter(patient=OuterRef("patient")).order_by("pk")
    columns = ("id", "number", "status", "product", "condition", "starts_on", "ends_on")
    return (
        sessions.filter(status=InjectionSession.Status.SIGNED)
        .annotate(permissions=ArraySubquery(permissions.values(json=JSONObject(**{name: name for name in columns}))))
        .select_related("product", "signed_by__credential", "site", "patient", "authorization__coverage__payer")
        .prefetch_related(
            Prefetch("treated", SessionCourse.objects.select_related("course__condition", "course__diagnosis")),
            Prefetch("injections", Injection.objects.select_related("muscle", "course__condition").order_by("order")),
            Prefetch("vial_uses", VialUse.objects.select_related("vial__lot", "vial__size")),
            "patient__coverages",
        )
    )


def sheets_of(sessions: Iterable[InjectionSession]) -> list[ClaimSheet]:
    """The claims of sessions from `for_claims()`, with two queries more: the clinic's numbers and the labels."""
    rows = list(sessions)
    numbers = dict(ProcedureCode.objects.values_list("slot", "code"))
    labelled: dict[int | None, set[int]] = {}
    labels = Condition.on_label_products.through.objects.filter(product__in={row.product_id for row in rows})
    for product_id, condition_id in labels.values_list("product_id", "condition_id"):
        labelled.setdefault(product_id, set()).add(condition_id)
    return [_sheet(row, numbers, labelled.get(row.product_id, set())) for row in rows]


def _sheet(session: InjectionSession, numbers: Mapping[str, str], labelled: set[int]) -> ClaimSheet:
    assert session.product is not None  # a signed session has one  # noqa: S101
    coded = {row.course_id: row.course.diagnosis for row in session.treated.all()}
    show_as_signed(session)
    coded_later = []
    for row in session.treated.all():
        if row.course.diagnosis is None and (found := coded[row.course_id]) is not None:
            # A claim needs a code: one chosen since is taken, and that is said.
            row.course.diagnosis = found
            coded_later.append(row.course.condition.name)
    uses = list(session.vial_uses.all())
    billed = [use for use in uses if use.vial.source == Vial.Source.CLINIC]
    sites = list(session.injections.all())
    # A course the session was opened for and in which nothing was injected is not claimed.
    injected = {site.course_id for site in sites}
    courses = [row.course for row in session.treated.all() if row.course_id in injected]
    authorization = session.authorization
    return ClaimSheet(
        session=session,
        claim=claim(
            hcpcs=session.product.hcpcs,
            per=session.product.units_per_billing_unit,
            vials=[
                VialFacts(
                    Decimal(use.vial.size.units),
                    use.units_given,
                    use.units_discarded,
                    use.vial.source == Vial.Source.CLINIC,
                    Vial.Source(use.vial.source).label,
                    use.vial.lot.number,
                    use.vial.size.ndc11,
                )
                for use in uses
            ],
            sites=[SiteFacts(row.muscle.key, row.muscle.region, row.side, row.course.condition.key) for row in sites],
            guidance=session.guidance,
            numbers=numbers,
            diagnoses={course.condition.name: course.diagnosis.code if course.diagnosis else "" for course in courses},
            off_label=[course.condition.name for course in courses if course.condition_id not in labelled],
            is_touch_up=session.is_touch_up,
            replaces=session.replaces_id,
            coded_later=coded_later,
        ),
        vials=uses,
        billed=billed,
        coverage=authorization.coverage if authorization else _coverage(session),
        authorization=authorization,
        authorizations=_authorizations(session, [course.condition.key for course in courses]),
        opened=Decimal(sum(use.vial.size.units for use in billed)),
        given=sum((use.units_given for use in billed), Decimal(0)),
        discarded=sum((use.units_discarded for use in billed), Decimal(0)),
    )


def _authorizations(session: InjectionSession, conditions: Iterable[str]) -> list[PriorAuthorization]:
    """The one the session kept, then those that cover its other conditions."""
    first = session.authorization
    if first is None or session.product is None:
        return []
    permissions = [
        PriorAuthorization(**row | {name: date.fromisoformat(row[name]) for name in ("starts_on", "ends_on")})
        for row in session.permissions  # type: ignore[attr-defined]  # annotated by for_claims()
    ]
    others = [
        permission_for(
            permissions,
            product=session.product.key,
            condition=condition,
            on=session.performed_on,
        )
        for condition in conditions
        if condition != first.condition
    ]
    return [first, *(row for row in others if row is not None)]


def _coverage(session: InjectionSession) -> Coverage | None:
    """Who paid on that day: the coverage entered last of those in force."""
    on = session.performed_on
    valid = [
        row
        for row in session.patient.coverages.all()
        if (row.starts_on is None or row.starts_on <= on) and (row.ends_on is None or row.ends_on >= on)
    ]
    return max(valid, key=lambda row: row.pk, default=None)


# --- as a file


def csv_rows(sheet: ClaimSheet) -> Iterator[list[str]]:
    """One row for each line of the claim, in the order of COLUMNS."""
    session, found = sheet.session, sheet.claim
    # Who signed answers for the claim: of a trainee's session that is the supervisor.
    provider: Any = session.signed_by
    npi = getattr(getattr(provider, "credential", None), "npi", "")
    head = [
        session.pk,
        session.performed_on.isoformat(),
        session.site.name,
        provider.name if provider else "",
        npi,
        session.patient.record_number,
        sheet.coverage.payer.name if sheet.coverage else "",
        sheet.coverage.member_id if sheet.coverage else "",
        " ".join(row.number for row in sheet.authorizations),
    ]
    ndc = " ".join(dict.fromkeys(use.vial.size.ndc11 for use in sheet.billed if use.vial.size.ndc11))
    lots = " ".join(dict.fromkeys(use.vial.lot.number for use in sheet.billed))
    units = [f"{number.normalize():f}" for number in (sheet.opened, sheet.given, sheet.discarded)]
    tail = [" ".join(found.diagnoses), ndc, lots, *units, " ".join(found.notes)]
    lines: list[list[object]] = [
        ["drug", drug.hcpcs, drug.modifier, drug.units, session.product.brand if session.product else ""]
        for drug in found.drugs
    ]
    lines += [
        ["procedure", line.number or "number not entered", line.modifier, line.quantity, _what(line)]
        for line in found.procedures
    ]
    for place, line in enumerate(lines, start=1):
        yield [str(value) for value in (*head, place, *line, *tail)]


def _what(line: Any) -> str:
    return f"{line.words}: {line.what}" if line.what else line.words


def csv_text(sheets: Iterable[ClaimSheet]) -> Iterator[str]:
    """The file line by line, its header first."""
    yield from csv_lines(chain([COLUMNS], (row for sheet in sheets for row in csv_rows(sheet))))


def in_batches(sessions: InjectionSessionQuerySet) -> Iterator[ClaimSheet]:
    """All claims of the sessions, oldest first, reading BATCH of them at a time."""
    last = 0
    while True:
        rows = list(for_claims(sessions).filter(pk__gt=last).order_by("pk")[:BATCH])
        if not rows:
            return
        yield from sheets_of(rows)
        last = rows[-1].pk

"""Brings the rows of a session to the rules as plain values."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from patients.querysets import known_facts
from patients.rules import alerts
from treatments.models import InjectionSession
from treatments.rules.facts import (
    Alert,
    CourseFacts,
    Earlier,
    Finding,
    Maximum,
    ProductFacts,
    SessionFacts,
    Severity,
    SiteDose,
    VialFacts,
)
from treatments.rules.findings import find_all

LOOK_BACK = timedelta(days=182)
_NO_WINDOW: dict[str, Any] = {"eligible_on": None, "last_session_on": None, "reasons": []}


def findings_of(session: InjectionSession, *, by: User, today: date) -> list[Finding]:
    """All findings of the session as it stands; `today` is the site's, `by` is who would sign.

    The session comes from `for_chart()`, unchanged since. Everything else is read now, in two queries.
    """
    return find_all(facts_of(session, by=by, today=today))


def facts_of(session: InjectionSession, *, by: User, today: date) -> SessionFacts:
    known = known_facts(patient_id=session.patient_id)
    return SessionFacts(
        performed_on=session.performed_on,
        today=today,
        age=session.patient.age(on=session.performed_on),
        product=_product(session),
        dilution_chosen=bool(session.dilution_units and session.dilution_ml),
        courses=_courses(session),
        sites=tuple(SiteDose(row.course_id, row.muscle.key, row.side, row.units) for row in session.injections.all()),
        vials=tuple(
            VialFacts(
                name=f"{use.vial.size} lot {use.vial.lot.number}" + (f" ({place})" if place > 1 else ""),
                product=use.vial.size.product.key,
                units=Decimal(use.vial.size.units),
                given=use.units_given,
                discarded=use.units_discarded,
                in_stock=use.vial.status == use.vial.Status.IN_STOCK or not session.is_draft,
                lot_problem=use.vial.lot.problem(on=session.performed_on),
            )
            for place, use in enumerate(session.vial_uses.all(), start=1)
        ),
        earlier=_earlier(session),
        alerts=tuple(
            Alert(alert.code, alert.words, Severity(alert.severity), alert.source, alert.label)
            for alert in alerts(known.allergies, known.medications, known.history_items, on=session.performed_on)
            # Ingredients are judged against the product of this session, below.
            if alert.code not in ("milk_protein", "albumin")
        ),
        allergies=frozenset(
            row.substance for row in known.allergies if row.ended_on is None or row.ended_on > session.performed_on
        ),
        is_touch_up=session.is_touch_up,
        touch_up_reason=session.touch_up_reason,
        signing_problem=by.signing_problem(on=today),
        charted_by=session.provider.name if session.provider is not None and session.provider_id != by.pk else "",
        died_on=session.patient.died_on,
    )


def _product(session: InjectionSession) -> ProductFacts | None:
    product = session.product
    if product is None:
        return None
    return ProductFacts(
        key=product.key,
        brand=product.brand,
        maxima=tuple(
            Maximum(
                Decimal(row["units"]),
                row["window_days"],
                tuple(row["indications"]),
                row["words"],
                row["source"],
                row["confidence"],
            )
            for row in session.label_maxima
        ),
        labelled=tuple(session.labelled),
        contains_albumin=product.contains_albumin,
        albumin_confidence=product.albumin_confidence,
        contains_milk_protein=product.contains_milk_protein,
        milk_protein_confidence=product.milk_protein_confidence,
    )


def _courses(session: InjectionSession) -> tuple[CourseFacts, ...]:
    """The open windows of the treated courses, as they stood before this session."""
    facts = []
    for row in session.treated.all():
        # Annotated by for_chart().
        window: dict[str, Any] = row.window_before or _NO_WINDOW  # type: ignore[attr-defined]
        reason: dict[str, str] = next((r for r in window["reasons"] if r["date"] == "eligible_on"), {})
        facts.append(
            CourseFacts(
                id=row.course_id,
                condition=row.course.condition.key,
                condition_name=row.course.condition.name,
                eligible_on=date.fromisoformat(window["eligible_on"]) if window["eligible_on"] else None,
                last_session_on=date.fromisoformat(window["last_session_on"]) if window["last_session_on"] else None,
                eligible_words=reason.get("words", ""),
                eligible_source=reason.get("source", ""),
                eligible_confidence=reason.get("confidence", ""),
            )
        )
    return tuple(facts)


def _earlier(session: InjectionSession) -> tuple[Earlier, ...]:
    rows = (
        InjectionSession.objects.given_between(
            patient_id=session.patient_id, first=session.performed_on - LOOK_BACK, last=session.performed_on
        )
        .exclude(pk=session.pk)
        .exclude(product=None)
        .for_list()
    )
    return tuple(
        Earlier(row.performed_on, row.product.key, row.product.brand, row.units_total or Decimal(0))
        for row in rows
        if row.product is not None
    )

"""Brings the rows of a session to the rules as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import User
from patients.known import KnownFacts, known_facts
from patients.rules import alerts, merged, screening_alerts, unanswered
from treatments.models import AdverseEvent, Evaluation, InjectionSession, VialUse
from treatments.rules import labels
from treatments.rules.facts import (
    Alert,
    AuthorizationFacts,
    ConsentFacts,
    CourseFacts,
    CoverageFacts,
    Earlier,
    Finding,
    LimbUnits,
    Maximum,
    MuscleRange,
    OpenEvent,
    ProductFacts,
    ScreeningFacts,
    SessionFacts,
    Severity,
    ShortestInterval,
    SiteDose,
    VialFacts,
    WeightFacts,
)
from treatments.rules.findings import find_all
from treatments.rules.response import Cycle, Measure, Rule, Score, judge

_NO_WINDOW: dict[str, Any] = {
    "eligible_on": None,
    "last_session_on": None,
    "reasons": [],
    "responded": False,
    "measured": None,
}
# Judged against the product of the session, not shown as they are.
_INGREDIENTS = ("milk_protein", "albumin")


def findings_of(session: InjectionSession, *, by: User, today: date, now: datetime | None = None) -> list[Finding]:
    """All findings of the session as it stands; `today` is the site's, `by` is who would sign, `now` when.

    The session comes from `for_chart()`, unchanged since. Everything else is read now, in two queries, but for its
    `beside` when that was looked at before.
    """
    return find_all(facts_of(session, by=by, today=today, now=now))


def findings_shown(session: InjectionSession, *, by: User, today: date) -> list[Finding]:
    """The findings as a page lists them: who only charts is told who signs, and has nothing to correct there."""
    found = findings_of(session, by=by, today=today)
    return found if by.has_perm("treatments.sign_session") else [one for one in found if one.key != "signer"]


def facts_of(session: InjectionSession, *, by: User, today: date, now: datetime | None = None) -> SessionFacts:
    known = known_facts(patient_id=session.patient_id, on=session.performed_on)
    of_the_day = known.screening if known.screening and known.screening.answered_on == session.performed_on else None
    screened = screening_alerts(of_the_day.answers) if of_the_day else []
    seen = merged(
        alerts(known.allergies, known.medications, known.history_items, on=session.performed_on),
        [alert for alert in screened if alert.code not in _INGREDIENTS],
    )
    others = _other_sessions(session)
    return SessionFacts(
        performed_on=session.performed_on,
        today=today,
        age=session.patient.age(on=session.performed_on),
        born=session.patient.birth_date,
        given_by=_given_by(session, now or timezone.now()),
        end_recorded=session.ended_at is not None,
        product=_product(session),
        dilution_chosen=bool(session.dilution_units and session.dilution_ml),
        units_per_ml=session.units_per_ml,
        courses=_courses(session),
        sites=tuple(
            SiteDose(row.course_id, row.muscle.key, row.side, row.units, row.muscle.name)
            for row in session.injections.all()
        ),
        vials=_vials(session),
        earlier=tuple(other for other in others if other.performed_on <= session.performed_on),
        later=tuple(other for other in others if other.performed_on > session.performed_on),
        alerts=tuple(_alert(alert) for alert in seen if alert.code not in _INGREDIENTS),
        ingredient_alerts=tuple(_alert(alert) for alert in screened if alert.code in _INGREDIENTS),
        allergies=frozenset(
            row.substance for row in known.allergies if row.ended_on is None or row.ended_on > session.performed_on
        ),
        open_events=_open_events(session),
        guidance=session.guidance,
        guidance_reason=session.guidance_reason,
        last_response=session.last_response,
        is_touch_up=session.is_touch_up,
        touch_up_reason=session.touch_up_reason,
        signing_problem=by.signing_problem(on=today),
        charted_by=session.provider.name if session.provider is not None and session.provider_id != by.pk else "",
        died_on=session.patient.died_on,
        **_papers(known, session),
    )


def _given_by(session: InjectionSession, now: datetime) -> datetime:
    """When the injections were over at the latest: as recorded, or by now, or by the end of the session's day."""
    zone = session.site.zone()
    if session.ended_at is not None:
        return datetime.combine(session.performed_on, session.ended_at, zone)
    end_of_day = datetime.combine(session.performed_on + timedelta(days=1), time(0), zone)
    return _minute(min(now, end_of_day), zone)


def _minute(moment: datetime, zone: ZoneInfo) -> datetime:
    """The minute of that moment at the site: people write down no seconds, so none are compared."""
    return moment.astimezone(zone).replace(second=0, microsecond=0)


def _alert(alert: Any) -> Alert:
    return Alert(
        alert.code, alert.words, Severity(alert.severity), alert.source, alert.label, is_sure=bool(alert.meaning)
    )


def _open_events(session: InjectionSession) -> tuple[OpenEvent, ...]:
    return tuple(
        OpenEvent(
            id=row["id"],
            words=row["words"],
            onset_on=date.fromisoformat(row["onset_on"]),
            outcome=AdverseEvent.Outcome(row["outcome"]).label,
        )
        for row in session.beside.open_events
    )


def _papers(known: KnownFacts, session: InjectionSession) -> dict[str, Any]:
    """Screening, consents, weights, coverages and authorisations, with what of each authorisation is used."""
    used = {row["authorization"]: row for row in session.beside.authorizations_used}
    return {
        "screening": known.screening
        and ScreeningFacts(
            known.screening.id,
            known.screening.answered_on,
            unanswered=len(unanswered(known.screening.answers, sex=session.patient.sex)),
        ),
        "consents": tuple(
            ConsentFacts(
                row.id,
                row.signed_on,
                row.expires_on,
                row.withdrawn_on,
                row.conditions,
                row.covers_off_label,
                row.signer,
            )
            for row in known.consents
        ),
        "weights": tuple(WeightFacts(row.id, row.kg, row.measured_on) for row in known.weights),
        "coverages": tuple(
            CoverageFacts(row.id, row.payer, row.authorization_required, row.starts_on, row.ends_on)
            for row in known.coverages
        ),
        "authorizations": tuple(
            AuthorizationFacts(
                id=row.id,
                number=row.number,
                payer=row.payer,
                status=row.status,
                product=row.product,
                condition=row.condition,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                units_approved=row.units_approved,
                visits_approved=row.visits_approved,
                units_used=Decimal(used[row.id]["units"] or 0) if row.id in used else Decimal(0),
                visits_used=used[row.id]["visits"] if row.id in used else 0,
            )
            for row in known.authorizations
        ),
    }


def _vials(session: InjectionSession) -> tuple[VialFacts, ...]:
    """The vials in the order of their numbers; two of one lot and size are told apart by it."""
    zone = session.site.zone()
    named: dict[str, int] = {}
    facts = []
    for use in sorted(session.vial_uses.all(), key=lambda use: use.vial_id):
        name = f"{use.vial.size} lot {use.vial.lot.number}"
        named[name] = named.get(name, 0) + 1
        named_for = getattr(use.vial, "patient_vial", None)
        facts.append(
            VialFacts(
                name=name + (f" ({named[name]})" if named[name] > 1 else ""),
                product=use.vial.size.product.key,
                units=Decimal(use.vial.size.units),
                given=use.units_given,
                discarded=use.units_discarded,
                # A replacement describes the same visit: its vials have left the shelf with the session it replaces.
                in_stock=use.vial.status == use.vial.Status.IN_STOCK
                or not session.is_draft
                or use.vial_id in session.beside.replaced_vials,
                lot_problem=use.vial.lot.problem(on=session.performed_on),
                of_another_patient=named_for.patient_id != session.patient_id
                if named_for is not None
                else use.vial.source == use.vial.Source.PHARMACY,
                undiluted=use.diluent == VialUse.Diluent.NONE,
                reconstituted_at=_minute(use.reconstituted_at, zone) if use.reconstituted_at else None,
            )
        )
    return tuple(facts)


def _product(session: InjectionSession) -> ProductFacts | None:
    product = session.product
    if product is None:
        return None
    confirmed: dict[str, str] = {row["subject"]: row["value"] for row in session.beside.confirmed}

    def ingredient(name: str, confidence: str, contains: bool) -> str:
        subject = labels.ingredient_subject(product.key, name)
        return labels.mark(confidence, subject=subject, value=labels.ingredient_value(contains), confirmed=confirmed)

    return ProductFacts(
        key=product.key,
        brand=product.brand,
        maxima=tuple(_maximum(row, product.key, confirmed) for row in session.beside.label_maxima),
        muscle_ranges=tuple(_muscle_range(row, product.key, confirmed) for row in session.beside.muscle_doses),
        intervals=tuple(
            ShortestInterval(row["indication"], row["under_18"], row["days"]) for row in session.beside.label_intervals
        ),
        labelled=tuple(session.beside.labelled),
        in_use_hours=product.in_use_hours,
        in_use_confidence=labels.mark(
            product.in_use_confidence,
            subject=labels.in_use_subject(product.key),
            value=labels.in_use_value(product.in_use_hours),
            confirmed=confirmed,
        ),
        ready_to_use=product.ready_to_use,
        contains_albumin=product.contains_albumin,
        albumin_confidence=ingredient("albumin", product.albumin_confidence, product.contains_albumin),
        contains_milk_protein=product.contains_milk_protein,
        milk_protein_confidence=ingredient(
            "milk_protein", product.milk_protein_confidence, product.contains_milk_protein
        ),
    )


def _maximum(row: dict[str, Any], product: str, confirmed: Mapping[str, str]) -> Maximum:
    units, per_kg = Decimal(row["units"]), Decimal(row["per_kg"]) if row["per_kg"] is not None else None
    subject = labels.maximum_subject(
        product,
        indications=row["indications"],
        window_days=row["window_days"],
        under_18=row["under_18"],
        limbs=row["limbs"],
    )
    return Maximum(
        units=units,
        window_days=row["window_days"],
        indications=tuple(row["indications"]),
        words=row["words"],
        source=row["source"],
        confidence=labels.mark(
            row["confidence"],
            subject=subject,
            value=labels.maximum_value(units=units, per_kg=per_kg),
            confirmed=confirmed,
        ),
        under_18=row["under_18"],
        per_kg=per_kg,
        limbs=row["limbs"],
    )


def _muscle_range(row: dict[str, Any], product: str, confirmed: Mapping[str, str]) -> MuscleRange:
    units_max = Decimal(row["units_max"])
    units_min = Decimal(row["units_min"]) if row["units_min"] is not None else None
    return MuscleRange(
        condition=row["condition"],
        muscles=tuple(row["muscles"]),
        units_max=units_max,
        units_min=units_min,
        sites_min=row["sites_min"],
        sites_max=row["sites_max"],
        per_kg=row["per_kg"],
        under_18=row["under_18"],
        source=row["source"],
        confidence=labels.mark(
            row["confidence"],
            subject=labels.muscle_subject(
                product, condition=row["condition"], muscles=row["muscles"], under_18=row["under_18"]
            ),
            value=labels.muscle_value(
                units_min=units_min,
                units_max=units_max,
                per_kg=row["per_kg"],
                sites_min=row["sites_min"],
                sites_max=row["sites_max"],
            ),
            confirmed=confirmed,
        ),
    )


def _courses(session: InjectionSession) -> tuple[CourseFacts, ...]:
    """The open windows of the treated courses, as they stood before this session."""
    facts = []
    for row in session.treated.all():
        beside = session.beside.courses[row.course_id]
        window: dict[str, Any] = beside.window_before or _NO_WINDOW
        reason: dict[str, str] = next((r for r in window["reasons"] if r["date"] == "eligible_on"), {})
        facts.append(
            CourseFacts(
                id=row.course_id,
                condition=row.course.condition.key,
                condition_name=row.course.condition.name,
                eligible_on=date.fromisoformat(window["eligible_on"]) if window["eligible_on"] else None,
                last_session_on=date.fromisoformat(window["last_session_on"]) if window["last_session_on"] else None,
                responded=window["responded"],
                cycle=_cycle(window, until=session.performed_on),
                eligible_words=reason.get("words", ""),
                eligible_source=reason.get("source", ""),
                eligible_confidence=reason.get("confidence", ""),
                diagnosis=row.course.diagnosis.code if row.course.diagnosis else "",
                diagnosis_words=row.course.diagnosis.display if row.course.diagnosis else "",
                **_unsuitable(beside.evaluation),
            )
        )
    return tuple(facts)


def _unsuitable(evaluation: dict[str, str] | None) -> dict[str, Any]:
    """What the latest evaluation of a course says, if it is that the treatment does not suit."""
    if evaluation is None or evaluation["suitability"] != Evaluation.Suitability.NOT_SUITABLE:
        return {}
    return {"unsuitable_on": date.fromisoformat(evaluation["on"]), "unsuitable_why": evaluation["why"]}


def _cycle(window: dict[str, Any], *, until: date) -> Cycle | None:
    """The session of that window judged as this session found it; None without a rule, or when it is the same visit."""
    row = window["measured"]
    if row is None or (session_on := date.fromisoformat(window["last_session_on"])) >= until:
        return None
    return judge(
        Rule(row["is_percent"], Decimal(row["change"]), row["from_day"], row["to_day"], row["better"] == "lower"),
        [
            Score(date.fromisoformat(score["on"]), Decimal(score["value"]), score["order"], score["label"])
            for score in row["scores"]
        ],
        measure=Measure(row["name"], row["unit"]),
        first_session_on=date.fromisoformat(window["first_session_on"]),
        session_on=session_on,
        next_session_on=until,
        on=until,
    )


def _other_sessions(session: InjectionSession) -> list[Earlier]:
    """The patient's sessions around this one, before it and after it, as far as any rule looks."""
    return [
        Earlier(
            date.fromisoformat(row["performed_on"]),
            row["product"],
            row["brand"],
            Decimal(row["units"]),
            frozenset(row["courses"]),
            _limbs(row),
            row["is_outside"],
        )
        for row in session.beside.others
    ]


def _limbs(row: dict[str, Any]) -> tuple[LimbUnits, ...]:
    """Where the units of that session went."""
    if row["is_outside"]:
        condition = row["outside_condition"]
        return (LimbUnits(condition, "", Decimal(row["units"])),) if condition else ()
    return tuple(LimbUnits(limb["condition"], limb["side"], Decimal(limb["units"])) for limb in row["limbs"])

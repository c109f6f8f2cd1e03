"""Writes down sessions long past.

Through the actions a session and its follow-ups take some hundred statements, and two years hold a thousand sessions:
minutes of waiting. So only the latest session of a patient is charted and signed as a provider does it. The earlier
ones are written here, a patient at a time, as signing would have left them; the database checks the same of them (the
triggers of treatments/models/triggers.py), and their windows are made by the action that signs the latest session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from audit.actions import record
from audit.models import Action
from clinic.demo.doses import DILUTION_ML, MIXED_BEFORE, Dose, Protocols, mixed_with
from clinic.demo.plan import Visit
from clinic.demo.story import Story
from inventory.models import Product, StockMovement, Vial
from outcomes.actions import Entry, Findings, score_entry
from outcomes.models import Assessment, InstrumentVersion
from treatments.actions.seals import seal_sessions
from treatments.actions.sessions import record_outside_session
from treatments.as_signed import snapshot_of
from treatments.models import (
    FollowUp,
    FollowUpStep,
    Injection,
    InjectionSession,
    SessionCourse,
    TreatmentCourse,
    VialUse,
)
from treatments.rules.vials import draw_from


def record_outside(story: Story, visit: Visit, *, product: Product, protocols: Protocols, by: User) -> None:
    """Enter a visit of another clinic, once for each condition it treated."""
    sites = story.sites(visit, protocols)
    for condition in visit.conditions:
        record_outside_session(
            course=story.courses[condition],
            performed_on=visit.on,
            product=product,
            units=sum((dose.units for key, dose in sites if key == condition), Decimal(0)),
            source="Letter of the clinic that treated before",
            on=visit.on,
            by=by,
        )


def write_down(
    story: Story,
    *,
    provider: User,
    product: Product,
    protocols: Protocols,
    muscles: Mapping[str, int],
    steps: Callable[[str, date], Sequence[FollowUpStep]],
    instruments: Mapping[str, InstrumentVersion],
    moment: Callable[[Visit], datetime],
    today: date,
) -> int:
    """Write the story's past sessions with everything that came of them, and forget them; how many there were.

    `steps` gives what a session on a day plans for a condition.
    """
    past, story.past = story.past, []
    if not past:
        return 0
    credential = provider.credential
    sessions = InjectionSession.objects.bulk_create(
        InjectionSession(
            patient=story.patient,
            site=next(iter(story.courses.values())).site,
            provider=provider,
            product=product,
            dilution_units=vials[0].size.units,
            dilution_ml=Decimal(DILUTION_ML[product.key][vials[0].size.units]),
            signed_at=moment(visit),
            signed_by=provider,
            signature=f"{provider.name}, {credential.title}, licence {credential.licence_number}: author",
            version=3,
            **story.header(visit),  # type: ignore[arg-type]
        )
        for visit, vials in past
    )
    written = list(zip(sessions, past, strict=True))
    SessionCourse.objects.bulk_create(
        SessionCourse(session=session, course=story.courses[condition])
        for session, (visit, _) in written
        for condition in visit.conditions
    )
    Injection.objects.bulk_create(
        injection
        for session, (visit, _) in written
        for injection in _injections(session, story.sites(visit, protocols), story.courses, muscles)
    )
    VialUse.objects.bulk_create(
        VialUse(
            session=session,
            vial=vial,
            units_given=draw.given,
            units_discarded=draw.discarded,
            **_mixed(session, vial),
        )
        for session, (visit, vials) in written
        for vial, draw in zip(
            vials, draw_from([Decimal(v.size.units) for v in vials], total=story.total(visit, protocols)), strict=True
        )
    )
    # The lock falls, and the database checks units and vials, when the status changes.
    written_down = list(InjectionSession.objects.filter(pk__in=[session.pk for session in sessions]).for_snapshot())
    for session in written_down:
        session.status, session.as_signed = InjectionSession.Status.SIGNED, snapshot_of(session)
    InjectionSession.objects.bulk_update(written_down, ["status", "as_signed"])
    opened = [vial for _, (_, vials) in written for vial in vials]
    Vial.objects.filter(pk__in=[vial.pk for vial in opened]).update(status=Vial.Status.USED)
    StockMovement.objects.bulk_create(
        StockMovement(vial=vial, kind=StockMovement.Kind.USED, by=provider) for vial in opened
    )
    seal_sessions(sessions=sessions)
    for session in sessions:
        record(action=Action.SIGN, by=provider, patient_id=story.patient.pk, subject=session)
    scores: list[tuple[FollowUp, dict[str, Decimal]]] = []
    for session, (visit, _) in written:
        story.cycles.update(visit.conditions)
        for condition in visit.conditions:
            scores += _follow_ups(
                story, session, visit, condition, steps(condition, visit.on), by=provider, today=today
            )
    FollowUp.objects.bulk_create(follow_up for follow_up, _ in scores)
    Assessment.objects.bulk_create(
        assessment
        for follow_up, by_key in scores
        if by_key
        for assessment in assessments(
            follow_up, {instruments[key]: Entry(total=value) for key, value in by_key.items()}
        )
    )
    return len(sessions)


def _mixed(session: InjectionSession, vial: Vial) -> dict[str, Any]:
    """How a vial was reconstituted, as columns of VialUse; empty for one that comes as a solution."""
    product = session.product
    mixed = mixed_with(product.key, vial) if product is not None else None
    if mixed is None or session.signed_at is None:
        return {}
    return {
        "diluent": mixed[0],
        "diluent_ml": mixed[1],
        "reconstituted_at": session.signed_at - MIXED_BEFORE,
        "reconstituted_by": session.provider,
    }


def _injections(
    session: InjectionSession,
    sites: Iterable[tuple[str, Dose]],
    courses: Mapping[str, TreatmentCourse],
    muscles: Mapping[str, int],
) -> Iterable[Injection]:
    return (
        Injection(
            session=session,
            course=courses[condition],
            order=order,
            muscle_id=muscles[dose.muscle],
            side=dose.side,
            view=dose.view,
            x=dose.x,
            y=dose.y,
            units=dose.units,
        )
        for order, (condition, dose) in enumerate(sites, start=1)
    )


def _follow_ups(
    story: Story,
    session: InjectionSession,
    visit: Visit,
    condition: str,
    steps: Iterable[FollowUpStep],
    *,
    by: User,
    today: date,
) -> list[tuple[FollowUp, dict[str, Decimal]]]:
    found = []
    for step in steps:
        follow_up = FollowUp(
            course=story.courses[condition],
            session=session,
            step=step.key,
            name=step.name,
            purpose=step.purpose,
            due_on=visit.on + timedelta(days=step.day),
        )
        day = story.follow_up_day(visit, follow_up.due_on, today=today)
        scores: dict[str, Decimal] = {}
        if day is not None:
            findings, scores = story.found(
                condition, step.key, step.instruments, cycle=story.cycles[condition], was=visit.on, day=day
            )
            for name, value in done(findings, day=day, by=by).items():
                setattr(follow_up, name, value)
        found.append((follow_up, scores))
    return found


def done(findings: Findings, *, day: date, by: User) -> dict[str, Any]:
    """The columns of a follow-up that was done on that day and found this."""
    told = asdict(findings)
    told["spread_answers"] = told.pop("spread")
    # Events of long ago are words of their follow-up; those of the last weeks are opened through the actions.
    for name in ("event_onset_on", "target_on", "target_reason"):
        del told[name]
    return told | {"status": FollowUp.Status.DONE, "done_on": day, "done_by": by, "version": 2}


def assessments(follow_up: FollowUp, scores: Mapping[InstrumentVersion, Entry]) -> list[Assessment]:
    """The scores taken at a follow-up that is done, as rows."""
    assert follow_up.done_on is not None  # noqa: S101 - scores are taken when it is done
    scored = {version: score_entry(version, entry) for version, entry in scores.items()}
    return [
        Assessment(
            course_id=follow_up.course_id,
            instrument=version.instrument,
            version=version,
            assessed_on=follow_up.done_on,
            value=scored[version].value,
            label=scored[version].label,
            answers={key: str(value) for key, value in entry.answers.items()},
            words=dict(entry.words),
            follow_up=follow_up,
            recorded_by_id=follow_up.done_by_id,
        )
        for version, entry in scores.items()
    ]

"""The audit packet: the procedure note with everything else a payer asks for about one session."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from clinic.completeness import completeness_for
from clinic.paper.scores import scores_of
from clinic.paper.session import earlier_sessions, procedure_note, terms_of
from interop.rules.claims import VialFacts, drug_lines
from inventory.models import Vial
from outcomes.rules import plain
from outcomes.summaries import Summary, summaries_for
from patients.models import Coverage, PriorAuthorization, TriedTreatment
from patients.rules.screening import questions_for
from treatments.as_signed import papers_as_signed
from treatments.models import Evaluation, FollowUp
from treatments.rules.chosen import permission_for

BEFORE = 2  # how many sessions before this one a payer asks about


def audit_packet(session: Any) -> dict[str, Any]:
    """The note's contents with the evidence around it. The session comes from for_paper()."""
    note = procedure_note(session)
    courses = [row.course for row in session.treated.all()]
    ids = [course.pk for course in courses]
    scores = scores_of(ids, until=session.performed_on)
    evaluations: dict[int, Evaluation] = {}
    for evaluation in (
        Evaluation.objects.filter(course__in=ids, evaluated_on__lte=session.performed_on)
        .select_related("evaluated_by__credential", "changed_by")
        .order_by("evaluated_on", "pk")
    ):
        evaluations[evaluation.course_id] = evaluation
    earlier = _followed(earlier_sessions(session))[: BEFORE * len(courses) + 4]
    # As it stood by this session, which ended the cycle before it.
    judged = summaries_for(courses, on=session.performed_on)
    before = [
        row
        | _judged(row, judged)
        | {"entries": sorted([*row["follow_ups"], *_scores_after(row, scores)], key=lambda entry: entry["on"])}
        for row in _two_before(session, list(earlier))
    ]
    return note | {
        "whole": completeness_for([session.pk])[session.pk],
        "evidence": [
            {"course": course, "evaluation": evaluations.get(course.pk), "scores": scores.get(course.pk, [])}
            for course in courses
        ],
        "tried": TriedTreatment.objects.filter(patient=session.patient_id).order_by("started_on", "pk"),
        "before": before,
        "coverages": _coverages(session),
        "authorized": _authorized(session, note),
        "screening": screening_of(session),
        "billing": billing_of(session),
    }


def _coverages(session: Any) -> Any:
    """Who paid on the day: as it was known when the session was signed, and of a draft as it is now."""
    if (papers := papers_as_signed(session)) is not None:
        return papers["payers"]
    return (
        Coverage.objects.filter(patient=session.patient_id)
        .exclude(starts_on__gt=session.performed_on)
        .exclude(ends_on__lt=session.performed_on)
    )


def _authorized(session: Any, note: dict[str, Any]) -> list[dict[str, Any]]:
    """The authorisations a session counts under: the one it kept, then those in force on its day for its other courses.

    As treatments.rules.counted says, a session of several conditions counts under one for each.
    """
    first = session.authorization
    names = {row.course.condition.key: row.course.condition.name for row in session.treated.all()}
    found = []
    if first is not None:
        condition = names.get(first.condition, first.condition)
        found.append(note["authorized_by"] | {"condition": condition, "as_of": note["recorded_now"]})
    payers = {row["id"]: row["payer"] for row in session.permissions_json}
    on_file = [_permission(row) for row in session.permissions_json]
    for condition, name in names.items():
        if session.product is None or (first is not None and condition == first.condition):
            continue
        row = permission_for(on_file, product=session.product.key, condition=condition, on=session.performed_on)
        if row is not None:
            # Only of the one it kept the session knows the terms of the day.
            as_of = " (as recorded now)" if session.as_signed else ""
            found.append(terms_of(row, payer=payers[row.pk]) | {"condition": name, "as_of": as_of})
    return found


def _permission(row: dict[str, Any]) -> PriorAuthorization:
    days = {name: date.fromisoformat(row[name]) for name in ("starts_on", "ends_on")}
    return PriorAuthorization(**{name: value for name, value in row.items() if name != "payer"} | days)


def billing_of(session: Any) -> list[dict[str, Any]]:
    """The billing units with JW or JZ, each in words; none for samples and the patient's own drug."""
    vials = [
        VialFacts(
            opened=Decimal(use.vial.size.units),
            given=use.units_given,
            discarded=use.units_discarded,
            is_billed=use.vial.source == Vial.Source.CLINIC,
        )
        for use in session.vial_uses.all()
    ]
    if session.product is None:
        return []
    words = {"": "given", "JZ": "given; nothing to bill as discarded", "JW": "discarded"}
    return [
        {"code": line.hcpcs, "modifier": line.modifier, "units": line.units, "words": words[line.modifier]}
        for line in drug_lines(session.product.hcpcs, session.product.units_per_billing_unit, vials)
    ]


def screening_of(session: Any) -> list[dict[str, str]]:
    """The questions of the day with their answers, those answered yes or unsure first."""
    if session.screening is None:
        return []
    answers = session.screening.answers
    rows = [
        {
            "question": question.label,
            "answer": answers.get(question.key, {}).get("answer", "not answered"),
            "note": answers.get(question.key, {}).get("note", ""),
        }
        for question in questions_for(session.patient.sex)
    ]
    return sorted(rows, key=lambda row: row["answer"] == "no")


def _followed(sessions: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """With what the follow-ups of each found, as JSON."""
    done = FollowUp.objects.filter(session=OuterRef("pk"), status=FollowUp.Status.DONE).order_by("done_on", "pk")
    return sessions.annotate(
        found_json=ArraySubquery(
            done.values(
                json=JSONObject(
                    course="course",
                    name="name",
                    on="done_on",
                    onset_on="onset_on",
                    wear_off_on="wear_off_on",
                    impression="impression",
                    adverse_event="adverse_event",
                    adverse_event_text="adverse_event_text",
                    note="note",
                )
            )
        )
    )


def _two_before(session: Any, earlier: list[Any]) -> list[dict[str, Any]]:
    """For each treated course its last two sessions here, newest first, with what was found after each."""
    found = []
    for treated in session.treated.all():
        course = treated.course
        theirs = [row for row in earlier if any(site["course"] == course.pk for site in row.sites_json)]
        later = session.performed_on
        for row in theirs[:BEFORE]:
            sites = [site for site in row.sites_json if site["course"] == course.pk]
            found.append(
                {
                    "course": course,
                    "session": row,
                    "until": later,
                    "units": plain(sum((_number(site["units"]) for site in sites), Decimal(0))),
                    "sites": len(sites),
                    "follow_ups": [_follow_up(entry) for entry in row.found_json if entry["course"] == course.pk],
                }
            )
            later = row.performed_on
    return found


def _follow_up(entry: dict[str, Any]) -> dict[str, Any]:
    days = {
        name: date.fromisoformat(entry[name]) if entry[name] else None for name in ("on", "onset_on", "wear_off_on")
    }
    impression = FollowUp.Impression(entry["impression"]).label if entry["impression"] else ""
    return entry | days | {"impression": impression}


def _scores_after(row: dict[str, Any], scores: dict[int, list[Any]]) -> list[dict[str, Any]]:
    """Each score between that session and the next with its change from baseline, that it is judged by among them."""
    return [
        {"on": score.assessed_on, "line": line, "score": score, "change": line.change(score)}
        for line in scores.get(row["course"].pk, [])
        for score in line.between(row["session"].performed_on, row["until"])
    ]


def _judged(row: dict[str, Any], summaries: dict[int, Summary]) -> dict[str, str]:
    """What the scores say of that session for its course, and by which rule; nothing where no measure is agreed."""
    summary = summaries.get(row["course"].pk)
    cycle = summary.by_session.get(row["session"].pk) if summary else None
    return {"judged": cycle.words, "rule": summary.rule_words} if summary and cycle else {}


def _number(text: str | None) -> Decimal:
    return Decimal(text or 0)

"""Three problems after recent sessions at each site: one nobody has seen yet, one judged, one that is over."""

from __future__ import annotations

from datetime import timedelta

from clinic.demo.history import History
from treatments.actions.adverse_events import judge_adverse_event, report_adverse_event
from treatments.models import AdverseEvent, InjectionSession

RECENT = timedelta(days=60)


def tell_of_problems(history: History) -> None:
    """After the latest sessions given at each site, for patients whose day is not today."""
    for coast, site in history.team.sites.items():
        today = history.today[coast]
        given = list(
            InjectionSession.objects.filter(
                status="signed", site=site, performed_on__range=(today - RECENT, today - timedelta(days=6))
            )
            .order_by("-performed_on", "pk")
            .select_related("signed_by")[:60]
        )
        neck = next((row for row in given if _treats(row, "cervical_dystonia")), None)
        others = [row for row in given if row is not neck]
        told = zip([neck, *others] if neck else others, _PROBLEMS, strict=False)
        for session, (words, answers, severity, judged) in told:
            event = report_adverse_event(
                session=session,
                words=words,
                onset_on=session.performed_on + timedelta(days=4),
                on=today,
                by=history.team.desk,
                answers=answers,
                severity=severity,
            )
            if judged and session.signed_by is not None:
                judge_adverse_event(
                    event=event,
                    judged={
                        "term": event.term,
                        "onset_on": event.onset_on,
                        "severity": severity,
                        "serious": False,
                        "criteria": [],
                        "muscle": None,
                        "relatedness": "possible",
                        "note": "Called back; told what to watch for.",
                    }
                    | judged,
                    on=today,
                    version=event.version,
                    by=session.signed_by,
                )


def _treats(session: InjectionSession, condition: str) -> bool:
    return session.treated.filter(course__condition__key=condition).exists()


# What was told, the answers, how strong it was, and what the provider made of it.
_PROBLEMS: tuple[tuple[str, dict[str, str], str, dict[str, str]], ...] = (
    (
        "Solid food goes down slowly since the weekend; drinks in small sips.",
        {"breathing": "no", "dysphagia": "yes", "rash_allergy": "no", "weakness": "no"},
        "moderate",
        {},
    ),
    (
        "Left eyelid hangs a little in the evening.",
        {"breathing": "no", "dysphagia": "no", "rash_allergy": "no", "ptosis": "yes"},
        "mild",
        {"outcome": AdverseEvent.Outcome.RECOVERING, "relatedness": "related"},
    ),
    (
        "Neck felt too weak to hold up the head for three days.",
        {"breathing": "no", "dysphagia": "no", "weakness": "no", "fall": "yes"},
        "mild",
        {"outcome": AdverseEvent.Outcome.RECOVERED},
    ),
)

"""A case of the plan with the rows it has become, and the words the demo clinic writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from clinic.demo.doses import Dose, Protocols, doses
from clinic.demo.plan import Case, Visit
from clinic.demo.scores import Response
from inventory.models import Vial
from outcomes.actions import Findings
from patients.models import Patient
from treatments.models import InjectionSession, TreatmentCourse

REASONS = {
    "interval": "Pain returned before the window; discussed with the patient, who travels for work next month.",
    "anticoagulant": "On anticoagulant: fine needle, pressure for five minutes, patient informed.",
    "under-18": "Weight taken today; dose checked against the label with the parents present.",
}
REASON = "Discussed with the patient; benefit outweighs the risk."
NOTES = (
    "",
    "",
    "",
    "Tolerated well.",
    "No bleeding. Same pattern as last time.",
    "Tender on palpation; ice before and after.",
    "Asked to keep the diary and call if swallowing changes.",
)
ADVERSE = (
    "Neck pain for three days, mild.",
    "Bruise at one site, gone after a week.",
    "Heavy eyelid on the left for ten days, mild.",
    "Headache on the evening of the session.",
    "Swallowing felt slow for a week, ate normally.",
    "Hand grip weaker for two weeks.",
)
CLOSED_NOTES = {
    "completed": "Symptom free for half a year; comes back if it returns.",
    "paused": "Wants to pause while pregnant.",
    "stopped": "No benefit after three sessions.",
}


def reason_for(finding: str) -> str:
    """What a provider writes about a warning, by the key of the finding."""
    return next((words for start, words in REASONS.items() if start in finding), REASON)


@dataclass
class Story:
    """One patient: the case, the patient's row, courses by condition, and how the patient answers to treatment."""

    case: Case
    rng: Random
    patient: Patient
    responses: dict[str, Response]
    courses: dict[str, TreatmentCourse] = field(default_factory=dict)
    patterns: dict[tuple[str, bool], list[Dose]] = field(default_factory=dict)
    cycles: Counter[str] = field(default_factory=Counter)
    last_signed: InjectionSession | None = None
    # Reasons given before, by finding: what is known of a patient warns every time.
    reasons: dict[str, str] = field(default_factory=dict)
    # Sessions long past, with the vials they opened, that are still to be written down.
    past: list[tuple[Visit, list[Vial]]] = field(default_factory=list)

    def sites(self, visit: Visit, protocols: Protocols) -> list[tuple[str, Dose]]:
        """What a session injects, by condition: the same every time, as a patient's pattern mostly is."""
        case, together = self.case, len(visit.conditions) > 1
        found = []
        for condition in visit.conditions:
            key = (condition, together)
            if key not in self.patterns:
                self.patterns[key] = doses(
                    self.rng,
                    protocols,
                    condition=condition,
                    product=case.product,
                    side=case.side,
                    is_child=case.is_child,
                    with_other=together,
                )
            pattern = self.patterns[key][-1:] if visit.is_touch_up else self.patterns[key]
            found += [(condition, dose) for dose in pattern]
        return found

    def total(self, visit: Visit, protocols: Protocols) -> Decimal:
        """Units of the case's product that a session gives."""
        return sum((dose.units for _, dose in self.sites(visit, protocols)), Decimal(0))

    def header(self, visit: Visit) -> dict[str, object]:
        """What a session says once for all its sites, beside product and dilution: columns of InjectionSession."""
        rng, first = self.rng, self.case.conditions[0]
        is_limb, is_neck = first.endswith("spasticity"), first == "cervical_dystonia"
        return {
            "performed_on": visit.on,
            "guidance": "ultrasound" if is_limb else "emg" if is_neck else "none",
            "guidance_reason": "Deep muscles next to vessels." if is_limb else "Overactive muscles." if is_neck else "",
            "numbing": rng.choice(["none", "ice", "ice", "topical"]),
            "discomfort": rng.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 6]),
            "aftercare_given": True,
            "medication_guide_given": True,
            "last_response": self._response_before(visit),
            "notes": rng.choice(NOTES),
            "is_touch_up": visit.is_touch_up,
            "touch_up_reason": "One muscle still overactive after three weeks." if visit.is_touch_up else "",
        }

    def _response_before(self, visit: Visit) -> str:
        """What is asked before every session but the first; one in four answers "partial"."""
        if not any(other.on < visit.on for other in self.case.visits):
            return "first"
        return "good" if visit.on.toordinal() % 4 else "partial"

    def follow_up_day(self, visit: Visit, due_on: date, *, today: date) -> date | None:
        """The day on which a follow-up was done, about the day it was due; None when nobody did it (yet)."""
        rng, case = self.rng, self.case
        day = due_on + timedelta(days=rng.randrange(-2, 5))
        later = [other.on for other in case.visits if other.on > visit.on and not other.is_touch_up]
        if later:
            day = min(day, later[0])
        # Of those of the last weeks more still wait.
        skipped = rng.random() < (0.35 if today - due_on <= timedelta(days=10) else 0.04)
        if skipped or day >= today or (case.closed_on is not None and day > case.closed_on):
            return None
        return day

    def found(
        self, condition: str, step: str, instruments: Iterable[str], *, cycle: int, was: date, day: date
    ) -> tuple[Findings, dict[str, Decimal]]:
        """What a follow-up on that day found of a session on `was`, and its scores by instrument."""
        rng, response = self.rng, self.responses[condition]
        if rng.random() < 0.1:
            return Findings(note="Not reached after three calls."), {}
        scores = {
            name: response.score(name, cycle=cycle, is_late=step == "evaluation")
            for name in instruments
            if rng.random() < 0.93
        }

        def after(low: int, high: int) -> date:
            return min(was + timedelta(days=rng.randrange(low, high)), day)

        if step == "onset":
            event = rng.random() < 0.09
            return Findings(
                onset_on=after(3, 12) if response.does_well or rng.random() < 0.5 else None,
                adverse_event=event,
                adverse_event_text=rng.choice(ADVERSE) if event else "",
                event_onset_on=min(was + timedelta(days=4), day) if event else None,
            ), scores
        if step == "evaluation":
            worn = response.does_well and rng.random() < 0.45
            return Findings(
                wear_off_on=after(68, 84) if worn else None,
                impression=response.impression(),
                adverse_event=False,
                note="Effect still holding." if response.does_well and not worn else "",
            ), scores
        return Findings(
            peak_on=after(18, 32) if response.does_well else None,
            impression=response.impression(),
            adverse_event=False,
        ), scores

"""The consultations that began the courses of the demo clinic, written down a table at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from clinic.demo.story import Story
from treatments.models import Evaluation

# How many courses from elsewhere, and how many begun here, have one: the missing are shown as missing.
FROM_ELSEWHERE, BEGUN_HERE = 0.5, 0.92


@dataclass(frozen=True)
class Words:
    symptoms: str
    examination: str
    reasons: str
    goals: tuple[str, ...]
    therapy: str
    lifestyle: str = ""


WORDS = {
    "chronic_migraine": Words(
        "Headache on most days, throbbing, with light and sound sensitivity; acute medicine helps for some hours.",
        "Cranial nerves intact. Tender occipital and trapezius muscles on both sides. No papilloedema.",
        "Headache on 15 days a month or more for over three months; preventives of two classes did not hold.",
        ("Fewer headache days", "Work a full week", "Less acute medicine"),
        "Neck and shoulder exercises, once a week",
        "Regular sleep and meals, fewer than ten days of acute medicine a month",
    ),
    "cervical_dystonia": Words(
        "The head turns and tilts by itself, with neck pain; a touch to the chin helps for moments.",
        "Rotation and tilt at rest, raised shoulder, tremor when held straight. Swallowing normal.",
        "Focal dystonia of the neck that limits driving and reading; tablets helped too little.",
        ("Look over the shoulder while driving", "Less neck pain"),
        "Neck physical therapy after each session",
    ),
    "upper_limb_spasticity": Words(
        "The arm is stiff and bent; washing the palm and dressing are hard.",
        "Elbow and wrist flexors Ashworth 2 to 3, passive range full, no contracture.",
        "Spasticity of the arm that hinders care; splinting and tablets reached their limit.",
        ("Open the hand for washing", "Put on a sleeve without help"),
        "Occupational therapy and a night splint within two weeks",
    ),
    "lower_limb_spasticity": Words(
        "The foot points down and turns in; the toes catch when walking.",
        "Plantar flexors Ashworth 2 to 3, clonus of a few beats, ankle passively to neutral.",
        "Spasticity of the calf that makes walking unsafe; an orthosis alone does not hold.",
        ("Walk to the shop with one stick", "Heel on the ground"),
        "Gait training and stretching, twice a week",
    ),
    "tmj_bruxism": Words(
        "Jaw pain on waking, grinding at night, tired when chewing.",
        "Firm, tender masseter and temporalis on both sides; opening 38 mm, no locking.",
        "Muscle pain of the jaw with grinding; a splint alone did not help. Off-label, and said so.",
        ("Chew without pain", "Wake without headache"),
        "Jaw physical therapy",
        "Soft food for a week, no gum",
    ),
    "myofascial_neck_shoulder": Words(
        "Aching neck and shoulders, worse at the desk, with knots that hurt when pressed.",
        "Taut bands in upper trapezius and levator scapulae on both sides; strength normal.",
        "Pain returns within weeks of trigger-point injections. Off-label, and said so.",
        ("Work a day without pain tablets", "Turn the head freely"),
        "Posture training and stretching, daily",
        "A break from the desk every hour",
    ),
    "low_back_pain": Words(
        "Low back pain with spasm for more than six months, no leg pain.",
        "Paraspinal spasm on both sides, straight-leg raise negative, strength and reflexes normal.",
        "Chronic back pain with spasm; exercise and tablets helped too little. Off-label, and said so.",
        ("Stand through a shift", "Sleep through the night"),
        "Core exercises, twice a week",
        "Walk half an hour a day",
    ),
}


def write_evaluations(stories: Sequence[Story], *, seed: int) -> int:
    """One for most courses, on the day the course began; how many there are."""
    made = []
    for place, story in enumerate(stories):
        rng = Random(f"{seed} evaluations {place}")
        elsewhere = bool(story.case.visits) and story.case.visits[0].is_outside
        for key, course in story.courses.items():
            if rng.random() >= (FROM_ELSEWHERE if elsewhere else BEGUN_HERE):
                continue
            words = WORDS[key]
            made.append(
                Evaluation(
                    course=course,
                    evaluated_on=course.started_on,
                    evaluated_by=course.provider,
                    symptoms=words.symptoms,
                    symptoms_since=str(course.started_on.year - rng.randint(1, 8)),
                    history="No earlier toxin." if not elsewhere else "Treated with toxin at another clinic before.",
                    examination=words.examination,
                    suitability="with_care" if rng.random() < 0.12 else "suitable",
                    suitability_reasons=words.reasons,
                    goals="\n".join(words.goals),
                    told_onset=True,
                    told_duration=True,
                    told_partial=rng.random() < 0.95,
                    told_risks=True,
                    medication_guide_on=course.started_on if rng.random() < 0.9 else None,
                    physical_therapy=words.therapy,
                    lifestyle=words.lifestyle,
                )
            )
    return len(Evaluation.objects.bulk_create(made, batch_size=500))

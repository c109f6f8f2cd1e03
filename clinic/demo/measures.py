"""Scores given item by item, and headache diaries, for some of the demo clinic's patients."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.core.exceptions import ValidationError

from accounts.models import User
from clinic.demo.history import History
from clinic.demo.story import Story
from outcomes.actions import Entry, record_diary_score, record_scores
from outcomes.models import Assessment, DiaryDay, InstrumentVersion
from treatments.models import FollowUp, TreatmentCourse

# Patients of each condition who are measured by more than its one score.
OF_EACH = 6
DIARY_DAYS = 120
GOALS = ("wash and open the hand", "put on a coat alone", "hold a cup steady")


def write_measures(history: History) -> None:
    """Give some courses items at baseline and at their latest follow-up, and those with migraine a diary."""
    measured: Counter[str] = Counter()
    versions = history.instruments
    for story in history.stories:
        provider = history.team.providers[story.case.provider]
        today = history.today[story.case.coast]
        for condition, course in story.courses.items():
            if measured[condition] >= OF_EACH:
                continue
            done = FollowUp.objects.filter(course=course, status=FollowUp.Status.DONE).order_by("done_on").last()
            first = Assessment.objects.filter(course=course).order_by("assessed_on").first()
            if done is None or done.done_on is None or first is None:
                continue
            measured[condition] += 1
            for day, is_better in ((first.assessed_on, False), (done.done_on, story.responses[condition].does_well)):
                given = _given(story.rng, condition, is_better=is_better)
                scores: dict[InstrumentVersion, Entry] = {versions[key]: entry for key, entry in given.items()}
                if scores:
                    record_scores(course=course, scores=scores, assessed_on=day, on=today, by=provider)
            if condition == "chronic_migraine":
                _keep_diary(story, course, measured[condition], today=today, by=provider)


def _given(rng: Random, condition: str, *, is_better: bool) -> dict[str, Entry]:
    """What the instruments of a condition were answered, before treatment or when it works."""
    if condition == "chronic_migraine":
        days = [rng.randint(0, 4) if is_better else rng.randint(3, 15) for _ in range(5)]
        answers = {f"q{number}": Decimal(value) for number, value in enumerate(days, start=1)}
        return {
            "midas": Entry(answers=answers),
            "msq_rfr": Entry(total=Decimal(rng.randint(55, 85) if is_better else 40)),
        }
    if condition == "upper_limb_spasticity":
        level = 1 if is_better else 2
        targets = dict.fromkeys(("hygiene", "dressing", "limb_position"), Decimal(level)) | {"pain": Decimal(1)}
        weights = [(3, 1), (2, 2), (2, 1)]
        goals = {
            key: Decimal(value)
            for number, (importance, difficulty) in enumerate(weights, start=1)
            for key, value in (
                (f"importance_{number}", importance),
                (f"difficulty_{number}", difficulty),
                (f"attained_{number}", rng.choice([0, 0, 1]) if is_better else -1),
            )
        }
        words = {f"goal_{number}": goal for number, goal in enumerate(GOALS, start=1)}
        angles = {"r1": Decimal(60 if is_better else 40), "r2": Decimal(80), "quality": Decimal(2)}
        return {
            "das": Entry(answers=targets | {"principal": Decimal(1)}),
            "tardieu": Entry(answers=angles),
            "gas": Entry(answers=goals, words=words),
        }
    if condition == "tmj_bruxism":
        opening = rng.randint(38, 46) if is_better else rng.randint(29, 36)
        return {"mouth_opening": Entry(answers={"assisted": Decimal(opening), "overlap": Decimal(3)})}
    if condition in ("myofascial_neck_shoulder", "low_back_pain"):
        level = rng.randint(2, 4) if is_better else rng.randint(6, 8)
        return {"peg": Entry(answers={key: Decimal(level) for key in ("pain", "enjoyment", "activity")})}
    return {}


def _keep_diary(story: Story, course: TreatmentCourse, number: int, *, today: date, by: User) -> None:
    """A diary of the last months; one patient of three leaves days out, and one of them too many for a score."""
    rng, does_well = story.rng, story.responses["chronic_migraine"].does_well
    kept = (1.0, 0.85, 0.6)[number % 3]
    days = []
    for back in range(DIARY_DAYS, 0, -1):
        day = today - timedelta(days=back)
        if rng.random() > kept:
            continue
        headache = rng.random() < (0.28 if does_well else 0.62)
        days.append(
            DiaryDay(
                course=course,
                day=day,
                headache=headache,
                migraine=headache and rng.random() < 0.6,
                severity=rng.choice([1, 2, 2, 3]) if headache else None,
                hours=Decimal(rng.choice([2, 4, 6, 8, 12])) if headache else None,
                acute_drug=headache and rng.random() < 0.5,
                recorded_by=by,
            )
        )
    DiaryDay.objects.bulk_create(days)
    try:
        record_diary_score(course=course, last=today - timedelta(days=1), on=today, by=by)
    except ValidationError:
        # Too few days: the page says so, which is what this patient is there to show.
        return

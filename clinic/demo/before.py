"""What stands before each injection in the demo clinic: consents, screenings, weights, coverage, what was tried before.

All of it is written down at once, a table at a time: through the actions it would be thousands of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from accounts.models import User
from clinic.demo.doses import BOTOX, DAXXIFY
from clinic.demo.payers import MEDICARE, PAYERS, make_payers
from clinic.demo.plan import Case
from clinic.demo.story import Story
from patients.actions import add_fact
from patients.known import known_facts
from patients.models import (
    Allergy,
    Consent,
    ConsentForm,
    Coverage,
    Patient,
    Payer,
    PriorAuthorization,
    Screening,
    TriedTreatment,
    Weight,
)
from patients.rules import Alert, alerts, is_under_age
from patients.rules.language import message_language
from patients.rules.screening import VERSION, questions_for
from treatments.models import Condition

YEAR = timedelta(days=365)

# Units asked for in a span of four sessions.
UNITS = {
    "onabotulinumtoxinA": 800,
    "abobotulinumtoxinA": 4000,
    "incobotulinumtoxinA": 1200,
    "rimabotulinumtoxinB": 20000,
    "daxibotulinumtoxinA-lanm": 1000,
}

# Class, name, highest dose, months it was taken, why it was stopped.
Tried = tuple[str, str, str, int, str]
MIGRAINE_TRIED: tuple[Tried, ...] = (
    ("anticonvulsant", "topiramate", "100 mg daily", 5, "side_effects"),
    ("beta_blocker", "propranolol", "160 mg daily", 6, "no_effect"),
    ("antidepressant", "amitriptyline", "50 mg at night", 4, "side_effects"),
    ("antidepressant", "venlafaxine", "150 mg daily", 5, "no_effect"),
    ("cgrp", "erenumab", "140 mg monthly", 6, "lost_effect"),
    ("antihypertensive", "candesartan", "16 mg daily", 4, "no_effect"),
    ("psychological", "biofeedback", "", 3, "completed"),
)
OTHER_TRIED: dict[str, tuple[Tried, ...]] = {
    "cervical_dystonia": (
        ("anticholinergic", "trihexyphenidyl", "6 mg daily", 4, "side_effects"),
        ("physical_therapy", "neck physical therapy", "weekly", 6, "no_effect"),
    ),
    "upper_limb_spasticity": (
        ("oral_antispastic", "baclofen", "60 mg daily", 8, "side_effects"),
        ("physical_therapy", "stretching and splinting", "twice a week", 9, "no_effect"),
    ),
    "lower_limb_spasticity": (
        ("oral_antispastic", "tizanidine", "12 mg daily", 5, "side_effects"),
        ("orthosis", "ankle-foot orthosis", "", 10, "no_effect"),
    ),
    "tmj_bruxism": (
        ("splint", "night splint", "every night", 8, "no_effect"),
        ("physical_therapy", "jaw physical therapy", "weekly", 3, "no_effect"),
    ),
    "myofascial_neck_shoulder": (
        ("nerve_block", "trigger-point injections", "three sessions", 3, "lost_effect"),
        ("analgesic", "naproxen", "500 mg twice a day", 3, "no_effect"),
    ),
    "low_back_pain": (
        ("analgesic", "ibuprofen", "600 mg three times a day", 4, "no_effect"),
        ("physical_therapy", "back school", "weekly", 4, "no_effect"),
    ),
}
SIGNATURES = (
    "M 40 120 Q 70 30 95 120 Q 110 160 135 110 Q 150 80 165 118 Q 180 150 205 112 Q 240 60 262 122 L 330 104",
    "M 52 70 L 60 150 M 52 72 Q 120 40 118 88 Q 110 120 62 112 Q 150 140 190 96 Q 215 140 240 98 Q 290 150 360 90",
    "M 60 130 Q 90 20 120 128 M 74 100 L 112 98 M 140 120 Q 170 70 190 122 Q 220 60 250 120 Q 300 96 372 118",
)


@dataclass(frozen=True)
class Paper:
    """Writes the papers of all stories. `today` is each coast's."""

    stories: Sequence[Story]
    seed: int
    today: dict[str, date]
    providers: dict[str, User]
    desk: User

    def write(self) -> None:
        labelled = set(Condition.objects.exclude(on_label_products=None).values_list("key", flat=True))
        forms = {form.covers_off_label: form for form in ConsentForm.objects.filter(is_current=True)}
        dice = [Random(f"{self.seed} before {place}") for place in range(len(self.stories))]
        pairs = list(zip(self.stories, dice, strict=True))
        Consent.objects.bulk_create(
            consent
            for story, rng in pairs
            for consent in self._consents(story, rng, forms[any(key not in labelled for key in story.case.conditions)])
        )
        people = {patient.pk: patient for patient in Patient.objects.with_facts()}
        Screening.objects.bulk_create(
            row for story in self.stories for row in self._screenings(story, people[story.patient.pk])
        )
        children = [(story, rng) for story, rng in pairs if story.case.is_child]
        Weight.objects.bulk_create(row for story, rng in children for row in self._weights(story, rng))
        TriedTreatment.objects.bulk_create(row for story, rng in pairs for row in self._tried(story, rng))
        payers = make_payers()
        insured = [(story, rng, self._coverage(story, rng, payers)) for story, rng in pairs if rng.random() < 0.9]
        Coverage.objects.bulk_create(coverage for _, _, coverage in insured)
        PriorAuthorization.objects.bulk_create(
            row
            for story, rng, coverage in insured
            if coverage.authorization_required
            for row in self._authorizations(story, rng, coverage)
        )

    # --- one patient

    def _days(self, case: Case) -> list[date]:
        return [visit.on for visit in case.visits if not visit.is_outside]

    def _consents(self, story: Story, rng: Random, form: ConsentForm) -> Iterator[Consent]:
        """One before the first session here, and a new one whenever it has run out; some of those due let it lapse."""
        case, today = story.case, self.today[story.case.coast]
        assert case.starts_on is not None  # noqa: S101 - the plan gives every case a beginning
        days = self._days(case)
        if not days and rng.random() < 0.5:
            return
        holds = timedelta(days=form.valid_days)
        coming = [today] if case.closed_on is None and rng.random() < 0.85 else []
        expires: date | None = None
        for day in [*(days or [case.starts_on]), *coming]:
            if expires is not None and day <= expires:
                continue
            # A consent for today was signed when the visit was booked.
            signed_on = day - timedelta(days=rng.randrange(1, 9)) if day == today else day
            expires = signed_on + holds
            under_age = is_under_age(story.patient.birth_date, on=signed_on)
            name = f"{story.patient.given_name} {story.patient.family_name}"
            yield Consent(
                patient=story.patient,
                form=form,
                conditions=sorted(case.conditions),
                signed_on=signed_on,
                expires_on=expires,
                signer=Consent.Signer.PARENT if under_age else Consent.Signer.PATIENT,
                signer_name=f"Parent of {name}" if under_age else name,
                method=Consent.Method.SCREEN,
                signature=rng.choice(SIGNATURES),
                witness=self.desk,
            )

    def _screenings(self, story: Story, patient: Patient) -> Iterator[Screening]:
        for day in self._days(story.case):
            if day < self.today[story.case.coast]:
                known = alerts(patient.allergies.all(), patient.medications.all(), patient.history_items.all(), on=day)
                yield screening(patient, known, on=day, by=self.providers[story.case.provider])

    def _weights(self, story: Story, rng: Random) -> Iterator[Weight]:
        case, today = story.case, self.today[story.case.coast]
        years = case.age
        for day in {*self._days(case), today - timedelta(days=rng.randrange(2, 20))}:
            # About the weight of a child of that age, a little less the longer ago.
            kg = Decimal(3 * years + 8) - Decimal((today - day).days) * Decimal("0.006")
            yield Weight(
                patient=story.patient,
                kg=kg.quantize(Decimal("0.1")),
                measured_on=day,
                noted_by=self.providers[case.provider],
            )

    def _tried(self, story: Story, rng: Random) -> Iterator[TriedTreatment]:
        case = story.case
        assert case.starts_on is not None  # noqa: S101
        rows: list[Tried] = []
        for key in case.conditions:
            if key == "chronic_migraine":
                count = rng.choice([2, 3, 3, 4])
                rows += rng.sample(MIGRAINE_TRIED, count)
            elif rng.random() < 0.8:
                rows += OTHER_TRIED[key][: rng.choice([1, 2, 2])]
        end = case.starts_on - timedelta(days=rng.randrange(20, 90))
        for kind, name, dose, months, stopped in rows:
            start = end - timedelta(days=months * 30)
            if start < story.patient.birth_date + timedelta(days=1200):
                return
            yield TriedTreatment(
                patient=story.patient,
                kind=kind,
                name=name,
                dose=dose,
                started_on=start,
                ended_on=end,
                stopped=stopped,
                noted_by=self.providers[case.provider],
            )
            end = start - timedelta(days=rng.randrange(10, 60))

    def _coverage(self, story: Story, rng: Random, payers: dict[str, Payer]) -> Coverage:
        offered = [row.name for row in PAYERS for _ in range(row.weight)]
        payer = payers[MEDICARE if story.case.age >= 65 else rng.choice(offered)]
        assert story.case.starts_on is not None  # noqa: S101
        return Coverage(
            patient=story.patient,
            payer=payer,
            member_id=f"{payer.name[0]}{rng.randrange(10**8, 10**9)}",
            authorization_required=payer.authorization_required,
            starts_on=story.case.starts_on.replace(month=1, day=1),
        )

    def _authorizations(self, story: Story, rng: Random, coverage: Coverage) -> Iterator[PriorAuthorization]:
        """For each condition one that holds today for most; some have run out, some still wait for an answer."""
        today, case = self.today[story.case.coast], story.case
        chance = rng.random()
        if chance < 0.08:
            return
        for key in case.conditions:
            row: dict[str, Any] = {
                "patient": story.patient,
                "coverage": coverage,
                "product": case.product,
                "condition": key,
                "units_approved": UNITS[case.product],
                "visits_approved": 4,
                "number": f"PA-{rng.randrange(10**6, 10**7)}",
            }
            if chance < 0.16:
                started = today - YEAR - timedelta(days=rng.randrange(5, 60))
                yield PriorAuthorization(
                    status="approved", starts_on=started, ends_on=started + YEAR - timedelta(days=1), **row
                )
                continue
            if chance < 0.26:
                starts = today + timedelta(days=3)
                yield PriorAuthorization(
                    status="submitted", starts_on=starts, ends_on=starts + YEAR, **{**row, "number": ""}
                )
                continue
            started = today - timedelta(days=rng.randrange(20, 345))
            yield PriorAuthorization(
                status="approved", starts_on=started, ends_on=started + YEAR - timedelta(days=1), **row
            )


def screening(patient: Patient, known: Iterable[Alert], *, on: date, by: User, by_patient: bool = False) -> Screening:
    """Answered as what is known says, and no to the rest; not saved."""
    codes = {alert.code for alert in known}
    return Screening(
        patient=patient,
        answered_on=on,
        questionnaire=VERSION,
        answers={
            question.key: {"answer": "yes" if codes & {question.code, *question.also} else "no", "note": ""}
            for question in questions_for(patient.sex)
        },
        by_patient=by_patient,
        language=message_language(patient.language) if by_patient else "",
        recorded_by=by,
    )


def give_allergies(stories: Sequence[Story], *, by: User) -> None:
    """The allergies that would stop a product, to one patient each who is treated with another."""
    for substance, reaction, product in (
        ("milk_protein", "swelling of the lips", BOTOX),
        ("albumin", "hives after an infusion", DAXXIFY),
    ):
        story = next((story for story in stories if story.case.product == product), None)
        if story is not None:
            add_fact(model=Allergy, patient=story.patient, by=by, substance=substance, reaction=reaction)


def screen_today(patient: Patient, *, on: date, by: User, by_patient: bool = False) -> None:
    """The screening of one patient who comes today."""
    known = known_facts(patient_id=patient.pk)
    found = alerts(known.allergies, known.medications, known.history_items, on=on)
    screening(patient, found, on=on, by=by, by_patient=by_patient).save()

"""The named cast of test people: who they are, where they work, and the patients they see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.models import Credential, SecondFactor, Site, User
from accounts.permissions import Role
from patients.models import Patient
from treatments.models import Condition, TreatmentCourse

PASSWORD = "correct horse battery staple"
HASHED = make_password(PASSWORD)


@dataclass
class Cast:
    """Two sites in two time zones.

    Dr Ito and Dr Okafor inject, Robin answers the phone, Ada reviews, Max is elsewhere.
    """

    harbour: Site
    mesa: Site
    elsewhere: Site
    ito: User
    okafor: User
    robin: User
    ada: User
    max: User
    joye: Patient
    omar: Patient

    def course(
        self, patient: Patient | None = None, condition: str = "chronic_migraine", **fields: Any
    ) -> TreatmentCourse:
        patient = patient or self.joye
        treated = Condition.objects.get(key=condition)
        return TreatmentCourse.objects.create(
            **{
                "patient": patient,
                "condition": treated,
                "diagnosis": treated.diagnosis_codes.order_by("code").first(),
                "site": patient.site,
                "provider": self.ito,
                "started_on": date(2025, 1, 6),
                **fields,
            }
        )


def load_reference_if_missing() -> None:
    from clinic.reference import load_reference

    if not Condition.objects.exists():
        load_reference()


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def make_cast() -> Cast:
    load_reference_if_missing()
    # In few statements: nearly every test begins here.
    harbour, mesa, elsewhere = Site.objects.bulk_create(
        [
            Site(name="Harbour Clinic", time_zone="America/New_York", second_factor=SecondFactor.NOBODY),
            Site(name="Mesa Clinic", time_zone="America/Phoenix", second_factor=SecondFactor.NOBODY),
            Site(name="Elsewhere", time_zone="Europe/Berlin", second_factor=SecondFactor.NOBODY),
        ]
    )
    ito, okafor, robin, ada, other = User.objects.bulk_create(
        User(email=f"{name}@example.org", name=full_name, roles=[role], password=HASHED)
        for name, full_name, role in (
            ("ito", "Dr Kenji Ito", Role.PROVIDER),
            ("okafor", "Dr Ngozi Okafor", Role.PROVIDER),
            ("robin", "Robin Vale", Role.FRONT_DESK),
            ("ada", "Ada Brandt", Role.ADMINISTRATOR),
            ("max", "Max Stranger", Role.PROVIDER),
        )
    )
    works_at = [(user, site) for user in (ito, okafor, robin, ada) for site in (harbour, mesa)]
    User.sites.through.objects.bulk_create(
        User.sites.through(user=user, site=site) for user, site in [*works_at, (other, elsewhere)]
    )
    Credential.objects.bulk_create(
        Credential(
            user=user,
            title="MD",
            licence_number=f"L{npi[:5]}",
            licence_expires_on=harbour.today() + timedelta(days=700),
            npi=npi,
        )
        for user, npi in ((ito, "1234567893"), (okafor, "1245319599"))
    )
    joye, omar = Patient.objects.bulk_create(
        [
            Patient(
                given_name="Joye",
                family_name="Koch",
                birth_date=date(1982, 8, 25),
                sex="F",
                site=harbour,
                phone="+1 617 555 0134",
            ),
            Patient(given_name="Omar", family_name="Díaz", birth_date=date(1970, 2, 28), sex="M", site=mesa),
        ]
    )
    return Cast(harbour, mesa, elsewhere, ito, okafor, robin, ada, other, joye, omar)


@pytest.fixture
def sign_in(cast: Cast) -> Callable[[User], Client]:
    """A client signed in as that person, without the sign-in page (which has its own tests)."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="accounts.backends.StaffBackend")
        return client

    return signed_in

"""What the walk of benchmarks/outside_walk.py knows beside the pages: the table, clinical words, things, people."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from benchmarks.server import PASSWORD

if TYPE_CHECKING:
    from accounts.models import Site, User
    from tests.cast import Cast

PEOPLE = {
    "provider": "maren.holt@example.org",
    "trainee": "ivo.lindahl@example.org",
    "front_desk": "robin.vale@example.org",
    "administrator": "ada.brandt@example.org",
    "stranger": "max@elsewhere.example.org",
    "anonymous": "",
}
# There is one of them, whatever the site.
CLINIC_WIDE = {"instrument_text", "vial_cost"}
# What an authorisation grants, and what is left of it, is the front desk's own business.
DOSE = re.compile(r"\b\d[\d,.]*\s?(?:U|units)\b(?! left| used|, \d+ visits)")
STOCK = re.compile(r"inventory:|treatments:(drug-order|lot-recall|open-vials)")  # vials have their units on their label


class Inside:
    """What the walk knows of the site beside its pages: names of URLs, the table, clinical words, things."""

    def __init__(self) -> None:
        from tests.access_table import TABLE
        from tests.test_permissions import GROUPS

        self.rows = TABLE
        self.groups = tuple(GROUPS)
        self.by_name: dict[str, list[Any]] = {}
        for row in TABLE:
            self.by_name.setdefault(row.name, []).append(row)
        self.words = re.compile(
            "|".join(rf"\b{re.escape(word)}\b" for word in sorted(self._clinical_words(), key=len, reverse=True))
        )

    @staticmethod
    def name_of(path: str) -> str:
        from django.urls import Resolver404, resolve

        try:
            return resolve(path).view_name
        except Resolver404:
            return ""

    def forbids(self, person: str, name: str, method: str) -> bool | None:
        """Whether the table says 403 to that person; None when it depends on the thing or the line is not there."""
        rows = [row for row in self.by_name.get(name, []) if (row.post is not None) == (method == "POST")]
        answers = [row.answers[person] for row in rows or self.by_name.get(name, [])]
        if not answers or 404 in answers:
            return None
        return all(answer in (403, "sign in") for answer in answers)

    @staticmethod
    def _clinical_words() -> set[str]:
        """Texts that are certainly clinical, out of the rows of the demo clinic."""
        from outcomes.models import Instrument
        from patients.models import Allergy, HistoryItem, Medication, TriedTreatment
        from treatments.models import AdverseEvent, Evaluation, InjectionSession, Muscle

        words: set[str] = set()
        words |= set(Muscle.objects.values_list("name", flat=True))
        words |= {name for name in Instrument.objects.values_list("name", flat=True)}
        for model in (Allergy, Medication, HistoryItem, TriedTreatment, AdverseEvent, Evaluation, InjectionSession):
            texts = [each.name for each in model._meta.get_fields() if each.concrete and _is_free_text(each)]
            for row in model._default_manager.values_list(*texts)[:5000] if texts else []:
                words |= {text for text in row if text}
        return {word.strip() for word in words if len(word.strip()) > 6}

    def clinical(self, name: str, text: str) -> str:
        """The first clinical word in what the front desk reads, or nothing."""
        found = self.words.search(text)
        if found is None and not STOCK.match(name):
            found = DOSE.search(text)
        return f"{text[max(0, found.start() - 30) : found.end() + 30]!r}" if found else ""

    def things(self, site: Site, people: dict[str, User], known: dict[str, Any]) -> dict[str, Any]:
        """One thing of each kind that the table names, each about a patient and by a provider of its own."""
        from django.db import transaction

        from inventory.models import Lot
        from messaging.models import Message
        from patients.models import PossibleDuplicate
        from tests.access_things import THINGS

        made = {thing: pk for thing, pk in known.items() if thing in CLINIC_WIDE}
        wanted = {thing for row in self.rows for thing in row.args.values()} - set(made)
        for number, thing in enumerate(sorted(wanted, key=lambda thing: (thing != "counted_line", thing))):
            try:
                with transaction.atomic():
                    made[thing] = THINGS[thing](cast_at(site, number, people)).pk
                    # The next of its kind has the same number.
                    Lot.objects.filter(number="C1234").update(number=f"C1234-{site.pk}-{number}")
                    PossibleDuplicate.objects.filter(value="77").update(value=f"77-{site.pk}")
                    Message.objects.filter(once__startswith="test ").update(once=f"walk {site.pk} {number}")
            except Exception as error:  # the table's other lines are still asked
                print(f"  no {thing} at {site}: {error!r:.120}")
        return made


def _is_free_text(each: Any) -> bool:
    from django.db import models

    if not isinstance(each, models.CharField | models.TextField) or each.choices:
        return False
    return each.name in {"substance", "reaction", "name", "words", "symptoms", "suitability_reasons", "goals", "notes",
                         "note", "what_happened", "detail", "details", "treatment", "plan"}  # fmt: skip


def cast_at(site: Site, number: int, people: dict[str, User]) -> Cast:
    """The people at that site, with two patients and a provider of their own."""
    from accounts.models import Credential, User
    from accounts.rules import is_npi
    from patients.models import Patient
    from tests.cast import Cast

    provider = User.objects.create_user(f"dr{number}@site{site.pk}.example.org", name="Dr Walk", roles=["provider"])
    provider.sites.set([site])
    digits = f"18{site.pk:03}{number:04}"
    npi = next(digits + last for last in "0123456789" if is_npi(digits + last))
    Credential.objects.create(
        user=provider, title="MD", licence_number="W1", licence_expires_on=date(2060, 1, 1), npi=npi
    )
    joye, omar = (
        Patient.objects.create(
            given_name=f"Walk {number}", family_name=name, birth_date=date(1970, 2, 1), sex="F", site=site
        )
        for name in ("One", "Two")
    )
    return Cast(site, site, site, provider, provider, people["front_desk"], people["administrator"],
                people["stranger"], joye, omar)  # fmt: skip


def make_sites() -> tuple[dict[str, User], Site, Site]:
    """Everybody by role, a site where they work, and another where only the stranger does, who holds every role."""
    from accounts.models import Site, User
    from accounts.permissions import Role

    people = {
        person: User.objects.get(email=email) for person, email in PEOPLE.items() if email and person != "stranger"
    }
    here, elsewhere = (
        Site.objects.create(name=name, time_zone="America/New_York", second_factor="nobody")
        for name in ("Walk Street Clinic", "Elsewhere")
    )
    for user in people.values():
        user.sites.add(here)
    people["stranger"] = User.objects.create_user(
        PEOPLE["stranger"], PASSWORD, name="Max Stranger", roles=[Role.PROVIDER, Role.FRONT_DESK, Role.ADMINISTRATOR]
    )
    people["stranger"].sites.set([elsewhere])
    return people, here, elsewhere

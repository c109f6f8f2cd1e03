from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Reverse

from patients.rules import SearchTerms, fold, phone_end

if TYPE_CHECKING:
    from accounts.models import User
    from patients.models import Patient, PossibleDuplicate  # noqa: F401

Row = TypeVar("Row", bound=models.Model)

# How many rows each way of matching may bring before they are ranked: a name of one letter fits thousands.
CANDIDATES = 500


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> PatientQuerySet:
        """Patients of the sites this person works at."""
        return self.filter(site__in=user.sites.all())

    def for_list(self) -> PatientQuerySet:
        return self.select_related("site")

    def with_facts(self) -> PatientQuerySet:
        """With allergies, medications and history items, of which alerts are made: three queries for any number."""
        return self.prefetch_related("allergies", "medications", "history_items")

    def by_name(self) -> PatientQuerySet:
        return self.order_by("name_sort", "id")

    def after(self, name_sort: str, id: int) -> PatientQuerySet:
        """Those who follow this place in the order of names."""
        # The first condition alone bounds the index; the second drops the few who share the name.
        return self.filter(name_sort__gte=name_sort).exclude(name_sort=name_sort, id__lte=id)

    def before(self, name_sort: str, id: int) -> PatientQuerySet:
        """Those who stand in front of this place in the order of names."""
        return self.filter(name_sort__lte=name_sort).exclude(name_sort=name_sort, id__gte=id)

    def search(self, terms: SearchTerms, *, limit: int = 12) -> PatientQuerySet:
        """At most `limit` patients whom the terms may mean, exact matches first.

        Each way of matching is a query of its own, so that each finds its index, and is cut off before ranking, so that
        a search for one letter costs no more than another.
        """
        if not terms:
            return self.none()
        names = Q(name_search=_words(terms.words, ends="")) if terms.words else Q()
        beginnings = Q(name_search=_words(terms.words, ends=":*")) if terms.words else Q()
        born = Q(birth_date__in=terms.birth_dates)
        numbers = []
        if terms.record_number:
            numbers.append(Q(record_number__startswith=terms.record_number))
        if terms.digits:
            numbers.append(Q(phone_end__startswith=terms.digits[::-1]))
        if terms.apart:
            ways = [beginnings & born & number for number in numbers] or [beginnings & born]
        else:
            ways = [beginnings & number for number in numbers]
            if terms.birth_dates:
                ways.append(beginnings & born)
        if not ways:
            ways = [names, beginnings]
        # Whole matches come in whatever happens to the rest: a record number has thousands of longer ones.
        if terms.record_number:
            ways.append(beginnings & (born if terms.apart else Q()) & Q(record_number=terms.record_number))

        ends = self.alias(phone_end=Reverse("phone_digits")).order_by()
        candidates = [ends.filter(way).values("pk")[:CANDIDATES] for way in ways]
        found = self.model._default_manager.filter(
            pk__in=candidates[0].union(*candidates[1:]) if len(candidates) > 1 else candidates[0]
        ).alias(phone_end=Reverse("phone_digits"))
        number_rank = [Q(record_number=terms.record_number)] if terms.record_number else []
        number_rank += [Q(birth_date=birth) for birth in terms.birth_dates]
        if terms.digits:
            number_rank.append(Q(phone_end__startswith=terms.digits[::-1]))
        name_rank = []
        if terms.words:
            family = Q(name_sort__startswith=terms.words[0])
            name_rank = [names & family, names, family]
        return found.order_by(*_rank(number_rank), *_rank(name_rank), "name_sort", "id")[:limit]

    def resembling(self, *, birth_date: date, family_name: str, phone: str = "") -> PatientQuerySet:
        """Who may be this person already: the same date of birth and family name, or the same phone number."""
        ways = []
        if words := fold(family_name).split():
            ways.append(Q(birth_date=birth_date, name_search=_words(words, ends="")))
        if end := phone_end(phone):
            ways.append(Q(phone_end__startswith=end[::-1]))
        if not ways:
            return self.none()
        ends = self.alias(phone_end=Reverse("phone_digits")).order_by()
        candidates = [ends.filter(way).values("pk") for way in ways]
        return self.filter(
            pk__in=candidates[0].union(*candidates[1:]) if len(candidates) > 1 else candidates[0]
        ).by_name()


class FactQuerySet(models.QuerySet[Row]):
    """Allergies, medications and history items."""

    def visible_to(self, user: User) -> FactQuerySet[Row]:
        """Facts about the patients of the sites this person works at."""
        return self.filter(patient__site__in=user.sites.all())


@dataclass(frozen=True)
class KnownAllergy:
    substance: str
    name: str
    reaction: str
    ended_on: date | None


@dataclass(frozen=True)
class KnownMedication:
    drug_class: str
    name: str
    started_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class KnownHistory:
    kind: str
    note: str
    ended_on: date | None


@dataclass(frozen=True)
class KnownFacts:
    """A patient's facts as the plain rows that `patients.rules.alerts` takes, oldest first."""

    allergies: tuple[KnownAllergy, ...]
    medications: tuple[KnownMedication, ...]
    history_items: tuple[KnownHistory, ...]


def known_facts(*, patient_id: int) -> KnownFacts:
    """The facts of one patient as they stand in the database now, in one query."""
    from patients.models import Allergy, HistoryItem, Medication

    no_day = Cast(Value(None), models.DateField())
    no_text = Value("", output_field=models.TextField())

    def rows(
        model: type[models.Model], code: str, name: Combinable, detail: Combinable, began: Combinable
    ) -> models.QuerySet[models.Model, tuple[str, str, str, str, date | None, date | None, int]]:
        return (
            model._default_manager.filter(patient_id=patient_id)
            .annotate(table=Value(model.__name__), code=F(code), called=name, detail=detail, began=began)
            .values_list("table", "code", "called", "detail", "began", "ended_on", "id")
        )

    found = list(
        rows(Allergy, "substance", F("name"), F("reaction"), no_day)
        .union(
            rows(Medication, "drug_class", F("name"), no_text, F("started_on")),
            rows(HistoryItem, "kind", no_text, F("note"), no_day),
            all=True,
        )
        .order_by("id")
    )
    return KnownFacts(
        tuple(KnownAllergy(r[1], r[2], r[3], r[5]) for r in found if r[0] == "Allergy"),
        tuple(KnownMedication(r[1], r[2], r[4], r[5]) for r in found if r[0] == "Medication"),
        tuple(KnownHistory(r[1], r[3], r[5]) for r in found if r[0] == "HistoryItem"),
    )


class PossibleDuplicateQuerySet(models.QuerySet["PossibleDuplicate"]):
    def visible_to(self, user: User) -> PossibleDuplicateQuerySet:
        """Those where this person may see both: the patient who is here, and the site the file was for."""
        sites = user.sites.all()
        return self.filter(patient__site__in=sites, site__in=sites)

    def waiting(self) -> PossibleDuplicateQuerySet:
        return self.filter(decision="waiting")

    def for_list(self) -> PossibleDuplicateQuerySet:
        return self.select_related("patient__site", "site")


def _words(words: Sequence[str], *, ends: str) -> SearchQuery:
    # Folded words hold neither quotes nor backslashes, so quoting them is enough.
    return SearchQuery(" & ".join(f"'{word}'{ends}" for word in words), config="simple", search_type="raw")


def _rank(ways: list[Q]) -> list[Case]:
    """How early in the list each row stands: by the first of the ways it matches."""
    whens = [When(way, then=Value(place)) for place, way in enumerate(ways)]
    return [Case(*whens, default=Value(len(ways)))] if whens else []

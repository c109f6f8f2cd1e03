from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Reverse

from patients.rules import SearchTerms, fold, phone_end

if TYPE_CHECKING:
    from accounts.models import User
    from patients.models import EmergencyAccess, Patient, PatientMerge, PossibleDuplicate, Task  # noqa: F401

Row = TypeVar("Row", bound=models.Model)

# How many rows each way of matching may bring before they are ranked: a name of one letter fits thousands.
CANDIDATES = 500


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User) -> PatientQuerySet:
        """Patients of the sites this person works at; a record merged into another is no patient any more."""
        return self.filter(site__in=user.sites.all(), merged_into=None)

    def kept_for(self, merged_id: int) -> Patient | None:
        """The patient whose record that one is a part of by now, or None when it is not, or nobody of these."""
        patient_id, seen = merged_id, {merged_id}
        while True:
            into = self.model._default_manager.filter(pk=patient_id).values_list("merged_into_id", flat=True).first()
            if into is None or into in seen:
                break
            patient_id = into
            seen.add(into)
        return None if patient_id == merged_id else self.filter(pk=patient_id).first()

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
            # The number of a record that was merged is still on somebody's card.
            ways.append(beginnings & Q(merged_records__record_number=terms.record_number))

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


class PossibleDuplicateQuerySet(models.QuerySet["PossibleDuplicate"]):
    def visible_to(self, user: User) -> PossibleDuplicateQuerySet:
        """Those where this person may see both: the patient who is here, and the site the file was for."""
        sites = user.sites.all()
        return self.filter(patient__site__in=sites, site__in=sites)

    def waiting(self) -> PossibleDuplicateQuerySet:
        return self.filter(decision="waiting")

    def for_list(self) -> PossibleDuplicateQuerySet:
        return self.select_related("patient__site", "site")


class PatientMergeQuerySet(models.QuerySet["PatientMerge"]):
    def visible_to(self, user: User) -> PatientMergeQuerySet:
        """Merges where this person may see both records."""
        sites = user.sites.all()
        return self.filter(kept__site__in=sites, merged__site__in=sites)

    def standing(self) -> PatientMergeQuerySet:
        return self.filter(undone_at=None)

    def for_list(self) -> PatientMergeQuerySet:
        return self.select_related("kept__site", "merged__site", "by", "undone_by")


class EmergencyAccessQuerySet(models.QuerySet["EmergencyAccess"]):
    def visible_to(self, user: User) -> EmergencyAccessQuerySet:
        """Those to patients of this person's sites."""
        return self.filter(patient__site__in=user.sites.all())

    def standing(self, *, user: User, now: datetime) -> EmergencyAccessQuerySet:
        """This person's own that have not ended."""
        return self.filter(user=user, opened_at__lte=now, ends_at__gt=now)

    def for_list(self) -> EmergencyAccessQuerySet:
        return self.select_related("patient__site", "user", "reviewed_by")

    def behind(self, id: int) -> EmergencyAccessQuerySet:
        """The latest first; with a number, those older than it."""
        rows = self.order_by("-pk")
        return rows.filter(pk__lt=id) if id else rows


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: User) -> TaskQuerySet:
        """Tasks of this person's sites."""
        return self.filter(site__in=user.sites.all())

    def open(self) -> TaskQuerySet:
        return self.filter(done_at=None)

    def done(self) -> TaskQuerySet:
        return self.exclude(done_at=None)

    def for_list(self) -> TaskQuerySet:
        return self.select_related("patient", "site", "assigned_to", "done_by")

    def behind(self, due_on: date, id: int) -> TaskQuerySet:
        """Those that follow this place in the order of what is due."""
        # The first condition alone bounds the index; the second drops those of the same day.
        return self.filter(due_on__gte=due_on).exclude(due_on=due_on, id__lte=id)


def _words(words: Sequence[str], *, ends: str) -> SearchQuery:
    # Folded words hold neither quotes nor backslashes, so quoting them is enough.
    return SearchQuery(" & ".join(f"'{word}'{ends}" for word in words), config="simple", search_type="raw")


def _rank(ways: list[Q]) -> list[Case]:
    """How early in the list each row stands: by the first of the ways it matches."""
    whens = [When(way, then=Value(place)) for place, way in enumerate(ways)]
    return [Case(*whens, default=Value(len(ways)))] if whens else []

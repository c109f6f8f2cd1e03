"""Records that may be one person's, found by the database a stretch of records at a time, the newest first.

Every record of the stretch looks its likenesses up in an index: by date of birth, by name, by the end of the phone
number. What a stretch costs does not grow with the clinic, apart from the few who share a birthday.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection

from accounts.models import User
from patients.models import Patient
from patients.rules.likeness import COMPARED_PHONE, SHORTEST_PHONE, Who, likeness

STRETCH = 1_000  # records looked at in one query
MOST_STRETCHES = 5  # for one page
MOST_NEIGHBOURS = 40  # that one record has by one of the three ways: a number everybody gave is no trace
MOST_FOUND = 1_000  # pairs of a stretch that are looked at more closely

_NEIGHBOURS = f"""
    WITH newer AS (
        SELECT id, birth_date, name_sort, name_search, phone_digits FROM patients_patient
         WHERE merged_into_id IS NULL AND site_id = ANY(%(sites)s) AND id < %(before)s AND id >= %(since)s
         ORDER BY id DESC LIMIT %(stretch)s
    ), pairs AS (
        SELECT newer.id AS newer, other.id AS older
          FROM newer JOIN LATERAL (
            (SELECT id FROM patients_patient
             WHERE birth_date = newer.birth_date AND id < newer.id
               AND (left(name_sort, 3) = left(newer.name_sort, 3)
                    OR tsvector_to_array(name_search) && tsvector_to_array(newer.name_search)
                    OR right(phone_digits, {COMPARED_PHONE}) = nullif(right(newer.phone_digits, {COMPARED_PHONE}), ''))
             LIMIT {MOST_NEIGHBOURS})
            UNION
            (SELECT id FROM patients_patient
             WHERE name_sort = newer.name_sort AND id < newer.id
               AND ((extract(day FROM birth_date) = extract(day FROM newer.birth_date))::int
                    + (extract(month FROM birth_date) = extract(month FROM newer.birth_date))::int
                    + (extract(year FROM birth_date) = extract(year FROM newer.birth_date))::int = 2
                    OR (extract(day FROM birth_date) = extract(month FROM newer.birth_date)
                        AND extract(month FROM birth_date) = extract(day FROM newer.birth_date)
                        AND extract(year FROM birth_date) = extract(year FROM newer.birth_date)))
             LIMIT {MOST_NEIGHBOURS})
            UNION
            (SELECT id FROM patients_patient
             WHERE length(newer.phone_digits) >= {SHORTEST_PHONE} AND id < newer.id
               AND reverse(phone_digits) ~>=~ reverse(right(newer.phone_digits, {COMPARED_PHONE}))
               AND reverse(phone_digits) ~<~ (reverse(right(newer.phone_digits, {COMPARED_PHONE})) || ':')
             LIMIT {MOST_NEIGHBOURS})
          ) AS other ON TRUE
    )
    SELECT (SELECT min(id) FROM newer), (SELECT count(*) FROM newer),
           array(SELECT array[pairs.newer, pairs.older] FROM pairs
                   JOIN patients_patient AS older ON older.id = pairs.older
                  WHERE older.merged_into_id IS NULL AND older.site_id = ANY(%(sites)s)
                    AND NOT EXISTS (SELECT 1 FROM patients_toldapart AS apart
                                     WHERE apart.first_id = pairs.older AND apart.second_id = pairs.newer)
                  ORDER BY pairs.newer DESC, pairs.older DESC LIMIT {MOST_FOUND})
"""  # noqa: S608 - numbers of this module


@dataclass(frozen=True)
class LikelyPair:
    newer: Patient
    older: Patient
    words: str


@dataclass
class Found:
    """A page of pairs; `next` is where the next page goes on, None when every record was looked at."""

    pairs: list[LikelyPair] = field(default_factory=list)
    looked_at: int = 0
    next: int | None = None


def likely_pairs(
    *,
    by: User,
    before: int | None = None,
    since: int = 0,
    most: int = 20,
    stretches: int = MOST_STRETCHES,
    phone_alone: bool = False,
) -> Found:
    """Pairs whose newer record is older than `before`, and not older than `since`; both at sites of this person,
    neither told apart yet.

    With `phone_alone` also those who share nothing but a phone number: most of them are families.
    """
    found = Found()
    sites = list(by.sites.values_list("pk", flat=True))
    before = before or 2**63 - 1
    for _ in range(stretches):
        with connection.cursor() as cursor:
            cursor.execute(_NEIGHBOURS, {"sites": sites, "before": before, "since": since, "stretch": STRETCH})
            last, looked_at, pairs = cursor.fetchone()
        found.looked_at += looked_at
        if len(pairs) == MOST_FOUND and pairs[0][0] != pairs[-1][0]:
            # Cut off in the middle of a record: that one is looked at again with the next stretch.
            last, looked_at = pairs[-1][0] + 1, STRETCH
            pairs = [pair for pair in pairs if pair[0] >= last]
        people = Patient.objects.select_related("site").in_bulk({pk for pair in pairs for pk in pair})
        for newer, older in pairs:
            if len(found.pairs) >= most and found.pairs[-1].newer.pk != newer:
                found.next = found.pairs[-1].newer.pk
                return found
            words = likeness(_who(people[newer]), _who(people[older]))
            if words and (phone_alone or words != "the same phone number"):
                found.pairs.append(LikelyPair(people[newer], people[older], words))
        before = last or before
        if looked_at < STRETCH:
            return found
    found.next = before
    return found


def _who(patient: Patient) -> Who:
    return Who(
        given_name=patient.given_name,
        family_name=patient.family_name,
        former_name=patient.former_name,
        birth_date=patient.birth_date,
        phone_digits=patient.phone_digits,
    )

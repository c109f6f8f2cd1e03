"""Measures the front desk's pages with a million patients, against the same pages with a thousand.

    .venv/bin/python -m benchmarks.million                      # some minutes to make them, then as many to measure
    .venv/bin/python -m benchmarks.million --patients 100000

A private PostgreSQL on a folder of its own is filled by SQL, with the triggers off: a course for each patient, nine of
ten at one site; most with a session, its window, a coverage and an authorisation, some with calls, holds and visits.
What triggers keep on a course is worked out as the upgrade to it does. Each page is asked for through the middleware,
views and templates, as the front desk of that site; the best of the rounds counts, because others use the machine.

Prints for each page ms and queries, and how many times longer it takes than with a thousand patients. Ends with 1 when
any page takes more than 12 queries.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from benchmarks.recall_list import start_empty_clinic
from scheduling.triggers import asking, tries

SMALL, MOST_QUERIES = 1000, 12
PROVIDERS = 400

PAGES = {
    "recalls": "/recalls/",
    **{
        f"recalls, {tab}": f"/recalls/?tab={tab}"
        for tab in ("opening", "due", "overdue", "lapsed", "new", "too-early", "all", "hidden")
    },
    "recalls, all sites": "/recalls/?site=all",
    **{f"recalls by {sort}": f"/recalls/?sort={sort}" for sort in ("target", "contact", "name", "attempts")},
    "recalls, all by name": "/recalls/?tab=all&sort=name",
    "recalls, common condition": "/recalls/?condition={common}",
    "recalls, rare condition": "/recalls/?condition={rare}",
    "recalls, provider": "/recalls/?provider={provider}",
    "recalls, common language": "/recalls/?language=Spanish",
    "recalls, rare language": "/recalls/?language=Tagalog",
    "recalls, payer": "/recalls/?payer={payer}",
    "recalls, rare payer": "/recalls/?payer={rare_payer}",
    **{f"recalls, attempts {count}": f"/recalls/?attempts={count}" for count in range(4)},
    **{f"recalls, PA {state}": f"/recalls/?authorisation={state}" for state in ("ok", "missing", "not-needed")},
    "recalls, target days": "/recalls/?target_from={today}&target_to={today}",
    "recalls, ready": "/recalls/?ready=1",
    "recalls, all rare language": "/recalls/?tab=all&language=Tagalog",
    "authorisations to ask for": "/authorizations/to-ask/",
    "authorisations, asked": "/authorizations/to-ask/?tab=asked",
    "authorisations, payer": "/authorizations/to-ask/?payer={payer}",
    "patients": "/patients/",
    "patients found": "/patients/?q=number77",
    "calendar": "/calendar/",
    "tasks": "/tasks/",
    "waiting list": "/waiting/",
}

# `made` holds what is drawn for each patient once; the statements after it spread that over the tables.
MAKE = """
CREATE TEMP TABLE made ON COMMIT DROP AS
WITH drawn AS (
    SELECT n, random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5, random() AS r6,
           random() AS r7, random() AS r8
      FROM generate_series(%(first)s, %(last)s) AS n
), sited AS (
    SELECT *, (%(sites)s::bigint[])[CASE WHEN n %% 10 > 0 THEN 1 ELSE 2 + (n / 10 %% 3) END] AS site,
           (%(conditions)s::bigint[])[1 + floor(r1 * r1 * r1 * %(condition_count)s)::int] AS condition,
           (%(people)s::bigint[])[1 + (n %% %(people_count)s)::int] AS provider,
           (%(today)s - CASE WHEN r2 < 0.85 THEN floor(r3 * 170) ELSE 100 + floor(r3 * 1200) END::int)::date AS day
      FROM drawn
), allowed AS (
    SELECT sited.*, rhythm.*, day + min_interval_days AS eligible
      FROM sited
      JOIN (SELECT DISTINCT ON (condition_id) id AS policy, condition_id, min_interval_days, opens_months,
                   closes_months, lead_days, lapse_months
              FROM treatments_conditionpolicy ORDER BY condition_id, version DESC) AS rhythm
        ON condition_id = condition
), opened AS (
    SELECT *, greatest((day + opens_months * interval '1 month')::date, eligible) AS opens FROM allowed
), closed AS (
    SELECT *, greatest((day + closes_months * interval '1 month')::date, opens) AS closes FROM opened
)
SELECT *, r4 < 0.97 AS treated, (closes + lapse_months * interval '1 month')::date AS lapses, opens - lead_days
       AS opening,
       CASE WHEN r4 >= 0.97 THEN NULL
            WHEN r5 < 0.45 AND eligible + 5 >= %(today)s
            THEN greatest(eligible + CASE WHEN r5 < 0.003 THEN -7 ELSE floor(r6 * 20)::int END, %(today)s + 1)
            WHEN r5 < 0.30 AND closes >= %(today)s THEN %(today)s + 1 + floor(r6 * 30)::int END AS booked,
       r7 < 0.12 AS is_closed
  FROM closed;
CREATE INDEX ON made (n);
ANALYZE made;
INSERT INTO patients_patient (id, version, record_number, given_name, family_name, former_name, birth_date, sex, phone,
       email, address, city, state, postal_code, language, preferred_channel, site_id, died_on, left_on, created_at)
SELECT n, 1, 'M' || n, 'Ana', 'Number' || n, '', date '1940-01-01' + (n %% 25000)::int, 'F', '+1 617 ' || n, '', '', '',
       '', '', CASE WHEN r8 < 0.8 THEN 'English' WHEN r8 < 0.95 THEN 'Spanish' WHEN r8 < 0.9995 THEN '' ELSE
       'Tagalog' END,
       'phone', site, CASE WHEN r6 < 0.02 THEN %(today)s - floor(r7 * 900)::int END,
       CASE WHEN r6 > 0.98 THEN %(today)s - floor(r7 * 900)::int END, now()
  FROM made;
INSERT INTO treatments_treatmentcourse (id, version, last_session_on, eligible_on, opening_on, window_opens_on,
       window_closes_on, lapses_on, target_on, patient_id, condition_id, site_id, provider_id, started_on, closed_on,
       closed_reason, closed_note, booked_dates, booked_until, times_tried)
SELECT n, 1, CASE WHEN treated THEN day END, CASE WHEN treated THEN eligible END, CASE WHEN treated THEN opening END,
       CASE WHEN treated THEN opens END, CASE WHEN treated THEN closes END, CASE WHEN treated THEN lapses END,
       CASE WHEN treated THEN opens END, n, condition, site, provider, day - 200,
       CASE WHEN is_closed THEN %(today)s - 30 END, CASE WHEN is_closed THEN 'paused' ELSE '' END, '',
       CASE WHEN booked IS NULL THEN '{}' ELSE ARRAY[booked] END, booked, 0
  FROM made;
INSERT INTO patients_coverage (id, version, patient_id, payer_id, member_id, authorization_required)
SELECT n, 1, n, (%(payers)s::bigint[])[CASE WHEN r8 < 0.0005 THEN 1 ELSE 2 + (n %% 10)::int END], '', r2 < 0.6
  FROM made WHERE r3 < 0.85;
INSERT INTO patients_priorauthorization (id, version, patient_id, coverage_id, number, status, product, condition,
       units_approved, visits_approved, starts_on, ends_on, denial_reason, document, document_name, note)
SELECT n, 1, n, n, 'A' || n, CASE WHEN r8 < 0.9 THEN 'approved' WHEN r8 < 0.95 THEN 'submitted' ELSE 'denied' END,
       %(product_key)s, c.key, 800, 4, day - 30, day + 335, '', '', '', ''
  FROM made JOIN treatments_condition c ON c.id = condition WHERE r3 < 0.85 AND r2 < 0.55;
INSERT INTO treatments_injectionsession (id, version, patient_id, site_id, provider_id, performed_on, status,
       is_outside,
       product_id, guidance, guidance_reason, numbing, complication, complication_note, bleeding, aftercare_given,
       aftercare_note, medication_guide_given, last_response, last_response_note, notes, is_touch_up, touch_up_reason,
       outside_source, outside_lot, findings, as_signed, signature, void_reason, created_at, saved_at,
       signed_at, signed_by_id)
SELECT n, 1, n, site, provider, day, 'signed', false, %(product)s, 'none', '', 'none', 'none', '', 'none',
       true, '', true,
       'good', '', '', false, '', '', '', '[]', '{}', '', '', now(), now(), now(), provider
  FROM made WHERE treated;
INSERT INTO treatments_sessioncourse (session_id, course_id) SELECT n, n FROM made WHERE treated;
INSERT INTO treatments_injection (session_id, course_id, "order", muscle_id, side, view, units)
SELECT n, n, 1, (SELECT min(id) FROM treatments_muscle), 'left', '', 155 FROM made WHERE treated;
INSERT INTO treatments_retreatmentwindow (id, last_session_on, eligible_on, opening_on, window_opens_on,
       window_closes_on,
       lapses_on, target_on, course_id, session_id, policy_id, reasons, target_chosen_reason, voided)
SELECT n, day, eligible, opening, opens, closes, lapses, opens, n, n, policy, '[]', '', false FROM made WHERE treated;
INSERT INTO scheduling_recallattempt (window_id, course_id, channel, outcome, hidden_until, note, at, source, by_id)
SELECT n, n, 'phone', CASE WHEN r8 < 0.7 THEN 'voicemail' ELSE 'declined' END,
       %(today)s + CASE WHEN r8 < 0.7 THEN -10 ELSE 5 END, '', now() - ago * interval '1 week', 'person', provider
  FROM made, generate_series(0, 2) AS ago WHERE treated AND opening < %(today)s AND booked IS NULL AND r1 < 0.3
       - ago * 0.1;
INSERT INTO scheduling_recallhold (window_id, course_id, kind, until, reason, at, by_id)
SELECT n, n, 'snooze', %(today)s + 30, 'travels', now(), provider
  FROM made WHERE treated AND opening < %(today)s AND booked IS NULL AND r8 > 0.98;
INSERT INTO scheduling_appointment (id, version, patient_id, provider_id, site_id, kind, starts_at, ends_at,
       status, note,
       cancelled_by, cancelled_reason, override_reason, plan_step, source, created_at, created_by_id)
SELECT n, 1, n, (%(people)s::bigint[])[1 + (place %% %(people_count)s)::int], site, 'session',
       (booked + %(opens)s::time + place / %(people_count)s * interval '10 minutes') AT TIME ZONE 'America/New_York',
       (booked + %(opens)s::time + interval '10 minutes' + place / %(people_count)s * interval '10 minutes') AT
       TIME ZONE 'America/New_York',
       'booked', '', '', '', '', '', 'staff', now(), provider
  FROM (SELECT *, row_number() OVER (PARTITION BY booked ORDER BY n) - 1 AS place FROM made WHERE booked IS NOT
       NULL) AS v;
INSERT INTO scheduling_appointmentcourse (appointment_id, course_id) SELECT n, n FROM made WHERE booked IS NOT NULL;
"""

# As the upgrade that brought them does.
KEEP = f"""
DO $$
DECLARE touched bigint[] := ARRAY(SELECT id FROM treatments_treatmentcourse WHERE id > %s);
BEGIN {tries.REFRESH} {asking.REFRESH}
END $$
"""  # noqa: S608 - nothing of it comes from outside


class Million:
    """A clinic of four sites, one of them with nine of ten patients; grows by numbers of patients."""

    def __init__(self) -> None:
        from accounts.models import Site, User
        from inventory.models import Product
        from patients.models import Payer
        from treatments.models import Condition

        self.sites = [
            Site.objects.create(name=f"Generated {number}", time_zone="America/New_York", second_factor="nobody")
            for number in range(4)
        ]
        self.people = User.objects.bulk_create(
            User(email=f"generated{number}@example.org", name=f"Provider {number}", roles=["provider"])
            for number in range(PROVIDERS)
        )
        for person in self.people[:40]:
            person.sites.set(self.sites)
        self.desk = User.objects.create_user("desk@example.org", None, name="Robin Vale", roles=["front_desk"])
        self.desk.sites.set(self.sites)
        self.payers = [
            Payer.objects.create(name=f"Payer {number}", lead_days=14, authorization_required=True)
            for number in range(11)
        ]
        self.product = Product.objects.order_by("pk")[0]
        self.conditions = list(Condition.objects.order_by("pk").values_list("pk", flat=True))
        self.count = 0

    def grow(self, count: int) -> None:
        """As many patients as that, in place of so many as there are."""
        import psycopg2
        from django.conf import settings

        # The owner: the application's role may not turn triggers off.
        owner = psycopg2.connect(**settings.EMBEDDED_POSTGRES.parameters)
        with owner, owner.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica; SELECT setseed(0.5)")
            cursor.execute(MAKE, self._facts(self.count + 1, count))
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SET session_replication_role = origin")
            began = time.monotonic()
            cursor.execute(KEEP, [self.count])
            print(f"what is kept on {count - self.count:,} courses: {time.monotonic() - began:.0f} s", flush=True)
            cursor.execute("VACUUM ANALYZE treatments_treatmentcourse")
        owner.close()
        self.count = count

    def _facts(self, first: int, last: int) -> dict[str, Any]:
        return {
            "first": first,
            "last": last,
            "today": self.sites[0].today(),
            "opens": "08:00" if self.count else "07:00",  # so that what is added overlaps with nothing
            "sites": [site.pk for site in self.sites],
            "people": [person.pk for person in self.people],
            "people_count": PROVIDERS,
            "conditions": self.conditions,
            "condition_count": len(self.conditions),
            "payers": [payer.pk for payer in self.payers],
            "product": self.product.pk,
            "product_key": self.product.key,
        }

    def client(self) -> Any:
        from django.test import Client

        client = Client(SERVER_NAME="localhost")
        client.force_login(self.desk, backend="accounts.backends.StaffBackend")
        client.post("/site/switch/", {"site": self.sites[0].pk})
        return client

    def address(self, page: str) -> str:
        return page.format(
            common=self.conditions[0],
            rare=self.conditions[-1],
            provider=self.people[7].pk,
            payer=self.payers[3].pk,
            rare_payer=self.payers[0].pk,
            today=self.sites[0].today(),
        )


def measured(clinic: Million, pages: dict[str, str], rounds: int) -> dict[str, tuple[float, int]]:
    """Of each page the best time in ms, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, found = clinic.client(), {}
    for name, page in pages.items():
        address, times = clinic.address(page), []
        for _ in range(rounds + 1):  # the first one warms up
            began = time.monotonic()
            answer = client.get(address)
            times.append((time.monotonic() - began) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{address} answered {answer.status_code}.")
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        found[name] = (min(times[1:]), len(queries))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    start_empty_clinic()
    clinic = Million()
    clinic.grow(SMALL)
    small = measured(clinic, PAGES, options.rounds)
    began = time.monotonic()
    clinic.grow(options.patients)
    print(f"{options.patients:,} patients made in {time.monotonic() - began:.0f} s", flush=True)
    many = measured(clinic, PAGES, options.rounds)
    for name, (ms, queries) in many.items():
        print(
            f"  {name:28} {ms:6.0f} ms  {queries:3} queries  {ms / small[name][0]:6.1f} times as long as with {SMALL:,}"
        )
    too_many = [name for name, (_, queries) in many.items() if queries > MOST_QUERIES]
    if too_many:
        print(f"More than {MOST_QUERIES} queries: {', '.join(too_many)}")
    return 1 if too_many else 0


if __name__ == "__main__":
    sys.exit(main())

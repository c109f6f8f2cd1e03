"""Compares the recall list with an independent computation, for every course of a generated clinic on many days.

    .venv/bin/python -m benchmarks.recall_list                      # 20,000 courses, 400 days
    .venv/bin/python -m benchmarks.recall_list --courses 2000 --days 40

The clinic has two sites in two time zones, with first sessions, repeats, touch-ups and voided sessions, bookings in the
window, too early and too late, calls, holds, deaths and closings. `TRUTH` is written from the product's definitions on
the records themselves: sessions, appointments, attempts and holds; it knows neither the dates kept on a course nor the
querysets. On each of the days, at a random hour, both name every course's state and booking, whether its row is put
away, and on which lists it stands.

Ends with 1 when any course differs on any day.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from benchmarks.generated_clinic import GeneratedClinic

ROOT = Path(__file__).resolve().parent.parent

# A row for each course of these sites that is open on that moment's day of its site.
TRUTH = """
WITH here AS (
    SELECT id AS site, time_zone AS zone, (%(now)s AT TIME ZONE time_zone)::date AS t
      FROM accounts_site WHERE id = ANY(%(sites)s)
), last AS (
    SELECT treated.course_id AS course, max(given.performed_on) AS d
      FROM treatments_sessioncourse treated
      JOIN treatments_injectionsession given ON given.id = treated.session_id
     WHERE given.status IN ('signed', 'recorded') AND NOT given.is_touch_up
     GROUP BY treated.course_id
), rhythm AS (
    SELECT DISTINCT ON (condition_id)
           condition_id, min_interval_days, opens_months, closes_months, lead_days, lapse_months
      FROM treatments_conditionpolicy ORDER BY condition_id, version DESC
), allowed AS (
    SELECT course.id, course.site_id, here.zone, here.t, last.d, rhythm.*,
           last.d + rhythm.min_interval_days AS eligible
      FROM treatments_treatmentcourse course
      JOIN here ON here.site = course.site_id
      JOIN rhythm ON rhythm.condition_id = course.condition_id
      JOIN patients_patient patient ON patient.id = course.patient_id
      LEFT JOIN last ON last.course = course.id
     WHERE course.closed_on IS NULL
       AND NOT coalesce(patient.died_on <= here.t, false) AND NOT coalesce(patient.left_on <= here.t, false)
), opened AS (
    SELECT *, greatest((d + opens_months * interval '1 month')::date, eligible) AS opens FROM allowed
), closed AS (
    SELECT *, greatest((d + closes_months * interval '1 month')::date, opens) AS closes FROM opened
), named AS (
    SELECT closed.*,
           CASE WHEN d IS NULL THEN 'new'
                WHEN t < opens - lead_days THEN 'in effect'
                WHEN t < opens THEN 'opening'
                WHEN t <= closes THEN 'due'
                WHEN t <= (closes + lapse_months * interval '1 month')::date THEN 'overdue'
                ELSE 'lapsed' END AS state,
           (SELECT min((visit.starts_at AT TIME ZONE place.time_zone)::date)
              FROM scheduling_appointmentcourse planned
              JOIN scheduling_appointment visit ON visit.id = planned.appointment_id
              JOIN accounts_site place ON place.id = visit.site_id
             WHERE planned.course_id = closed.id AND visit.kind = 'session'
               AND visit.status IN ('booked', 'confirmed', 'arrived', 'in_room')
               AND (visit.starts_at AT TIME ZONE place.time_zone)::date >= closed.t
               AND (closed.d IS NULL OR (visit.starts_at AT TIME ZONE place.time_zone)::date > closed.d)) AS booked
      FROM closed
), calls AS (
    SELECT DISTINCT ON (course_id) course_id, at, hidden_until
      FROM scheduling_recallattempt ORDER BY course_id, at DESC, id DESC
), holds AS (
    SELECT DISTINCT ON (course_id) course_id, at, until, kind
      FROM scheduling_recallhold ORDER BY course_id, at DESC, id DESC
)
SELECT named.id, named.state,
       CASE WHEN booked IS NULL THEN 'none'
            WHEN booked < eligible THEN 'booked too early'
            WHEN booked > closes THEN 'booked too late'
            ELSE 'booked in the window' END,
       -- Put away: the latest hold lasts, or the latest call does and nobody decided since; both about this window.
       coalesce((holds.kind <> 'back' AND (holds.until IS NULL OR holds.until > t)
                 AND (d IS NULL OR (holds.at AT TIME ZONE zone)::date > d)), false)
       OR coalesce((calls.hidden_until > t AND (holds.at IS NULL OR holds.at < calls.at)
                 AND (d IS NULL OR (calls.at AT TIME ZONE zone)::date > d)), false)
  FROM named
  LEFT JOIN calls ON calls.course_id = named.id
  LEFT JOIN holds ON holds.course_id = named.id
"""


def lists_of(state: str, booking: str, hidden: bool) -> set[str]:
    """The lists a course stands on: whom to call, by state; booked too early; put away; and all."""
    found = {"all"}
    if booking == "booked too early":
        found.add("too-early")
    unbooked = booking == "none" or (booking == "booked too late" and state not in ("overdue", "lapsed"))
    if unbooked and hidden and state != "in effect":
        found.add("hidden")
    if unbooked and not hidden:
        if state in ("opening", "due", "overdue"):
            found |= {"to-call", state}
        elif state in ("lapsed", "new"):
            found.add(state)
    return found


def difference(clinic: GeneratedClinic, now: datetime) -> tuple[int, list[str]]:
    """How many courses were compared at that moment, and each that differs, in words."""
    from django.db import connection
    from django.db.models import BooleanField, Case, Q, Value, When

    from scheduling.recall_list import TABS, recall_counts, recall_courses

    with connection.cursor() as cursor:
        cursor.execute(TRUTH, {"now": now, "sites": [site.pk for site in clinic.sites]})
        truth = {row[0]: (row[1], row[2], row[3], frozenset(lists_of(*row[1:]))) for row in cursor.fetchall()}
    courses = recall_courses(user=None, sites=clinic.sites, now=now)
    listed = {
        f"on_{key.replace('-', '_')}": Case(
            When(tab.condition & Q(pk__isnull=False), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        for key, tab in TABS.items()
    }
    rows = courses.annotate(**listed).values_list("pk", "state_now", "booking_now", "is_hidden", *listed)
    ours = {
        row[0]: (row[1], row[2], row[3], frozenset(key for key, on in zip(TABS, row[4:], strict=True) if on))
        for row in rows
    }
    wrong = [
        f"{now:%Y-%m-%d %H:%M}Z course {pk}: list {ours.get(pk)}, truth {truth.get(pk)}"
        for pk in sorted(ours.keys() | truth.keys())
        if ours.get(pk) != truth.get(pk)
    ]
    counted = Counter(key for row in truth.values() for key in row[3])
    counts = {key: count.number for key, count in recall_counts(courses, most=len(truth)).items()}
    wrong += [f"{now}: {key} counts {counts[key]}, truth {counted[key]}" for key in TABS if counts[key] != counted[key]]
    return len(truth), wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--courses", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start_empty_clinic()
    return compare(options.courses, options.days, seed=options.seed)


def start_empty_clinic() -> None:
    """Django on a database of its own, with the reference data; both are gone when this process ends."""
    folder = tempfile.mkdtemp()
    # Registered before the database is started, so done after it was stopped.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {"CADENCE_DATA": folder, "DJANGO_SETTINGS_MODULE": "clinic.settings"}
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from django.conf import settings

    from clinic.embedded_postgres import ensure_running

    if settings.EMBEDDED_POSTGRES is not None:
        ensure_running(settings.EMBEDDED_POSTGRES)
    for command in ("migrate", "createcachetable", "load_reference"):
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def compare(courses: int, days: int, *, seed: int) -> int:
    began = time.monotonic()
    clinic = GeneratedClinic(courses, seed=seed)
    clinic.build()
    print(f"{courses:,} courses made in {time.monotonic() - began:.0f} s", flush=True)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    began, compared, wrong = time.monotonic(), 0, []
    for number, now in enumerate(clinic.moments(days), start=1):
        count, found = difference(clinic, now)
        compared += count
        wrong += found
        if found:
            print("\n".join(found[:5]), flush=True)
        if number % 20 == 0:
            print(f"  {number} days, {len(wrong)} differ", flush=True)
    print(
        f"{compared:,} courses compared on {days} days in {time.monotonic() - began:.0f} s: {len(wrong)} differ",
        flush=True,
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Compares every outcome figure with an independent computation for many random filters, and times the page.

    .venv/bin/python -m benchmarks.outcome_figures                       # 20,000 courses, 50 filters
    .venv/bin/python -m benchmarks.outcome_figures --courses 2000

The independent side (independent_figures.py) reads plain rows and counts in plain Python. Then the page, a list and the
PDF of everything are asked for through the web stack. Ends with 1 when any figure differs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

from benchmarks.generated_outcomes import TODAY, TreatedClinic
from benchmarks.independent_figures import Independent, Wanted, differences, of_the_page
from benchmarks.recall_list import start_empty_clinic

COURSES_A_PATIENT = 1.2  # of the generated clinic


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--courses", type=int, default=20_000)
    parser.add_argument("--filters", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start_empty_clinic()
    began = time.monotonic()
    clinic = TreatedClinic(round(options.courses / COURSES_A_PATIENT), seed=options.seed).build()
    from django.db import connection

    from treatments.models import InjectionSession, TreatmentCourse

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(
        f"{TreatmentCourse.objects.count():,} courses, {InjectionSession.objects.count():,} sessions made in"
        f" {time.monotonic() - began:.0f} s",
        flush=True,
    )
    wrong = compare(clinic, options.filters)
    time_pages(clinic)
    return 1 if wrong else 0


def compare(clinic: TreatedClinic, filters: int) -> int:
    from outcomes.review import Scope, count

    independent = Independent(on=TODAY)
    wrong, compared, took = 0, 0, []
    for chosen in clinic.filters(filters):
        began = time.monotonic()
        figures = count(Scope(**chosen | {"sites": tuple(chosen["sites"])}), on=TODAY)
        took.append(time.monotonic() - began)
        page, expected = of_the_page(figures), independent.numbers(Wanted(**chosen | {"sites": set(chosen["sites"])}))
        found = differences(page, expected)
        compared, wrong = compared + len(expected), wrong + len(found)
        if found:
            print(chosen, *found[:5], sep="\n", flush=True)
    print(f"{compared:,} numbers compared for {filters} filters: {wrong} differ", flush=True)
    print(f"all figures in one query: median {statistics.median(took):.2f} s, longest {max(took):.2f} s", flush=True)
    return wrong


def time_pages(clinic: TreatedClinic) -> None:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from treatments.models import Condition

    settings.ALLOWED_HOSTS = ["*"]
    ada = User.objects.create(email="ada@example.org", name="Ada", roles=["administrator"])
    ada.sites.set(clinic.sites)
    client = Client()
    client.force_login(ada, backend="accounts.backends.StaffBackend")
    migraine = str(Condition.objects.get(key="chronic_migraine").pk)
    for words, address, query in (
        ("page, 12 months", "/outcomes/", {}),
        ("page, all time", "/outcomes/", {"period": "all"}),
        ("page, one condition, all time", "/outcomes/", {"period": "all", "condition": migraine}),
        ("list of all assessed, first page", "/outcomes/list/", {"period": "all", "figure": "assessed"}),
        ("list of doses, first page", "/outcomes/list/", {"period": "all", "figure": "doses"}),
        ("PDF, all time", "/outcomes/figures.pdf", {"period": "all"}),
    ):
        client.get(address, query)
        with CaptureQueriesContext(connection) as queries:
            began = time.monotonic()
            response = client.get(address, query)
            took = time.monotonic() - began
        print(f"{words}: {response.status_code}, {took:.2f} s, {len(queries)} queries", flush=True)
    time_export(ada)


def time_export(ada: Any) -> None:
    """The CSV of every dose and the registry, as the worker writes them."""
    from outcomes.exports import write
    from outcomes.models import Export

    for kind, query in (("list", "period=all&figure=doses"), ("registry", "")):
        export = Export.objects.create(kind=kind, query=query, on=TODAY, asked_by=ada)
        began = time.monotonic()
        size = len(write(export, today=TODAY, progress=lambda done, of: None))
        print(f"{export.get_kind_display()}: {size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())

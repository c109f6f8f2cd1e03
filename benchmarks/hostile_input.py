"""Sends 20,000 hostile requests to every URL of the access table, and counts how they are answered.

    .venv/bin/python -m benchmarks.hostile_input                # 20,000 requests, about a quarter of an hour
    .venv/bin/python -m benchmarks.hostile_input --requests 2000 --seed 7 --only patients:

Django's test client asks in this process, on a database of the tests: what was asked is undone after each request,
also what the database only checks at the end of a transaction. Each URL is asked as somebody who may use it, with the
forms that pages offer, filled in and then spoilt, and with every name that its view was seen to ask for
(tests/hostile.py holds the list). Ends with 1 when anything was answered with 500 or more.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="places whose name has this in it")
    parser.add_argument("--part", default="1/1", help="2/3 is the second third of the places, for several at once")
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))

    import django

    django.setup()
    import logging

    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_test_environment

    from accounts.middleware import SetUpMiddleware
    from clinic.embedded_postgres import ensure_running
    from tests.cast import make_cast
    from tests.databases import template
    from tests.hostile import Hostile, Target, attack
    from tests.hostile_list import LARGE
    from tests.hostile_places import each_place, places

    logging.disable(logging.CRITICAL)
    setup_test_environment(debug=False)
    SetUpMiddleware.done = True
    if settings.EMBEDDED_POSTGRES is not None:
        ensure_running(settings.EMBEDDED_POSTGRES)
    connection.settings_dict["TEST"]["TEMPLATE"] = template()
    connection.settings_dict["TEST"]["NAME"] = f"test_hostile_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        hostile = Hostile(make_cast())
        started = time.monotonic()
        per_place: Counter[str] = Counter()
        shown: list[str] = []
        with hostile.asked.listening():
            # First every page once, so that a form is known wherever it stands.
            each_place(
                hostile, lambda targets: [hostile.look(target) for target in targets] and None, only=options.only
            )
            count = (
                -(-sum(1 for name, _ in places(hostile) if options.only in name) // parts) + 45 // parts
            )  # links, tablet, administration

            def spoil(targets: list[Target]) -> None:
                share = -(-(options.requests - hostile.tally.requests) // max(1, count - len(per_place)))
                for number, target in enumerate(targets):
                    before = hostile.tally.requests
                    hostile.look(target)
                    hostile.sweep(target)
                    attack(
                        hostile,
                        target,
                        max(5, share - (hostile.tally.requests - before)),
                        number=options.seed * 1000 + number,
                    )
                    if target.files:
                        hostile.upload(target, LARGE)
                    per_place[f"{target.name} {number}"] += hostile.tally.requests - before
                    print(f"{hostile.tally.requests:>7,}  {target.name}", file=sys.stderr)
                while len(shown) < len(hostile.tally.failures):
                    (name, how), request = list(hostile.tally.failures.items())[len(shown)]
                    shown.append(how)
                    print(f"{name}: {how}\n  {request}", file=sys.stderr)

            each_place(hostile, spoil, only=options.only, part=part - 1, parts=parts)
        minutes, seconds = divmod(round(time.monotonic() - started), 60)
        tally = hostile.tally
        print(f"{tally.requests:,} requests to {len(per_place)} places in {minutes} min {seconds} s")
        for status, answered in sorted(tally.statuses.items()):
            print(f"  {status}  {answered:>7,}")
        for (name, how), request in sorted(tally.failures.items()):
            print(f"\n{name}: {how}\n  {request}")
        print(f"\n{len(tally.failures)} ways to an error of the server")
        return 1 if tally.failures else 0
    finally:
        connection.creation.destroy_test_db("cadence", verbosity=0)


if __name__ == "__main__":
    sys.exit(main())

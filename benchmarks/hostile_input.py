"""Sends hostile requests to every URL of the access table, and counts how they are answered.

    .venv/bin/python -m benchmarks.hostile_input                # 20,000 by chance, about a quarter of an hour
    .venv/bin/python -m benchmarks.hostile_input --requests 2000 --seed 7 --only patients:
    .venv/bin/python -m benchmarks.hostile_input --systematic   # each parameter and field in turn, in a demo clinic

Django's test client asks in this process, on a database of the tests: what was asked is undone after each request,
also what the database only checks at the end of a transaction. By chance, each URL is asked as somebody who may use it,
with the forms that pages offer, filled in and then spoilt, and with every name that its view was seen to ask for
(tests/hostile.py). With `--systematic` each role walks every link and form, and each parameter and field is wrong in
turn, in every way that its kind can be, with the rest as the page offers it (tests/hostile_systematic.py).

Ends with 1 when anything was answered with 500 or more; the systematic walk also when an answer of 4xx says nothing, or
one took more than five seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.hostile import Hostile, Target

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000, help="of those by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="places whose name has this in it")
    parser.add_argument("--part", default="1/1", help="2/3 is the second third of the places, for several at once")
    parser.add_argument("--systematic", action="store_true", help="each parameter and field in turn")
    parser.add_argument(
        "--person", default="", help="of the systematic walk: provider, front_desk, administrator, other"
    )
    parser.add_argument("--most", type=int, default=1000, help="wrong values for each field, drawn by the seed")
    parser.add_argument("--leave", default="", help="names that the systematic walk does not open, as a pattern")
    parser.add_argument("--patients", type=int, default=30, help="of the demo clinic of the systematic walk")
    options = parser.parse_args()
    started = time.monotonic()
    with database():
        hostile = systematic(options) if options.systematic else by_chance(options)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    tally = hostile.tally
    print(f"{tally.requests:,} requests in {minutes} min {seconds} s")
    for status, answered in sorted(tally.statuses.items()):
        print(f"  {status}  {answered:>7,}")
    for how in sorted({how for _, how in tally.failures}):
        print(f"\n{how}")
        for (name, found), request in sorted(tally.failures.items()):
            if found == how:
                print(f"  {name}: {request}")
    print(f"\n{len(tally.failures)} ways to an error of the server, or to an answer without words or too late")
    return 1 if tally.failures else 0


@contextmanager
def database() -> Iterator[None]:
    """A database of the tests with the reference data, for as long as this lasts."""
    import django

    django.setup()
    import logging

    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_test_environment

    from accounts.middleware import SetUpMiddleware
    from clinic.embedded_postgres import ensure_running
    from tests.databases import template

    logging.disable(logging.CRITICAL)
    setup_test_environment(debug=False)
    SetUpMiddleware.done = True
    if settings.EMBEDDED_POSTGRES is not None:
        ensure_running(settings.EMBEDDED_POSTGRES)
    connection.settings_dict["TEST"]["TEMPLATE"] = template()
    connection.settings_dict["TEST"]["NAME"] = f"test_hostile_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db("cadence", verbosity=0)


def by_chance(options: argparse.Namespace) -> Hostile:
    from tests.cast import make_cast
    from tests.hostile import Hostile, attack
    from tests.hostile_list import LARGE
    from tests.hostile_places import each_place, places

    part, parts = map(int, options.part.split("/"))
    hostile = Hostile(make_cast())
    per_place: Counter[str] = Counter()
    shown: list[str] = []
    count = -(-sum(1 for name, _ in places(hostile) if options.only in name) // parts)
    count += 45 // parts  # links, tablet, administration

    def spoil(targets: list[Target]) -> None:
        share = -(-(options.requests - hostile.tally.requests) // max(1, count - len(per_place)))
        for number, target in enumerate(targets):
            before = hostile.tally.requests
            hostile.look(target)
            hostile.sweep(target)
            wanted = max(5, share - (hostile.tally.requests - before))
            attack(hostile, target, wanted, number=options.seed * 1000 + number)
            if target.files:
                hostile.upload(target, LARGE)
            per_place[f"{target.name} {number}"] += hostile.tally.requests - before
            print(f"{hostile.tally.requests:>7,}  {target.name}", file=sys.stderr)
        _tell(hostile, shown)

    with hostile.asked.listening():
        # First every page once, so that a form is known wherever it stands.
        each_place(hostile, lambda targets: [hostile.look(target) for target in targets] and None, only=options.only)
        each_place(hostile, spoil, only=options.only, part=part - 1, parts=parts)
    print(f"{len(per_place)} places")
    return hostile


def systematic(options: argparse.Namespace) -> Hostile:
    from django.core.management import call_command

    from tests.hostile import Hostile
    from tests.hostile_starts import demo_cast, each_start
    from tests.hostile_systematic import Systematic

    call_command("demo_clinic", patients=options.patients, verbosity=0)
    hostile = Hostile(demo_cast())
    shown: list[str] = []

    def tell(visited: str) -> None:
        print(f"{hostile.tally.requests:>7,}  {visited}", file=sys.stderr)
        _tell(hostile, shown)

    walk = Systematic(hostile, seed=options.seed, most=options.most, leave=options.leave, tell=tell)
    with hostile.asked.listening(), suppress(KeyboardInterrupt):  # Ctrl-C: the numbers so far
        for starts, forms in each_start(hostile, only=options.only, person=options.person):
            walk.walk(starts, forms)
    for line in walk.walked.lines():
        print(line)
    return hostile


def _tell(hostile: Hostile, shown: list[str]) -> None:
    """Each new way to fail as soon as it is found."""
    while len(shown) < len(hostile.tally.failures):
        (name, how), request = list(hostile.tally.failures.items())[len(shown)]
        shown.append(how)
        print(f"{name}: {how}\n  {request}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

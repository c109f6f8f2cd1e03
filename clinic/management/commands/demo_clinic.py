import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.demo import SIGN_INS
from clinic.demo.build import PATIENTS, SEED, NotEmptyError, make_demo_clinic


class Command(BaseCommand):
    help = "Fill an empty database with an invented clinic: two sites, three providers, two years of treatment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=int, default=PATIENTS, help=f"how many patients (default: {PATIENTS})")
        parser.add_argument("--seed", type=int, default=SEED, help="another number makes another clinic")

    def handle(self, *, patients: int, seed: int, verbosity: int, **options: Any) -> None:
        started = time.monotonic()

        def report(line: str) -> None:
            if verbosity:
                self.stdout.write(f"{time.monotonic() - started:5.1f} s  {line}")
                self.stdout.flush()

        try:
            make_demo_clinic(patients=patients, seed=seed, now=timezone.now(), report=report)
        except NotEmptyError as refused:
            raise CommandError(
                "This database is not empty. A demo clinic is only made where nobody is yet: use another DATABASE_URL, "
                "or remove the data folder (var/) of a trial."
            ) from refused
        except ValueError as refused:
            raise CommandError(str(refused)) from refused
        report("done. Sign in as")
        for role, email, password in SIGN_INS:
            report(f"  {role:<14} {email:<28} {password}")

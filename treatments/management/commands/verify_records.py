import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from treatments.seals import verify_records

MOST_NAMED = 200


class Command(BaseCommand):
    help = (
        "Compare every signed session with its seals, and the seals with each other; ends with 1 when anything differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", default="", help="the head an earlier run printed: finds that the newest records were cut off"
        )

    def handle(self, *, head: str, verbosity: int, **options: Any) -> None:
        began = time.monotonic()

        def progress(done: int) -> None:
            if verbosity and self.stderr.isatty():
                self.stderr.write(f"\r  {done:,} sessions", ending="")
                self.stderr.flush()

        found = verify_records(progress=progress, noted_head=head)
        if verbosity and self.stderr.isatty():
            self.stderr.write("\r", ending="")
        for problem in found.problems[:MOST_NAMED]:
            self.stdout.write(f"session {problem.session_id}: {problem.words}")
        if len(found.problems) > MOST_NAMED:
            self.stdout.write(f"and {len(found.problems) - MOST_NAMED:,} more")
        if not found.head_found:
            self.stdout.write("The seal given with --head is not there: records were cut off or made anew.")
        seconds = time.monotonic() - began
        self.stdout.write(f"{found.sessions:,} sessions and {found.seals:,} seals verified in {seconds:.1f} s.")
        self.stdout.write(f"Head: {found.head or 'none yet'}")
        if not found.sound:
            sys.stdout.flush()
            raise CommandError(f"{len(found.problems):,} sessions differ from their seals.")
        self.stdout.write("Every record stands as it was sealed.")

import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from audit.verify import keep_head, verify_audit


class Command(BaseCommand):
    help = "Look whether a row of the audit was changed, removed or put in; ends with 1 when anything differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", default="", help="the head an earlier run printed: finds that all was made anew since"
        )

    def handle(self, *, head: str, verbosity: int, **options: Any) -> None:
        began = time.monotonic()

        def progress(what: str, done: int) -> None:
            if verbosity and self.stderr.isatty():
                self.stderr.write(f"\r\033[K  {what}{f' {done:,}' if done else ''}", ending="")
                self.stderr.flush()

        role = settings.DATABASE_APPLICATION_ROLE or connection.settings_dict["USER"]
        found = verify_audit(roles={role}, noted_head=head, progress=progress)
        if verbosity and self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        for line in (*found.problems, *(f"Note: {note}." for note in found.notes)):
            self.stdout.write(line)
        seconds = time.monotonic() - began
        self.stdout.write(f"{found.events:,} events and {found.changes:,} changes verified in {seconds:.1f} s.")
        if not found.is_sound:
            sys.stdout.flush()
            raise CommandError("The audit does not stand as it was written.")
        keep_head(found.lanes)
        self.stdout.write(f"Head: {found.head}")
        self.stdout.write("The audit stands as it was written.")

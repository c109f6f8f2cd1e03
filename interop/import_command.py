"""What the two import commands share: arguments, progress on the terminal, the report."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Site
from audit.actions import record
from interop.csv_files import Report, Sheet, WrongFileError, open_sheet

MOST_SHOWN = 200


class ImportCommand(BaseCommand):
    """Reads FILE, says how far it is, lists the bad rows with their line numbers, and ends with the counts."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a CSV file, UTF-8, with a header")
        parser.add_argument("--mapping", metavar="M", help="a JSON file that says which column holds what")
        parser.add_argument("--site", help="name of the site (default: the first one)")
        parser.add_argument("--dry-run", action="store_true", help="check everything, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        site = self.site(options.pop("site"))
        try:
            sheet = open_sheet(options["file"])
            report = self.run(sheet, site=site, **options)
        except WrongFileError as error:
            raise CommandError(f"{error} Nothing was imported.") from None
        self.end_progress()
        if not options["dry_run"]:
            record(action="import", detail=f"{report.rows} rows by command")
        for problem in report.problems[:MOST_SHOWN]:
            self.stdout.write(str(problem))
        if report.rejected > MOST_SHOWN:
            self.stdout.write(f"... and {report.rejected - MOST_SHOWN:,} more rejected rows")
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was changed. It would be:")
        self.stdout.write(report.summary())

    def run(self, sheet: Sheet, *, site: Site, **options: Any) -> Report:
        raise NotImplementedError

    def site(self, name: str | None) -> Site:
        sites = Site.objects.order_by("pk")
        site = sites.filter(name__iexact=name).first() if name else sites.first()
        if site is None:
            known = ", ".join(sites.values_list("name", flat=True)) or "none yet; make one first"
            raise CommandError(f"No such site. Sites: {known}.")
        return site

    def progress(self, done: int, of: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {of:,} rows ({done * 100 // max(of, 1)} %)", ending="")
            self.stderr.flush()
        elif done % 10_000 == 0:
            self.stderr.write(f"{done:,} of {of:,} rows")

    def end_progress(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("")

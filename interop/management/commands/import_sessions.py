from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.models import Site, User
from interop.csv_files import Report, Sheet
from interop.import_command import ImportCommand
from interop.sessions_import import for_sessions, import_sessions


class Command(ImportCommand):
    help = "Import sessions given before Cadence or elsewhere from a CSV file; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--provider", metavar="EMAIL", help="who leads courses that have to be started (default: the site's first)"
        )

    def run(self, sheet: Sheet, *, site: Site, **options: Any) -> Report:
        providers = User.objects.providers().filter(sites=site).order_by("pk")
        if options["provider"]:
            providers = providers.filter(email__iexact=options["provider"])
        provider = providers.first()
        if provider is None:
            raise CommandError(f"No such provider works at {site.name}. Name one with --provider.")
        mapping = for_sessions(sheet.header, options["mapping"])
        return import_sessions(
            sheet,
            mapping=mapping,
            site=site,
            provider=provider,
            on=site.today(),
            by=provider,
            progress=self.progress,
            dry_run=options["dry_run"],
        )

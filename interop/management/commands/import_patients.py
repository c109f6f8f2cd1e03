from typing import Any

from accounts.models import Site
from interop.csv_files import Report, Sheet
from interop.import_command import ImportCommand
from interop.mappings import for_patients
from interop.patients_import import import_patients


class Command(ImportCommand):
    help = "Import patients from a CSV file; safe to repeat."

    def run(self, sheet: Sheet, *, site: Site, **options: Any) -> Report:
        mapping = for_patients(sheet.header, options["mapping"])
        return import_patients(
            sheet, mapping=mapping, site=site, on=site.today(), progress=self.progress, dry_run=options["dry_run"]
        )

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.backups import BackupError, discard, key_file, put_in_place, restore


class Command(BaseCommand):
    help = (
        "Restore a backup into a fresh database, and prove it: every table counted and hashed, every document hashed. "
        "Without --keep or --replace the proof is all, and the fresh database is removed again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", type=Path, default=None, help="file with the key (backup_key in the data folder)")
        parser.add_argument("--keep", action="store_true", help="keep the fresh database beside the one in use")
        parser.add_argument(
            "--replace", action="store_true", help="let it take the place of the one in use, which is kept aside"
        )

    def handle(
        self, *, file: Path, key: Path | None, keep: bool, replace: bool, verbosity: int, **options: Any
    ) -> None:
        def progress(words: str) -> None:
            if verbosity and self.stderr.isatty():
                self.stderr.write(f"\r\033[K  {words}", style_func=str, ending="")
                self.stderr.flush()

        try:
            made = restore(file=file, key=key or key_file(), keep=keep or replace, progress=progress)
            progress("")
            self.stdout.write(
                f"Proved: the backup of {made.made_at} holds {made.tables} tables with {made.rows:,} rows and "
                f"{made.files:,} documents, each as it was."
            )
            uploads = Path(settings.DATA_DIR) / f"uploads-{made.database}"
            if replace:
                try:
                    before = put_in_place(database=made.database, uploads=uploads)
                except BackupError:
                    if not keep:
                        discard(database=made.database, uploads=uploads)
                    raise
                self.stdout.write(f"It is in use now. What was there before is kept as the database {before}.")
            elif keep:
                self.stdout.write(f"It is kept as the database {made.database}.")
        except BackupError as error:
            raise CommandError(str(error)) from error

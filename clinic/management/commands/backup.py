from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.backups import BackupError, key_file, make_backup


class Command(BaseCommand):
    help = "Write the database and the documents into one encrypted file, with a checksum beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=None, help="folder for the file (backups in the data folder)")

    def handle(self, *, to: Path | None, verbosity: int, **options: Any) -> None:
        has_own_key = not settings.BACKUP_RECIPIENT
        is_new = has_own_key and not key_file().exists()

        def progress(words: str) -> None:
            if verbosity and self.stderr.isatty():
                self.stderr.write(f"\r\033[K  {words}", style_func=str, ending="")
                self.stderr.flush()

        try:
            path = make_backup(to=to or Path(settings.DATA_DIR) / "backups", progress=progress)
        except BackupError as error:
            raise CommandError(str(error)) from error
        progress("")
        self.stdout.write(f"{path} ({path.stat().st_size / 1_000_000:.1f} MB)")
        if has_own_key:
            said = "made now" if is_new else "kept"
            self.stdout.write(
                f"The key that opens it was {said} in {key_file()}. Copy it to another place: without it no backup can "
                "be read. Better: set CADENCE_BACKUP_RECIPIENT and keep the key away from here (docs/deployment.md)."
            )

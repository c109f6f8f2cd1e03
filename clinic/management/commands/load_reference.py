from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from clinic.reference import load_reference


class Command(BaseCommand):
    help = "Load the clinical reference data that ships with Cadence. Safe to repeat; a clinic's changes stay."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = load_reference(report=self.stdout.write)
        for kind, done in counts.items():
            words = ", ".join(f"{number} {word}" for word, number in sorted(done.items()) if number)
            if words and (options["verbosity"] > 1 or set(done) - {"unchanged"}):
                self.stdout.write(f"{kind}: {words}")
        total: Counter[str] = sum(counts.values(), Counter())
        self.stdout.write(
            f"{total['created']} created, {total['corrected']} corrected, "
            f"{total['unchanged']} unchanged, {total['left']} left as the clinic has them"
        )

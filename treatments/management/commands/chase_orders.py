from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from treatments.actions.drug_orders import chase_orders


class Command(BaseCommand):
    help = "Opens a task for each order of a specialty pharmacy that is late; run it every morning."

    def handle(self, *args: Any, **options: Any) -> None:
        count = chase_orders(now=timezone.now())
        self.stdout.write(f"{count} task{'' if count == 1 else 's'} opened.")

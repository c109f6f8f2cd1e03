from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import remove_second_factors
from accounts.models import User


class Command(BaseCommand):
    help = "Take a person's second factors away when no administrator can: the only one has lost theirs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email.strip()).first()
        if user is None:
            raise CommandError("Nobody has this e-mail.")
        removed = remove_second_factors(user=user, by=None)
        self.stdout.write(f"{removed} removed. {user} signs in with the password and sets up a new second factor.")

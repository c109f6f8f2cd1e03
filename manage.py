#!/usr/bin/env python3
"""Django's command line; starts the private PostgreSQL for the commands that need a database."""

import os
import sys

# These work without a database; "serve" starts it itself, to show it as a step.
WITHOUT_DATABASE = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "serve",
    "startapp",
    "test",
    "version",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. Run 'make run' once, then use .venv/bin/python manage.py.")

    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    help_only = {"-h", "--help", "--version"} & set(sys.argv[1:])
    if (command not in WITHOUT_DATABASE or "--database" in sys.argv) and not help_only:
        from django.conf import settings

        from clinic.embedded_postgres import EmbeddedPostgresError, ensure_running

        if settings.EMBEDDED_POSTGRES is not None:
            try:
                ensure_running(settings.EMBEDDED_POSTGRES)
            except EmbeddedPostgresError as problem:
                sys.exit(str(problem))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

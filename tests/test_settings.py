from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from clinic.logs import LineFormatter

# Whoever adds a page that strangers may open says so here.
OPEN_TO_STRANGERS = {"health", "account", "set-up", "feeds", "l", "carriers"}


def settings_in(folder: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code after importing the settings in a fresh process with its own data folder."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("CADENCE_", "DATABASE_", "DJANGO_"))
    }
    clean.pop("SECRET_KEY", None)
    return subprocess.run(
        [sys.executable, "-c", f"from clinic import settings\n{code}"],
        env=clean | {"CADENCE_DATA": str(folder)} | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_importing_the_settings_starts_no_database(tmp_path: Path):
    result = settings_in(tmp_path, "print(settings.DATABASES['default']['NAME'])")
    assert result.stdout.strip() == "cadence"
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    first, second = (settings_in(tmp_path, "print(settings.SECRET_KEY)").stdout for _ in range(2))
    assert first == second
    assert len(first.strip()) > 60
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_a_database_url_leaves_the_private_server_alone(tmp_path: Path):
    code = "print(settings.EMBEDDED_POSTGRES, settings.DATABASES['default']['NAME'])"
    result = settings_in(tmp_path, code, DATABASE_URL="postgres://ann:secret@db.example:5433/clinic")
    assert result.stdout.strip() == "None clinic"


def test_a_database_that_answers_nothing_is_waited_for_ten_seconds_or_as_its_url_says(tmp_path: Path):
    code = (
        "for row in (settings.DATABASES['default'], settings.DATABASE_OWNER): print(row['OPTIONS']['connect_timeout'])"
    )
    assert settings_in(tmp_path, code).stdout.split() == ["10", "10"]
    urls = {name: "postgres://a:b@db.example/c" for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    urls["DATABASE_URL"] += "?connect_timeout=3"
    assert settings_in(tmp_path, code, **urls).stdout.split() == ["3", "10"]


def test_an_unknown_environment_is_refused(tmp_path: Path):
    result = settings_in(tmp_path, "", CADENCE_ENV="prod")
    assert "use development or production" in result.stderr


def test_production_never_shows_debug_pages(tmp_path: Path):
    result = settings_in(tmp_path, "print(settings.DEBUG)", CADENCE_ENV="production", CADENCE_DEBUG="1")
    assert result.stdout.strip() == "False"


def test_the_content_security_policy_allows_nothing_inline_and_no_stranger(client: Client, db: None):
    policy = client.get("/account/login/")["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_health_answers_strangers_and_knows_the_database(client: Client, db: None):
    response = client.get("/health/")
    assert (response.status_code, response.content) == (200, b"ok")


def open_views() -> Iterator[tuple[str, str]]:
    def walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from walk(entry, prefix + str(entry.pattern))
            else:
                yield prefix + str(entry.pattern), entry

    for route, entry in walk(get_resolver(), ""):
        if not getattr(entry.callback, "login_required", True):
            yield route.split("/")[0], route


def test_only_the_named_pages_are_open_to_strangers():
    assert {first for first, _ in open_views()} - {"admin"} <= OPEN_TO_STRANGERS
    assert [route for first, route in open_views() if first == "admin"] in ([], ["admin/login/"])


def test_a_traceback_of_the_database_keeps_the_rows_values_out_of_the_log(db: None):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE people (name text UNIQUE)")
        with pytest.raises(IntegrityError) as failure, transaction.atomic():
            cursor.execute("INSERT INTO people VALUES (%s), (%s)", ["Joye Koch", "Joye Koch"])
    text = LineFormatter().formatException((failure.type, failure.value, failure.tb))
    assert "duplicate key value" in text
    assert "(Joye Koch)" not in text


def test_the_secret_of_a_link_or_a_feed_stays_out_of_the_log():
    token = "Zk3-" + "a_B9" * 7
    for path in (f"/l/{token}/", f"/l/{token}/times/", f"/feeds/{token}.ics"):
        record = logging.LogRecord("django.request", logging.WARNING, "", 1, "Gone: %s", (path,), None)
        assert token not in LineFormatter().format(record)


@override_settings(DEBUG=False)
def test_an_unknown_address_is_logged_without_its_query(client: Client, db: None, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, logger="django.request"):
        logging.getLogger("django.request").addHandler(caplog.handler)
        client.get("/nowhere/?name=Joye+Koch")
        logging.getLogger("django.request").removeHandler(caplog.handler)
    assert "/nowhere/" in caplog.text
    assert "Joye" not in caplog.text


MAIL = (
    "print(settings.EMAIL_BACKEND.split('.')[-2], settings.MAIL_CARRIER, settings.TEXT_CARRIER, settings.CADENCE_URL)"
)
KEY = {"SECRET_KEY": "x" * 60}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        # A trial keeps its mails as files; production without a carrier hands no patient's mail to a log.
        ({}, "filebased True False http://localhost:8000"),
        ({"CADENCE_ENV": "production"}, "console False False http://localhost:8000"),
        (
            {"CADENCE_ENV": "production", "EMAIL_URL": "smtp://mail:25", "CADENCE_ORIGINS": "https://c.example"},
            "smtp True False https://c.example",
        ),
        (
            {"CADENCE_ENV": "production", "MAIL_PROVIDER": "postmark", "CADENCE_URL": "https://p.example/"},
            "postmark True False https://p.example",
        ),
        (
            {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+16175550100"},
            "filebased True True http://localhost:8000",
        ),
        ({"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"}, "filebased True False http://localhost:8000"),
    ],
)
def test_who_carries_messages_is_said_by_the_environment(tmp_path: Path, environment: dict[str, str], words: str):
    result = settings_in(tmp_path, MAIL, **environment | KEY)
    assert result.stdout.strip() == words, result.stderr


def test_the_providers_settings_reach_anymail(tmp_path: Path):
    code = "print(settings.ANYMAIL['POSTMARK_SERVER_TOKEN'], settings.ANYMAIL['WEBHOOK_SECRET'])"
    given = {"ANYMAIL_POSTMARK_SERVER_TOKEN": "t", "ANYMAIL_WEBHOOK_SECRET": "u:p"}
    assert settings_in(tmp_path, code, MAIL_PROVIDER="postmark", **given).stdout.strip() == "t u:p"

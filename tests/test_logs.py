"""The log's lines: each names its request, and none holds a patient."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.logs import JsonLineFormatter, LineFormatter, RequestNumber
from tests.cast import Cast
from tests.test_settings import settings_in


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What production writes."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLineFormatter())
    handler.addFilter(RequestNumber())
    loggers = [logging.getLogger(name) for name in ("access", "django.request")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_number_and_without_its_address(
    cast: Cast, sign_in: Callable[[User], Client], lines: Any
) -> None:
    answer = sign_in(cast.robin).get(reverse("clinic:chart", args=[cast.joye.pk]), {"q": "Joye Koch"})
    [line] = lines()
    assert line["request"] == answer["X-Request-ID"]
    assert line["milliseconds"] >= 0
    wanted = {"method": "GET", "view": "clinic:chart", "status": 200, "user": cast.robin.pk, "level": "INFO"}
    assert {name: line[name] for name in wanted} == wanted
    assert "Joye" not in str(line)
    assert f"/{cast.joye.pk}/" not in str(line)


@pytest.mark.django_db
def test_what_django_adds_to_a_line_stays_out(client: Client, lines: Any) -> None:
    answer = client.get("/nowhere/?name=Joye+Koch")
    refused = [line for line in lines() if line["logger"] == "django.request"]
    assert [line["request"] for line in refused] == [answer["X-Request-ID"]]
    assert "Joye" not in str(lines())


@pytest.mark.django_db
def test_a_health_check_that_is_well_leaves_no_line(client: Client, lines: Any) -> None:
    client.get("/health/")
    assert lines() == []


@pytest.mark.django_db
def test_a_traceback_is_cleaned_and_stays_within_its_line() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE people (name text UNIQUE)")
        with pytest.raises(IntegrityError) as failure, transaction.atomic():
            cursor.execute("INSERT INTO people VALUES (%s), (%s)", ["Joye Koch", "Joye Koch"])
    error = (failure.type, failure.value, failure.tb)
    token = "Zk3-" + "a_B9" * 7
    record = logging.LogRecord("x", logging.ERROR, "", 1, "Gone: %s", (f"/l/{token}/",), error)
    for formatter in (LineFormatter(), JsonLineFormatter()):
        text = formatter.format(record)
        record.exc_text = None
        assert "duplicate key value" in text
        assert "(Joye Koch)" not in text
        assert token not in text
    assert "\n" not in text


@pytest.mark.parametrize(("environment", "wanted"), [("production", True), ("development", False)])
def test_production_writes_json_also_of_requests(tmp_path: Path, environment: str, wanted: bool) -> None:
    code = (
        "import logging.config; logging.config.dictConfig(settings.LOGGING)\n"
        "logging.getLogger('access').info('GET'); logging.getLogger('gunicorn.error').warning('Worker')"
    )
    said = settings_in(tmp_path, code, CADENCE_ENV=environment, SECRET_KEY="x" * 60).stderr.splitlines()
    if wanted:
        assert [json.loads(line)["message"] for line in said] == ["GET", "Worker"]
    else:
        assert [line.split()[2:] for line in said] == [["WARNING", "gunicorn.error", "-", "Worker"]]

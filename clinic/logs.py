"""Keeps patients out of logs and error reports, and names in each line the request it belongs to."""

import logging
import re
import time
from collections.abc import Callable, ItemsView
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.debug import SafeExceptionReporterFilter
from pythonjsonlogger.json import JsonFormatter

from audit.origin import current

access = logging.getLogger("access")

# PostgreSQL quotes a row's values under these words.
QUOTING = ("DETAIL:", "CONTEXT:", "LINE ", "HINT:", "QUERY:", "WHERE:")


# Addresses that are a secret: a patient's link, and a calendar feed.
SECRET = re.compile(r"/(l|feeds)/[\w-]{20,}")


class Cleaned(logging.Formatter):
    """A record with its traceback, without the part of a database error that quotes a row's values, and without the
    secret of an address: Django logs the path of every request that it refuses.
    """

    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub(r"/\1/...", super().format(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        kept: list[str] = []
        quoting = False
        for line in super().formatException(ei).splitlines():
            if line.startswith(QUOTING):
                quoting = True
            elif not line.strip() or line.startswith(("Traceback ", "The above ", "During ")):
                quoting = False
            if not quoting:
                kept.append(line)
        return "\n".join(kept)


class LineFormatter(Cleaned):
    """For people: one line, and the traceback below it."""


class JsonLineFormatter(Cleaned, JsonFormatter):
    """For machines: one JSON object a line. Of what a caller adds to a record only the fields of an access line go in:
    Django adds the request itself, whose text holds its query.
    """

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data |= {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.message,
        }
        if (number := getattr(record, "request_id", "-")) != "-":
            log_data["request"] = number
        if exc_info := message_dict.get("exc_info"):
            log_data["exc_info"] = exc_info
        log_data |= getattr(record, "access", {})


class RequestNumber(logging.Filter):
    """Gives each record the number of the request that it belongs to, "-" for none."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django names a refused request after its answer is made, when it is no longer the present one.
        origin = getattr(getattr(record, "request", None), "origin", None)
        record.request_id = current().id or getattr(origin, "id", "") or "-"
        return True


class AccessLogMiddleware:
    """A line for each request: who asked for which page, what came of it, and how long it took. Never its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else ""
        if view.startswith("health") and response.status_code == 200:
            return response  # asked for every few seconds
        # Only one that was found already: asking for it now could fail with the database.
        user = getattr(request, "_cached_user", None)
        line = {
            "method": request.method,
            "view": view,
            "status": response.status_code,
            "milliseconds": round((time.monotonic() - began) * 1000),
            "user": getattr(user, "pk", None),
        }
        access.info("%(method)s %(view)s %(status)s %(milliseconds)s ms", line, extra={"access": line})
        return response


class NothingShown(SafeExceptionReporterFilter):
    """An error report shows no posted value and no local variable."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, str]:
        if request is None:
            return {}
        return {name: self.cleansed_substitute for name in request.POST}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        return {}.items()

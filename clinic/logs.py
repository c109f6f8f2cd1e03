"""Keeps patients out of logs and error reports."""

import logging
import re
from collections.abc import ItemsView
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

# PostgreSQL quotes a row's values under these words.
QUOTING = ("DETAIL:", "CONTEXT:", "LINE ", "HINT:", "QUERY:", "WHERE:")


# Addresses that are a secret: a patient's link, and a calendar feed.
SECRET = re.compile(r"/(l|feeds)/[\w-]{20,}")


class LineFormatter(logging.Formatter):
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

"""What a person is told when a page fails: the data cannot be reached, the disk is full, or the fault is ours."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils import translation

from patients.uploads import DISK_FULL

AWAY = (
    "Cadence cannot reach its data for a moment. Nothing that was saved is lost. Wait a little, then try again; "
    "it goes on by itself."
)
FULL = "The server's disk is full, so nothing could be saved. Tell your administrator, then try again."
RETRY_AFTER = 5  # seconds
LINKS = "/l/"  # where the links of patients begin


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that an exception ended: 503 when trying again helps, else 500. Asks the database for nothing.

    The page of a refused form holds what was typed, so that pressing its button sends it once more.
    """
    words = _passing(sys.exc_info()[1])
    if not words:
        return HttpResponse(render_to_string("500.html"), status=500)
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    if _by_script(request):
        return HttpResponse(words, status=503, content_type="text/plain", headers=headers)
    context = {"words": words, "path": request.get_full_path(), "sent": request.method == "POST", **_typed(request)}
    if not request.path.startswith(LINKS):
        return HttpResponse(render_to_string("503.html", context), status=503, headers=headers)
    # A patient: which language they read stands in the database, so it is the one of their telephone.
    theirs = translation.get_language_from_request(request)
    with translation.override("es" if theirs.startswith("es") else "en"):
        return HttpResponse(render_to_string("messaging/link_away.html", context), status=503, headers=headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what no page can read. Whose session was ended meanwhile signs in again; what they asked for was done."""
    if not isinstance(exception, SessionInterrupted):
        return HttpResponse(render_to_string("400.html"), status=400)
    if _by_script(request):
        return HttpResponse("You were signed out.", status=401, content_type="text/plain")
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


class EncodingMiddleware:
    """Refuses what no browser sends here: a body that is not UTF-8, NUL in an address, numbers of thousands of digits.

    Django would decode a body as it says, and trips over encodings that Python knows and nobody writes forms in. NUL
    is no text to PostgreSQL, and a parameter need not have gone through a form. Python reads no number of more than
    4,300 digits, which takes it long, not even in JSON, and has no kind of error for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = (request.content_params or {}).get("charset", "utf-8")
        if said.strip("\"' ").lower() not in {"utf-8", "utf8", "us-ascii"}:
            return HttpResponse("Send it as UTF-8.", status=415, content_type="text/plain")
        if "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponse(render_to_string("400.html"), status=400)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ValueError) and str(exception).startswith("Exceeds the limit ("):
            return HttpResponse(render_to_string("400.html"), status=400)
        return None


def disk_is_full(error: BaseException | None) -> bool:
    """Whether this is how the operating system, or PostgreSQL, says that there is no room."""
    if isinstance(error, OSError):
        return error.errno in DISK_FULL
    return getattr(getattr(error, "__cause__", None), "pgcode", None) == "53100"


def _by_script(request: HttpRequest) -> bool:
    asked = request.headers.get("HX-Request") or request.headers.get("X-Background")
    return bool(asked) or "text/html" not in request.headers.get("Accept", "text/html")


def _passing(error: BaseException | None) -> str:
    """What to say of an error that passes; empty for one that does not."""
    if disk_is_full(error):
        return FULL
    return AWAY if isinstance(error, OperationalError | InterfaceError) or _is_cut_off(error) else ""


def _is_cut_off(error: BaseException | None) -> bool:
    """Whether the server went away in the middle of its answer: psycopg has no kind of error for that, and no code."""
    return type(error) is DatabaseError and getattr(error.__cause__, "pgcode", None) is None


def _typed(request: HttpRequest) -> dict[str, object]:
    """The fields of a form, to be sent again; none of one with a password or a file, which no page gives back."""
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except (OSError, RawPostDataException, MultiPartParserError, SuspiciousOperation):
        return {}  # what came in was the trouble
    secret = any("password" in name for name, _ in fields)
    return {} if secret or request.FILES else {"fields": fields}

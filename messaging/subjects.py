"""Whether what a message is about still holds. This app knows neither diary nor courses; who does says so here."""

from __future__ import annotations

from collections.abc import Callable

# By the kind of thing: takes its number, returns in words why nothing is written about it any more, or "".
_reasons: dict[str, Callable[[int], str]] = {}


def register(about: str, reason: Callable[[int], str]) -> None:
    """Called once by the app that has such things, when it is ready."""
    _reasons[about] = reason


def why_not_any_more(*, about: str, about_id: int) -> str:
    """Why a message about that thing would be wrong by now, in words; "" where it would not."""
    reason = _reasons.get(about)
    return reason(about_id) if reason else ""

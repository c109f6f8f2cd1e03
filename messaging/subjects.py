"""Whether what a message is about still holds. This app knows neither diary nor courses; who does says so here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Reason(Protocol):
    """Why nothing is written about the thing of that number any more, in words; "" where it still holds.

    `since` is when it was decided to write; None: somebody asks for it now.
    """

    def __call__(self, about_id: int, /, *, since: datetime | None, now: datetime) -> str: ...


class Pause(Protocol):
    """Until when nothing is written about the thing of that number; None: now is right."""

    def __call__(self, about_id: int, /, *, now: datetime) -> datetime | None: ...


@dataclass(frozen=True)
class _Subject:
    reason: Reason
    pause: Pause | None


_subjects: dict[str, _Subject] = {}


def register(about: str, reason: Reason, *, pause: Pause | None = None) -> None:
    """Called once by the app that has such things, when it is ready."""
    _subjects[about] = _Subject(reason, pause)


def is_known(about: str) -> bool:
    """Whether any app answers for such things."""
    return about in _subjects


def why_not_any_more(*, about: str, about_id: int, now: datetime, since: datetime | None = None) -> str:
    """Why a message about that thing would be wrong by now, in words; "" where it would not."""
    subject = _subjects.get(about)
    return subject.reason(about_id, since=since, now=now) if subject else ""


def not_before(*, about: str, about_id: int, now: datetime) -> datetime | None:
    """The moment before which nothing is written about that thing, None where now is right."""
    subject = _subjects.get(about)
    return subject.pause(about_id, now=now) if subject and subject.pause else None

"""Which request the present work belongs to, for the audit and the log."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True)
class Origin:
    """A request by its number and the network address that sent it; both are empty outside of one."""

    id: str = ""
    address: str = ""


_NOBODY = Origin()
_present: ContextVar[Origin] = ContextVar("origin", default=_NOBODY)


def current() -> Origin:
    return _present.get()


class origin:  # noqa: N801 - used as a statement: with origin(...)
    """Within it, work belongs to a new request from that address."""

    def __init__(self, *, address: str) -> None:
        self.origin = Origin(uuid4().hex, address)

    def __enter__(self) -> Origin:
        self.token = _present.set(self.origin)
        return self.origin

    def __exit__(self, *error: object) -> None:
        _present.reset(self.token)

"""What every carrier promises, and the four answers it may give to a message handed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Outgoing:
    """A message as it leaves: plain text. `reference` is our number of it, `mark` its Message-ID where it has one."""

    reference: int
    to: str
    sender_name: str
    subject: str
    body: str
    mark: str = ""


@dataclass(frozen=True)
class Accepted:
    """The carrier has taken it over; `carrier_id` is what it calls it."""

    carrier_id: str


@dataclass(frozen=True)
class Refused:
    """It was not taken and will not be: a wrong address, a patient who wants no more. `why` is in words."""

    why: str
    # The patient told the carrier to stop; nothing more is sent on this channel.
    unsubscribed: bool = False


@dataclass(frozen=True)
class Later:
    """Surely not taken now, perhaps another time."""

    why: str
    # The carrier as a whole does not answer: the others of this channel need not be tried now.
    carrier_is_down: bool = False


@dataclass(frozen=True)
class Perhaps:
    """It broke off while it was being taken: it may have gone out. It is never tried again by itself."""

    why: str


Receipt = Accepted | Refused | Later | Perhaps


class NotReachableError(Exception):
    """The carrier does not answer; nothing was handed over. The text names no patient."""


class Carrier(Protocol):
    def open(self) -> None:
        """Be ready to take a message now. Raises NotReachableError."""

    def hand_over(self, outgoing: Outgoing) -> Receipt:
        """Hand one message over and say what became of it; raises nothing that is expected to happen."""

    def close(self) -> None:
        """Let go of what is open."""

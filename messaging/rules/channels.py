"""On which channel a patient may be written to, and how a telephone number is dialled.

Plain functions on plain values: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import phonenumbers

EMAIL, TEXT, LETTER = "email", "text", "letter"
WRITTEN = (EMAIL, TEXT, LETTER)
# Tried in this order where the patient has no wish: e-mail first, as it costs nothing and holds a link.
ELECTRONIC = (EMAIL, TEXT)

CHANNEL_WORDS: Mapping[str, str] = {EMAIL: "e-mail", TEXT: "text message", LETTER: "letter"}
ADDRESS_WORDS: Mapping[str, str] = {
    EMAIL: "no e-mail address",
    TEXT: "no telephone number that takes text messages",
    LETTER: "no postal address",
}


@dataclass(frozen=True)
class Choice:
    """The channel to write on, or None and, in words, why there is none."""

    channel: str | None
    why: str = ""


def channel_for(
    *,
    preferred: str,
    addresses: Collection[str],
    agreed: Mapping[str, bool],
    offered: Collection[str] = WRITTEN,
    wanted: str | None = None,
) -> Choice:
    """The patient's preferred channel if it is a written one, else e-mail, else text message.

    `addresses` names the channels the patient has an address for, `agreed` holds the latest answer for each channel
    that was asked about, `offered` the channels that this installation can send on. `wanted` asks for one channel and
    no other. A letter needs no agreement, and nobody gets one who did not choose letters.
    """
    if wanted is not None:
        return _one(wanted, addresses, agreed, offered)
    order = [preferred] if preferred in WRITTEN else []
    order += [channel for channel in ELECTRONIC if channel not in order]
    reasons = []
    for channel in order:
        choice = _one(channel, addresses, agreed, offered)
        if choice.channel is not None:
            return choice
        reasons.append(choice.why)
    return Choice(None, " ".join(reasons))


def _one(channel: str, addresses: Collection[str], agreed: Mapping[str, bool], offered: Collection[str]) -> Choice:
    words = CHANNEL_WORDS.get(channel, channel)
    if channel not in WRITTEN:
        return Choice(None, "Nothing is written by phone.")
    if channel not in offered:
        return Choice(None, f"This clinic sends no {words}s.")
    if channel not in addresses:
        return Choice(None, f"There is {ADDRESS_WORDS[channel]}.")
    if channel != LETTER and not agreed.get(channel, False):
        said = "does not want" if channel in agreed else "has not agreed to"
        return Choice(None, f"The patient {said} {words}s.")
    return Choice(channel)


def dialled(number: str, *, region: str = "US") -> str:
    """A telephone number as carriers want it, "+16175550134", or "" when it cannot be one.

    `region` is the country of a number written without its country code.
    """
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return ""
    if parsed.extension or not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)

from __future__ import annotations

import pytest

from messaging.rules.channels import Choice, channel_for, dialled
from patients.rules.language import message_language

ALL = ("email", "text", "letter")
YES = {"email": True, "text": True}


@pytest.mark.parametrize(
    ("preferred", "addresses", "agreed", "expected"),
    [
        ("email", ALL, YES, "email"),
        ("text", ALL, YES, "text"),
        ("letter", ALL, {}, "letter"),
        # Phone is not written: e-mail first, then text.
        ("phone", ALL, YES, "email"),
        ("phone", ALL, {"text": True}, "text"),
        ("phone", ("text", "letter"), YES, "text"),
        # The wish cannot be met: the other one.
        ("text", ("email",), YES, "email"),
        ("text", ALL, {"text": False, "email": True}, "email"),
        ("letter", ("email",), YES, "email"),
        # Nobody gets a letter without having chosen letters.
        ("phone", ("letter",), {}, None),
        ("email", ALL, {}, None),
        ("email", ALL, {"email": False, "text": False}, None),
        ("phone", (), YES, None),
    ],
)
def test_channel(preferred: str, addresses: tuple[str, ...], agreed: dict[str, bool], expected: str | None):
    assert channel_for(preferred=preferred, addresses=addresses, agreed=agreed).channel == expected


def test_text_messages_are_not_chosen_where_the_clinic_sends_none():
    choice = channel_for(preferred="text", addresses=ALL, agreed=YES, offered=("email", "letter"))
    assert choice.channel == "email"


def test_a_channel_asked_for_is_that_or_none():
    assert channel_for(preferred="email", addresses=ALL, agreed=YES, wanted="text") == Choice("text")
    refused = channel_for(preferred="email", addresses=ALL, agreed={"email": True}, wanted="text")
    assert refused == Choice(None, "The patient has not agreed to text messages.")
    assert channel_for(preferred="email", addresses=ALL, agreed={}, wanted="letter") == Choice("letter")
    assert channel_for(preferred="email", addresses=ALL, agreed=YES, wanted="phone").channel is None


def test_the_reasons_are_said_in_words():
    choice = channel_for(preferred="text", addresses=("email",), agreed={"email": False})
    assert choice.why == "There is no telephone number that takes text messages. The patient does not want e-mails."


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+1 617 555 0134", "+16175550134"),
        ("(617) 555-0134", "+16175550134"),
        ("617.555.0134", "+16175550134"),
        ("+49 30 901820", "+4930901820"),
        ("617 555 0134 ext. 12", ""),
        ("call her sister", ""),
        ("12", ""),
        ("", ""),
    ],
)
def test_dialled(number: str, expected: str):
    assert dialled(number) == expected


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ("Spanish", "es"), ("español", "es"), ("es", "es"), ("Castellano", "es"), (" spanish (Mexico)", "es"),
        ("English", "en"), ("", "en"), ("Portuguese", "en"), ("Estonian", "en"),
    ],
)  # fmt: skip
def test_language(spoken: str, expected: str):
    assert message_language(spoken) == expected

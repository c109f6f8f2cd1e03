from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from patients.rules.wording import Block, blocks

SHIPPED: list[dict[str, Any]] = json.loads(
    (settings.BASE_DIR / "patients" / "reference" / "consent_forms.json").read_text()
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \n", []),
        ("One.\n\nTwo.", [Block("paragraph", ("One.",)), Block("paragraph", ("Two.",))]),
        ("One\nline.", [Block("paragraph", ("One line.",))]),
        ("One\r\nline.\r\n\r\nTwo.", [Block("paragraph", ("One line.",)), Block("paragraph", ("Two.",))]),
        (
            "# Head\nText:\n- a\n- b\n\n- c\nAfter",
            [
                Block("heading", ("Head",)),
                Block("paragraph", ("Text:",)),
                Block("list", ("a", "b", "c")),
                Block("paragraph", ("After",)),
            ],
        ),
        ("#5 is no heading", [Block("paragraph", ("#5 is no heading",))]),
        ("-5 is no list", [Block("paragraph", ("-5 is no list",))]),
    ],
)
def test_headings_paragraphs_and_lists(text: str, expected: list[Block]):
    assert blocks(text) == expected


@pytest.mark.parametrize("form", SHIPPED, ids=lambda form: form["key"])
def test_what_ships_says_what_has_to_be_said(form: dict[str, Any]):
    text = form["text"]
    for words in (
        "days to two weeks",
        "three to six months",
        "may be partial",
        "Call 911",
        "trouble swallowing",
        "hours to weeks",
        "cannot be converted",
        "medication guide",
        "withdraw this consent",
        "record",
    ):
        assert words in text, words
    # No rate is invented: the form names no numbers but that one to call.
    assert set(filter(str.isdigit, text.replace("911", ""))) == set()
    assert ("outside the label" in text) == form["covers_off_label"]
    assert [block.kind for block in blocks(text)].count("heading") >= 6

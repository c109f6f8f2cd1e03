"""What can be computed of the look: contrast of every text colour in both schemes, and no colour outside the tokens."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from clinic.templatetags.rail import ITEMS

CLINIC = Path(__file__).resolve().parents[2] / "static" / "clinic"
TOKENS = (CLINIC / "css" / "tokens.css").read_text()

STATES = ("new", "in-effect", "opening", "due", "overdue", "lapsed", "booked", "closed")
GROUNDS = ("canvas", "sunken", "hover", "raised", "accent-tint")
TEXT_PAIRS = [
    *((text, ground) for text in ("ink", "muted", "accent") for ground in GROUNDS),
    *((state, ground) for state in STATES for ground in ("canvas", "hover", "accent-tint", f"{state}-tint")),
    *((text, f"{state}-tint") for text in ("ink", "muted") for state in ("due", "overdue")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("accent-strong", "accent-tint"),
]
SHAPE_PAIRS = [("line-field", "canvas"), ("strip-effect", "canvas"), ("strip-window", "canvas"), ("accent", "sunken")]


def colours() -> dict[str, dict[str, str]]:
    light_part, dark_part = TOKENS.split("@media screen and (prefers-color-scheme: dark)")
    dark_part = dark_part.split("@media")[0]
    found = {
        scheme: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))
        for scheme, part in (("light", light_part), ("dark", dark_part))
    }
    return {"light": found["light"], "dark": found["light"] | found["dark"]}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_each_colour_of_one_scheme_is_also_in_the_other() -> None:
    light_part, dark_part = TOKENS.split("@media screen and (prefers-color-scheme: dark)")
    pattern = r"--([a-z-]+): #"
    assert set(re.findall(pattern, light_part)) == set(re.findall(pattern, dark_part.split("@media")[0]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_can_be_read(scheme: str, text: str, ground: str) -> None:
    palette = colours()[scheme]
    assert contrast(palette[text], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_shapes_and_edges_can_be_seen(scheme: str, shape: str, ground: str) -> None:
    palette = colours()[scheme]
    assert contrast(palette[shape], palette[ground]) >= 3


@pytest.mark.parametrize("sheet", sorted((CLINIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_colours_come_from_the_tokens(sheet: Path) -> None:
    if sheet.name in {"tokens.css", "print.css"}:
        return
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgba?\(\s*\d", sheet.read_text())


def test_every_icon_of_the_rail_is_in_the_sprite() -> None:
    sprite = ElementTree.parse(CLINIC / "icons.svg")  # noqa: S314  our own file
    drawn = {symbol.get("id") for symbol in sprite.getroot()}
    assert {item.icon for item in ITEMS} <= drawn
    assert {"mark", "search", "site"} <= drawn

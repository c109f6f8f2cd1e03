"""A signature drawn on the screen, as SVG path data.

It is shown again as a picture, so nothing is kept but the commands that draw and plain numbers.
"""

from __future__ import annotations

import re

WIDTH, HEIGHT = 600, 200
LONGEST = 20_000  # characters
# A finger that only touched the screen leaves less than this, in units of the box.
SHORTEST_LINE = 40

# How many numbers each command takes.
_TAKES = {"M": 2, "L": 2, "C": 6, "Q": 4}
_TOKEN = re.compile(r"\s*,?\s*(?:([A-Za-z])|(-?\d{1,4}(?:\.\d{1,3})?)(?![\d.eE]))", re.ASCII)


def clean_signature(path: str) -> str:
    """The path rewritten from its commands and numbers, one decimal each.

    Raises ValueError, in words for the person who signs, when it is empty, too short to be a signature, or anything but
    M, L, C and Q with numbers inside the box.
    """
    path = path.strip()
    if not path:
        raise ValueError("The signature is missing.")
    if len(path) > LONGEST:
        raise ValueError("The signature is too long. Clear it and sign again.")
    parts: list[str] = []
    points: list[tuple[float, float]] = []
    length = 0.0
    place = 0
    while place < len(path):
        command, place = _next_command(path, place)
        numbers: list[float] = []
        while len(numbers) < _TAKES[command]:
            number, place = _next_number(path, place)
            numbers.append(number)
        if not parts and command != "M":
            raise _unreadable()
        end = (numbers[-2], numbers[-1])
        if command != "M":
            length += abs(end[0] - points[-1][0]) + abs(end[1] - points[-1][1])
        points.append(end)
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
                raise _unreadable()
        parts.append(command + " " + " ".join(f"{number:g}" for number in numbers))
    if length < SHORTEST_LINE:
        raise ValueError("This is too short for a signature. Sign with the whole name.")
    return " ".join(parts)


def _next_command(path: str, place: int) -> tuple[str, int]:
    found = _TOKEN.match(path, place)
    if found is None or found[1] not in _TAKES:
        raise _unreadable()
    return found[1], found.end()


def _next_number(path: str, place: int) -> tuple[float, int]:
    found = _TOKEN.match(path, place)
    if found is None or found[2] is None:
        raise _unreadable()
    return round(float(found[2]), 1), found.end()


def _unreadable() -> ValueError:
    return ValueError("The signature could not be read. Clear it and sign again.")

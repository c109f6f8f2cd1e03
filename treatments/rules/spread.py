"""Where points lie inside a region of a body map, in its own 0 to 1000: outlines, and an even spread over one.

Only where the drawing shows them; the provider moves them to where the needle goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import dist

Point = tuple[float, float]

ROUNDS = 8


def outline(path_data: str) -> list[Point]:
    """The corners of a path made of absolute M, C, L and Z, its curves cut into 12 pieces."""
    points: list[Point] = []
    for command, arguments in re.findall(r"([MCLZ])([^MCLZ]*)", path_data):
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", arguments)]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command in "ML":
            points += pairs
        elif command == "C":
            for start in range(0, len(pairs), 3):
                (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[-1], *pairs[start : start + 3]
                for step in range(1, 13):
                    t, u = step / 12, 1 - step / 12
                    points.append(
                        (
                            u**3 * x0 + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t**3 * x3,
                            u**3 * y0 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t**3 * y3,
                        )
                    )
    return points


def contains(corners: Sequence[Point], x: float, y: float) -> bool:
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside


def area(corners: Sequence[Point]) -> float:
    return (
        abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True))) / 2
    )


def spread(corners: Sequence[Point], count: int, *, above: Sequence[Sequence[Point]] = ()) -> list[tuple[int, int]]:
    """`count` points spread evenly inside the region, top to bottom, none under a region drawn `above` it if that goes.

    The same region and count always give the same points; fewer come back only from a region without any room.
    """
    if len(corners) < 3 or count < 1:
        return []
    room = next((room for fineness in (22, 44, 88) if len(room := _room(corners, fineness)) >= 2 * count), [])
    room = room or _room(corners, 88)
    free = [point for point in room if not any(contains(other, *point) for other in above)]
    places = free if len(free) >= count else room
    if not places:
        return []
    middle = (sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places))
    centres = [min(places, key=lambda place: dist(place, middle))]
    while len(centres) < min(count, len(places)):
        centres.append(max(places, key=lambda place: min(dist(place, centre) for centre in centres)))
    for _ in range(ROUNDS):
        shares: list[list[Point]] = [[] for _ in centres]
        for place in places:
            shares[min(range(len(centres)), key=lambda at: dist(place, centres[at]))].append(place)
        centres = [
            (sum(x for x, _ in share) / len(share), sum(y for _, y in share) / len(share)) if share else centre
            for share, centre in zip(shares, centres, strict=True)
        ]
    # The middle of a bent share may lie outside: its nearest free place does not.
    chosen: list[Point] = []
    for centre in centres:
        left = [place for place in places if place not in chosen] or places
        chosen.append(min(left, key=lambda place: dist(place, centre)))
    return sorted(((round(x), round(y)) for x, y in chosen), key=lambda point: (point[1], point[0]))


def _room(corners: Sequence[Point], fineness: int) -> list[Point]:
    """The places of a grid, so many steps across the longer side, inside the region that are not at its very edge."""
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    step = max(right - left, bottom - top, 1) / fineness
    across, down = int((right - left) / step) + 1, int((bottom - top) / step) + 1
    inside = [
        (round(left + (column + 0.5) * step), round(top + (row + 0.5) * step))
        for row in range(down)
        for column in range(across)
        if contains(corners, round(left + (column + 0.5) * step), round(top + (row + 0.5) * step))
    ]
    inner = [place for place in inside if min(dist(place, corner) for corner in corners) > step]
    return [(float(x), float(y)) for x, y in (inner or inside)]

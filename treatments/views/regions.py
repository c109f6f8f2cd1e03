"""The muscle regions of the body maps, read once from the drawings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from django.conf import settings

from treatments.rules.spread import Point, area, contains, outline, spread

FOLDER = Path(settings.BASE_DIR) / "templates" / "treatments" / "bodymap"


@dataclass(frozen=True)
class Region:
    """One muscle of one side on a map, and where in the drawing it comes: a later one lies above."""

    view: str
    muscle: str
    side: str
    corners: tuple[Point, ...]
    order: int


@cache
def regions(view: str) -> tuple[Region, ...]:
    """Of one map, in the order they are drawn; none for a map that is not there."""
    drawing = FOLDER / f"{view}.svg"
    if not view.replace("_", "").isalnum() or not drawing.is_file():
        return ()
    tree = ElementTree.parse(drawing)  # noqa: S314 - a file of ours, never what somebody sent
    paths = [
        element
        for element in tree.iter()
        if element.tag.endswith("path") and "muscle" in (element.get("class") or "").split()
    ]
    return tuple(
        Region(view, path.attrib["data-muscle"], path.attrib["data-side"], tuple(outline(path.attrib["d"])), order)
        for order, path in enumerate(paths)
    )


@cache
def region_of(muscle: str, side: str, views: tuple[str, ...]) -> Region | None:
    """The region of a muscle on one of these maps: where it is drawn largest."""
    found = [region for view in views for region in regions(view) if (region.muscle, region.side) == (muscle, side)]
    return max(found, key=lambda region: area(region.corners), default=None)


@cache
def spots(muscle: str, side: str, views: tuple[str, ...], count: int) -> tuple[tuple[str, int, int], ...]:
    """`count` points of a muscle as (view, x, y), spread over its region; none where no map of these shows it.

    Left and right mirror each other where the drawing does.
    """
    region = region_of(muscle, side, views)
    if region is None:
        return ()
    if side == "left":
        other = next((found for found in regions(region.view) if (found.muscle, found.side) == (muscle, "right")), None)
        if other is not None:
            mirrored = tuple((region.view, 1000 - x, y) for _, x, y in spots(muscle, "right", (region.view,), count))
            if mirrored and all(contains(region.corners, x, y) for _, x, y in mirrored):
                return mirrored
    above = [other.corners for other in regions(region.view) if other.order > region.order]
    return tuple((region.view, x, y) for x, y in spread(region.corners, count, above=above))

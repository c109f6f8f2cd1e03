"""The protocols that ship with Cadence: their sums, their muscles, and their points against the drawn body maps."""

import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROTOCOLS = json.loads((ROOT / "treatments/reference/protocols.json").read_text())
MAPS = {path.stem: path for path in (ROOT / "templates/treatments/bodymap").glob("*.svg")}
SVG = "{http://www.w3.org/2000/svg}"
MIRRORED_VIEW = {"head_left": "head_right", "head_right": "head_left"}

BY_KEY = {protocol["key"]: protocol for protocol in PROTOCOLS}
PLACED = [
    pytest.param(protocol["key"], site, id=f"{protocol['key']}-{site['order']}")
    for protocol in PROTOCOLS
    for site in protocol["sites"]
    if site["view"]
]

Point = tuple[float, float]


def outline(path_data: str) -> list[Point]:
    """The corners of a path made of absolute M, C, L and Z, its curves cut into 24 pieces."""
    points: list[Point] = []
    for command, arguments in re.findall(r"([MCLZ])([^MCLZ]*)", path_data):
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", arguments)]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command in "ML":
            points += pairs
        elif command == "C":
            for start in range(0, len(pairs), 3):
                (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[-1], *pairs[start : start + 3]
                for step in range(1, 25):
                    t, u = step / 24, 1 - step / 24
                    points.append(
                        (
                            u**3 * x0 + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t**3 * x3,
                            u**3 * y0 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t**3 * y3,
                        )
                    )
    return points


def contains(corners: list[Point], x: float, y: float) -> bool:
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside


def regions(view: str) -> dict[tuple[str, str], list[Point]]:
    tree = ElementTree.parse(MAPS[view])  # noqa: S314 - our own file
    return {
        (path.attrib["data-muscle"], path.attrib["data-side"]): outline(path.attrib["d"])
        for path in tree.iter()
        if path.tag.removeprefix(SVG) == "path" and path.get("class") == "muscle"
    }


REGIONS = {view: regions(view) for view in MAPS}


def test_preempt_is_31_sites_of_5_units():
    sites = BY_KEY["preempt_155"]["sites"]
    assert len(sites) == 31
    assert sum(site["units"] for site in sites) == 155
    assert {site["units"] for site in sites} == {5}
    assert Counter((site["muscle"], site["side"]) for site in sites) == {
        ("corrugator", "right"): 1,
        ("corrugator", "left"): 1,
        ("procerus", "midline"): 1,
        ("frontalis", "right"): 2,
        ("frontalis", "left"): 2,
        ("temporalis", "right"): 4,
        ("temporalis", "left"): 4,
        ("occipitalis", "right"): 3,
        ("occipitalis", "left"): 3,
        ("cerv_paraspinal", "right"): 2,
        ("cerv_paraspinal", "left"): 2,
        ("trapezius_upper", "right"): 3,
        ("trapezius_upper", "left"): 3,
    }


def test_the_order_of_sites_is_the_order_of_the_reference():
    order = list(dict.fromkeys(site["muscle"] for site in BY_KEY["preempt_155"]["sites"]))
    assert order == [
        "corrugator",
        "procerus",
        "frontalis",
        "temporalis",
        "occipitalis",
        "cerv_paraspinal",
        "trapezius_upper",
    ]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol["key"])
def test_a_protocol_is_complete(protocol):
    assert set(protocol) == {
        "key", "version", "name", "condition", "product", "source", "confidence", "note", "sites"
    }  # fmt: skip
    assert re.fullmatch(r"[a-z0-9_]+", protocol["key"])
    assert protocol["name"]
    assert len(protocol["name"]) <= 100
    assert protocol["source"]
    assert len(protocol["note"]) <= 300
    assert protocol["confidence"] in {"A", "A-", "B", "C"}
    assert [site["order"] for site in protocol["sites"]] == list(range(1, len(protocol["sites"]) + 1))
    for site in protocol["sites"]:
        assert set(site) == {"order", "muscle", "side", "view", "x", "y", "units", "units_min", "units_max"}
        assert site["side"] in {"left", "right", "midline"}
        assert (site["side"] == "midline") == (site["muscle"] == "procerus")
        assert (site["x"] is None) == (site["y"] is None) == (site["view"] == "")


def test_the_keys_are_different():
    assert len(BY_KEY) == len(PROTOCOLS)


def test_only_what_the_reference_is_sure_of_is_filled_in():
    for protocol in PROTOCOLS:
        if any(site["units"] is not None for site in protocol["sites"]):
            assert protocol["confidence"] in {"A", "A-"}, protocol["key"]
            assert protocol["product"], f"{protocol['key']} gives units of no product"


def test_the_doses_of_trials_are_those_of_the_trials():
    jaw = BY_KEY["tmj_rct_100"]["sites"]
    per_side = Counter()
    for site in jaw:
        per_side[site["muscle"], site["side"]] += site["units"]
    assert per_side == {
        ("masseter", "right"): 30,
        ("masseter", "left"): 30,
        ("temporalis", "right"): 20,
        ("temporalis", "left"): 20,
    }
    for side in ("right", "left"):
        lumbar = BY_KEY[f"lumbar_foster_{side}"]["sites"]
        assert [(site["muscle"], site["side"], site["units"]) for site in lumbar] == [("erector_lumbar", side, 40)] * 5


def test_every_condition_has_a_protocol():
    assert {protocol["condition"] for protocol in PROTOCOLS} == {
        "chronic_migraine",
        "cervical_dystonia",
        "upper_limb_spasticity",
        "lower_limb_spasticity",
        "tmj_bruxism",
        "myofascial_neck_shoulder",
        "low_back_pain",
    }


@pytest.mark.parametrize(("key", "site"), PLACED)
def test_a_point_lies_in_its_own_muscle(key, site):
    region = REGIONS[site["view"]].get((site["muscle"], site["side"]))
    assert region, f"{site['view']} has no {site['side']} {site['muscle']}"
    assert contains(region, site["x"], site["y"])
    others = [
        name
        for name, corners in REGIONS[site["view"]].items()
        if name != (site["muscle"], site["side"]) and contains(corners, site["x"], site["y"])
    ]
    assert not others, "a tap there could mean another muscle"


def test_left_and_right_mirror_each_other():
    def placed(side, flip):
        return Counter(
            (
                site["muscle"],
                MIRRORED_VIEW.get(site["view"], site["view"]) if flip else site["view"],
                1000 - site["x"] if flip else site["x"],
                site["y"],
                site["units"],
            )
            for key in ("preempt_155", "tmj_rct_100", "myofascial_trapezius_levator")
            for site in BY_KEY[key]["sites"]
            if site["side"] == side
        )

    assert placed("left", flip=False) == placed("right", flip=True)
    assert placed("left", flip=False)


@pytest.mark.parametrize("view", sorted(MAPS))
def test_a_map_is_drawn_by_the_rules_the_chart_relies_on(view):
    svg = ElementTree.parse(MAPS[view]).getroot()  # noqa: S314 - our own file
    assert svg.attrib["data-view"] == view
    assert svg.attrib["viewBox"] == "0 0 1000 1000"
    assert svg.attrib["aria-label"]
    paths = [path for path in svg.iter() if path.get("class") == "muscle"]
    assert len(REGIONS[view]) == len(paths), "a muscle is drawn twice"
    for path in paths:
        assert path.attrib["data-side"] in path.attrib["data-label"] or path.attrib["data-side"] == "midline"
    points = [group for group in svg.iter() if group.get("class") == "bodymap-points"]
    assert len(points) == 1
    assert len(points[0]) == 0
    assert "style" not in MAPS[view].read_text()


@pytest.mark.parametrize(
    ("view", "right_is_on_the_viewers"),
    [("head_front", "left"), ("neck_front", "left"), ("head_back", "right"), ("neck_back", "right")],
)
def test_right_is_the_patients_right(view, right_is_on_the_viewers):
    for (muscle, side), corners in REGIONS[view].items():
        middle = sum(x for x, _ in corners) / len(corners)
        if side == "midline":
            assert abs(middle - 500) < 5, muscle
        else:
            on_the_left = (side == "right") == (right_is_on_the_viewers == "left")
            assert (middle < 500) == on_the_left, f"{muscle} {side}"


def test_the_side_views_show_one_side():
    assert {side for _, side in REGIONS["head_left"]} == {"left"}
    assert {side for _, side in REGIONS["head_right"]} == {"right"}

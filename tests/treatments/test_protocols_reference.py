"""The protocols that ship with Cadence: their sums, their muscles, and their points against the drawn body maps."""

import json
import re
from collections import Counter
from itertools import combinations, pairwise
from math import dist
from pathlib import Path
from xml.etree import ElementTree

import pytest

from treatments.rules.spread import Point, contains, outline

ROOT = Path(__file__).resolve().parents[2]
PROTOCOLS = json.loads((ROOT / "treatments/reference/protocols.json").read_text())
CONDITIONS = json.loads((ROOT / "treatments/reference/conditions.json").read_text())
MUSCLES = {muscle["key"]: muscle for muscle in json.loads((ROOT / "treatments/reference/muscles.json").read_text())}
MAPS = {path.stem: path for path in (ROOT / "templates/treatments/bodymap").glob("*.svg")}
SVG = "{http://www.w3.org/2000/svg}"
MIRRORED_VIEW = {
    "head_left": "head_right",
    "head_right": "head_left",
    "jaw_left": "jaw_right",
    "jaw_right": "jaw_left",
}

BY_KEY = {protocol["key"]: protocol for protocol in PROTOCOLS}
PLACED = [
    pytest.param(protocol["key"], site, id=f"{protocol['key']}-{site['order']}")
    for protocol in PROTOCOLS
    for site in protocol["sites"]
    if site["view"]
]


def regions(view: str) -> dict[tuple[str, str], list[Point]]:
    tree = ElementTree.parse(MAPS[view])  # noqa: S314 - our own file
    return {
        (path.attrib["data-muscle"], path.attrib["data-side"]): outline(path.attrib["d"])
        for path in tree.iter()
        if path.tag.removeprefix(SVG) == "path" and path.get("class") == "muscle"
    }


REGIONS = {view: regions(view) for view in MAPS}


def level(name: str) -> float:
    """How far down the map of the back a vertebra is written."""
    tree = ElementTree.parse(MAPS["back"])  # noqa: S314 - our own file
    return next(float(text.attrib["y"]) for text in tree.iter() if text.text == name)


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


def test_follow_the_pain_adds_8_sites_of_5_units_to_the_31():
    fixed, all_sites = BY_KEY["preempt_155"]["sites"], BY_KEY["preempt_195"]["sites"]
    assert all_sites[:31] == fixed
    assert len(all_sites) == 39
    assert sum(site["units"] for site in all_sites) == 195
    added = all_sites[31:]
    assert {site["units"] for site in added} == {5}
    assert Counter((site["muscle"], site["side"]) for site in added) == {
        ("temporalis", "right"): 1,
        ("temporalis", "left"): 1,
        ("occipitalis", "right"): 1,
        ("occipitalis", "left"): 1,
        ("trapezius_upper", "right"): 2,
        ("trapezius_upper", "left"): 2,
    }
    by_muscle = Counter()
    for site in all_sites:
        by_muscle[site["muscle"]] += site["units"]
    assert (by_muscle["temporalis"], by_muscle["occipitalis"], by_muscle["trapezius_upper"]) == (50, 40, 50)
    assert "not part of the US label dose, which is 155 U" in BY_KEY["preempt_195"]["note"]
    assert BY_KEY["preempt_195"]["confidence"] == "A-"


def test_no_two_points_of_a_protocol_hide_each_other():
    for protocol in PROTOCOLS:
        placed = [site for site in protocol["sites"] if site["view"]]
        for one, other in combinations(placed, 2):
            if one["view"] == other["view"]:
                assert dist((one["x"], one["y"]), (other["x"], other["y"])) > 55, (protocol["key"], one, other)


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
        assert {(site["view"], site["x"]) for site in lumbar} == {("back", 562 if side == "right" else 438)}
        assert [site["y"] for site in lumbar] == [level(f"L{number}") for number in range(1, 6)]


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
    tapped = [name for name, corners in REGIONS[site["view"]].items() if contains(corners, site["x"], site["y"])]
    assert tapped, "a tap there would mean bare skin"
    assert tapped[-1] == (site["muscle"], site["side"]), "a tap there means the muscle drawn last"


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
            for key in ("preempt_155", "preempt_195", "tmj_rct_100", "myofascial_trapezius_levator")
            for site in BY_KEY[key]["sites"]
            if site["side"] == side
        )

    assert placed("left", flip=False) == placed("right", flip=True)
    assert placed("left", flip=False)


@pytest.mark.parametrize("key", sorted(key for key in BY_KEY if key.endswith("_right")))
def test_the_protocol_of_the_left_side_mirrors_that_of_the_right(key):
    right, left = BY_KEY[key], BY_KEY[key.removesuffix("_right") + "_left"]
    assert {site["side"] for site in right["sites"]} == {"right"}
    assert left["sites"] == [
        site
        | {
            "side": "left",
            "view": re.sub("_right$", "_left", site["view"]),
            "x": None if site["x"] is None else 1000 - site["x"],
        }
        for site in right["sites"]
    ]


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
    [
        ("head_front", "left"),
        ("neck_front", "left"),
        ("head_back", "right"),
        ("neck_back", "right"),
        ("back", "right"),
        ("arms_front", "left"),
        ("arms_deep", "left"),
        ("arms_back", "right"),
        ("forearms_front", "left"),
        ("forearms_deep", "left"),
        ("hands_front", "left"),
        ("legs_front", "left"),
        ("legs_back", "right"),
        ("legs_deep", "right"),
    ],
)
def test_right_is_the_patients_right(view, right_is_on_the_viewers):
    for (muscle, side), corners in REGIONS[view].items():
        middle = sum(x for x, _ in corners) / len(corners)
        if side == "midline":
            assert abs(middle - 500) < 5, muscle
        else:
            on_the_left = (side == "right") == (right_is_on_the_viewers == "left")
            assert (middle < 500) == on_the_left, f"{muscle} {side}"


@pytest.mark.parametrize("part", ["head", "jaw"])
def test_the_side_views_show_one_side(part):
    assert {side for _, side in REGIONS[f"{part}_left"]} == {"left"}
    assert {side for _, side in REGIONS[f"{part}_right"]} == {"right"}


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition["key"])
def test_each_muscle_of_a_condition_has_its_regions(condition):
    drawn = {name for view in condition["body_views"] for name in REGIONS[view]}
    sides = {key: ["midline"] if MUSCLES[key]["is_midline"] else ["left", "right"] for key in condition["muscles"]}
    missing = [(key, side) for key in condition["muscles"] for side in sides[key] if (key, side) not in drawn]
    assert not missing


@pytest.mark.parametrize("key", sorted(key for key in BY_KEY if key.startswith(("uls_", "lls_"))))
def test_a_limb_protocol_is_on_the_maps(key):
    assert all(site["view"] for site in BY_KEY[key]["sites"])


@pytest.mark.parametrize("view", sorted(view for view in MAPS if view not in MIRRORED_VIEW))
def test_the_regions_of_one_side_mirror_those_of_the_other(view):
    for (muscle, side), corners in REGIONS[view].items():
        if side == "left":
            other = REGIONS[view][muscle, "right"]
            assert len(corners) == len(other)
            for (x, y), (mirrored_x, mirrored_y) in zip(corners, other, strict=True):
                assert dist((1000 - x, y), (mirrored_x, mirrored_y)) < 2, muscle


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("view", "from_the_midline_outwards", "height"),
    [
        ("forearms_front", ["fcu", "fds", "fcr", "brachioradialis"], 330),
        ("hands_front", ["lumb_int", "add_poll", "fpb_op"], 610),
        ("forearms_deep", ["fdp", "fpl"], 350),
        ("legs_front", ["adductors", "rectus_femoris"], 450),
        ("legs_back", ["hamstrings_med", "hamstrings_lat"], 300),
        ("legs_back", ["gastroc_med", "gastroc_lat"], 620),
        ("legs_deep", ["fdl", "tib_post", "fhl"], 450),
    ],
)
def test_the_muscles_of_a_limb_lie_side_by_side_as_in_the_body(view, side, from_the_midline_outwards, height):
    from_behind = view in {"legs_back", "legs_deep"}
    towards = 1 if (side == "left") != from_behind else -1
    reach = [
        [away for away in range(500) if contains(REGIONS[view][muscle, side], 500 + towards * away, height)]
        for muscle in from_the_midline_outwards
    ]
    assert all(reach), "the muscle does not come to this height"
    for inner, outer in pairwise(reach):
        assert max(inner) < min(outer)

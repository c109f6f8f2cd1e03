"""The shorthand line: what it means, and what it refuses rather than guess."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.shorthand import CourseName, Entry, MuscleName, parse

REFERENCE = Path(__file__).resolve().parents[2] / "treatments" / "reference"
MUSCLES = json.loads((REFERENCE / "muscles.json").read_text())
CONDITIONS = {row["key"]: row for row in json.loads((REFERENCE / "conditions.json").read_text())}

MIGRAINE, JAW, ARM, LEG = (
    CourseName(1, "Migraine", ("Chronic migraine",)),
    CourseName(2, "TMJ / bruxism", ("TMJ disorder / bruxism",)),
    CourseName(3, "Arm spasticity", ("Upper-limb spasticity",)),
    CourseName(4, "Leg spasticity", ("Lower-limb spasticity",)),
)
OF = {1: "chronic_migraine", 2: "tmj_bruxism", 3: "upper_limb_spasticity", 4: "lower_limb_spasticity"}


def read(text: str, *courses: CourseName) -> list[Entry]:
    treated = courses or (MIGRAINE,)
    muscles = [
        MuscleName(
            row["key"],
            row["short"],
            row["name"],
            row["is_midline"],
            tuple(course.id for course in treated if row["key"] in CONDITIONS[OF[course.id]]["muscles"]),
        )
        for row in MUSCLES
    ]
    return parse(text, muscles=muscles, courses=treated)


def said(entry: Entry) -> tuple[str, list[tuple[str, int, str]]]:
    assert not entry.error, entry.error
    return entry.muscle, [(share.side, share.sites, str(share.each.normalize())) for share in entry.shares]


def test_every_muscle_has_a_code_of_its_own() -> None:
    codes = Counter(row["short"] for row in MUSCLES)
    assert max(codes.values()) == 1
    assert all(2 <= len(code) <= 4 and code.isalpha() and code.islower() for code in codes)
    assert not {"r", "l", "u", "left", "right"} & set(codes)


def test_the_line_of_the_contract() -> None:
    entries = read("fr 20/4 co 10/2 te 40/8")
    assert [said(entry) for entry in entries] == [
        ("frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("corrugator", [("right", 1, "5"), ("left", 1, "5")]),
        ("temporalis", [("right", 4, "5"), ("left", 4, "5")]),
    ]
    assert [entry.units for entry in entries] == [20, 10, 40]
    assert [entry.sites for entry in entries] == [4, 2, 8]


@pytest.mark.parametrize(
    ("text", "muscle", "shares"),
    [
        ("pr 5", "procerus", [("midline", 1, "5")]),
        ("pr 5/2", "procerus", [("midline", 2, "2.5")]),
        ("bi r 100/2", "biceps", [("right", 2, "5E+1")]),
        ("bir 100/2", "biceps", [("right", 2, "5E+1")]),
        ("bil 100/4", "biceps", [("left", 4, "25")]),
        ("bi left 100/2", "biceps", [("left", 2, "5E+1")]),
        ("BI R 100/2", "biceps", [("right", 2, "5E+1")]),
        ("mp r 12.5", "medial_pterygoid", [("right", 1, "12.5")]),
        ("fr r 15/3", "frontalis", [("right", 3, "5")]),
        ("fr 20 / 4", "frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("fr20/4", "frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("fr 20u/4", "frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("fr 20/4,", "frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("fr 20/4;", "frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("fr 0.02/2", "frontalis", [("right", 1, "0.01"), ("left", 1, "0.01")]),
        ("fr r 20000", "frontalis", [("right", 1, "2E+4")]),
        ("fr 200/100", "frontalis", [("right", 50, "2"), ("left", 50, "2")]),
        ("front 20/4", "frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("frontalis 20/4", "frontalis", [("right", 2, "5"), ("left", 2, "5")]),
        ("fcr r 50/2", "fcr", [("right", 2, "25")]),
        ("fhl l 50/2", "fhl", [("left", 2, "25")]),
        ("trapezius_upper 30/6", "trapezius_upper", [("right", 3, "5"), ("left", 3, "5")]),
        ("ter 20/4", "temporalis", [("right", 4, "5")]),  # teres is no muscle of migraine
    ],
)
def test_an_entry_that_can_be_read(text: str, muscle: str, shares: list[tuple[str, int, str]]) -> None:
    (entry,) = read(text)
    assert said(entry) == (muscle, shares)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("xx 20/4", "No muscle is called “xx”."),
        ("s 20/4", "No muscle is called “s”."),
        ("fr", "Frontalis: the units are missing."),
        ("fr r", "Frontalis: the units are missing."),
        ("fr 20", "how many sites? Write fr 20/2, or give the side: fr r."),
        ("fr 15/3", "3 sites do not divide between left and right"),
        ("fr 20/0", "a whole number from 1 to 100"),
        ("fr 20/101", "a whole number from 1 to 100"),
        ("fr 20/2.5", "a whole number from 1 to 100"),
        ("fr 0/2", "must be more than 0"),
        ("fr r 20000.01", "at most 20000 U"),
        ("fr r 12.345", "at most two decimals"),
        ("fr r 1.2.3", "at most two decimals"),
        ("fr 10,5/2", "write decimals with a point"),
        ("fr r 10/3", "10 U do not divide evenly into 3 sites"),
        ("fr 0.01/2", "do not divide evenly"),
        ("pr l 5", "lies in the midline"),
        ("20/4", "has no muscle before it"),
        ("r 20/4", "The side stands between muscle and units"),
        ("fr x 20/4", "“x” cannot be read here"),
        ("fr r l 20/4", "“l” cannot be read here"),
        ("fr 20/4/2", "write the total units, then a slash"),
        ("fr /4", "write the total units, then a slash"),
        ("fr 4/", "write the total units, then a slash"),
        ("fr -5/2", "“-” cannot be read here"),
        ("cor 10/2", "“cor” may be Corrugator supercilii, right, or both sides. Write “co r” or “co”."),
        ("fhl 50/2", "may be Flexor hallucis longus, left, or both sides"),
        ("sc 20/2 sca 20/2", "may be Scalenus anterior (sa), Scalenus medius (sd), Scalenus posterior (st)."),
    ],
)
def test_an_entry_that_cannot_be_read_says_why(text: str, words: str) -> None:
    entry = read(text)[-1]
    assert words in entry.error
    assert entry.shares == ()
    assert text[entry.start : entry.end] == entry.text


def test_a_wrong_entry_leaves_the_others_readable() -> None:
    wrong, right = read("fr 15/3 co 10/2")
    assert wrong.error
    assert wrong.text == "fr 15/3"
    assert said(right)[0] == "corrugator"


def test_two_muscles_of_the_session_are_never_guessed_between() -> None:
    (entry,) = read("ter r 5", MIGRAINE, ARM)
    assert said(entry) == ("teres_major", [("right", 1, "5")])
    (entry,) = read("ter 5", MIGRAINE, ARM)
    assert "may be Temporalis, right, or Teres major (tm)" in entry.error
    (entry,) = read("biceps r 100/2", ARM)
    assert entry.muscle == "biceps"
    (entry,) = read("biceps r 100/2", LEG)
    assert entry.muscle == "hamstrings_lat"
    (entry,) = read("biceps r 100/2", ARM, LEG)
    assert "may be Biceps brachii (bi), Biceps femoris (hl)" in entry.error


def test_the_course_is_the_one_named_else_the_first_that_treats_the_muscle() -> None:
    te, ma, pr = read("te 40/8 ma 60/6 pr 5", MIGRAINE, JAW)
    assert [entry.course for entry in (te, ma, pr)] == [1, 2, 1]
    assert te.note == "for Migraine; TMJ / bruxism treats it too"
    assert ma.note == "for TMJ / bruxism"
    named = read("tmj: te 40/8 ma 60/6 mig:te 20/4 fr 20/4", MIGRAINE, JAW)
    assert [(entry.muscle, entry.course) for entry in named] == [
        ("temporalis", 2),
        ("masseter", 2),
        ("temporalis", 1),
        ("frontalis", 1),
    ]
    assert [read(f"{word}: ma 60/6", MIGRAINE, JAW)[0].course for word in ("brux", "TMJ", "tm")] == [2, 2, 2]
    assert "“arm:” is no one course of this session" in read("arm: bi r 5", MIGRAINE, JAW)[0].error
    assert "no one course" in read("sp: bi r 5", ARM, LEG)[0].error
    (foreign,) = read("bi r 100/2")
    assert (foreign.course, foreign.note) == (1, "not a muscle of Migraine")


def test_a_line_of_one_course_says_nothing_of_it() -> None:
    assert read("fr 20/4")[0].note == ""


@pytest.mark.parametrize("text", ["", "  ", ";", " , "])
def test_nothing_typed_is_nothing(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(("length", "is_read"), [(999, True), (1000, True), (1001, False)])
def test_a_line_without_end_is_not_read(length: int, is_read: bool) -> None:
    line = "fr 20/4".ljust(length)
    (entry,) = read(line)
    assert (entry.error, entry.shares != ()) == ("" if is_read else "At most 1000 characters.", is_read)
    if not is_read:
        assert (entry.start, entry.end, entry.text) == (0, length, line[:40] + "…")


@pytest.mark.parametrize(("number", "shown"), [(3, 3), (4, 4), (5, 4)])
def test_at_most_four_are_named_of_those_a_word_may_be(number: int, shown: int) -> None:
    def named(written: str, *more: MuscleName) -> str:
        treated = [MuscleName(f"abc{n}", f"q{n}", f"Abc {n}", courses=(1,)) for n in range(number)]
        (entry,) = parse(f"{written} 10/2", muscles=[*treated, *more], courses=[MIGRAINE])
        return entry.error

    listed = ", ".join(f"Abc {n} (q{n})" for n in range(shown)) + (" …" if number > shown else "")
    assert named("abc") == f"“abc” may be {listed}."
    # The code of a muscle that is not treated here, which begins those that are.
    assert f"“ab” may be {listed}, or Other, which is not treated here" in named("ab", MuscleName("x", "ab", "Other"))


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_entries(text: str) -> None:
    for entry in read(text, MIGRAINE, ARM):
        assert bool(entry.error) != bool(entry.shares)
        assert text[entry.start : entry.end] == entry.text


CODES = [row["short"] for row in MUSCLES if not row["is_midline"]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CODES),
            st.sampled_from(["", "r", "l"]),
            st.integers(1, 20),
            st.integers(1, 4000),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_what_is_given(written: list[tuple[str, str, int, int]]) -> None:
    """Total units and sites of each entry come out as they went in: nothing is lost in the division."""
    text, expected = [], []
    for code, side, pairs, hundredths in written:
        sites = pairs if side else 2 * pairs
        total = Decimal(hundredths) * sites / 100
        text.append(f"{code} {side} {total}/{sites}".replace("  ", " "))
        expected.append((total, sites, 1 if side else 2))
    entries = read(" ".join(text))
    assert [entry.error for entry in entries] == [""] * len(written)
    assert [(entry.units, entry.sites, len(entry.shares)) for entry in entries] == expected
    assert all(len({share.each for share in entry.shares}) == 1 for entry in entries)


@given(st.integers(1, 100), st.integers(1, 2_000_000))
def test_units_are_divided_evenly_or_not_at_all(sites: int, hundredths: int) -> None:
    total = Decimal(hundredths) / 100
    (entry,) = read(f"fr r {total}/{sites}")
    assert bool(entry.error) == bool(hundredths % sites)
    if not entry.error:
        assert entry.shares[0].each * sites == total


def test_the_code_of_an_untreated_muscle_does_not_stand_for_the_treated_ones_it_begins() -> None:
    for line in ("fd r 50", "fdr 50", "fd 50/2"):
        (entry,) = read(line, ARM)
        assert "may be Flexor digitorum profundus (dp), Flexor digitorum superficialis (sublimis) (ds)" in entry.error
        assert "Flexor digitorum longus, which is not treated here" in entry.error
    (whole,) = read("flexor_digitorum_longus r 50", ARM)
    assert (whole.muscle, whole.treated) == ("fdl", False)
    (leg,) = read("fd r 50", LEG)
    assert (leg.muscle, leg.treated) == ("fdl", True)
    (either,) = read("fd r 50", ARM, LEG)
    assert (either.muscle, either.course) == ("fdl", 4)
    (named,) = read("arm: fd r 50", ARM, LEG)
    assert "may be Flexor digitorum profundus (dp)" in named.error


def test_an_untreated_muscle_needs_its_whole_code_and_is_warned_of() -> None:
    (begun,) = read("soleu r 50", ARM)
    assert begun.error == "“soleu” may be Soleus, not treated in this session. Write its code, so."
    (coded,) = read("so r 50", ARM)
    assert (coded.muscle, coded.treated, coded.note) == ("soleus", False, "not a muscle of Arm spasticity")
    assert read("bi r 50", ARM)[0].treated

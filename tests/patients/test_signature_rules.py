from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.rules.signature import HEIGHT, LONGEST, WIDTH, clean_signature

LINE = "M 10 20 L 300 120"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (LINE, LINE),
        ("M10,20L300,120", LINE),
        ("  M 10.04 20 L 300 120 \n", LINE),
        ("M 10 20 C 20 30 40 50 200 60", "M 10 20 C 20 30 40 50 200 60"),
        ("M 10 20 Q 20 30 200 50.55 M 5 5 L 9 9", "M 10 20 Q 20 30 200 50.5 M 5 5 L 9 9"),
        ("M 0 0 L 600 200", "M 0 0 L 600 200"),
    ],
)
def test_what_draws_is_kept_in_one_way_of_writing(path: str, kept: str):
    assert clean_signature(path) == kept


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("M 10 20", "too short"),
        ("M 10 20 L 11 21", "too short"),
        ("M 1 1 M 500 100 M 1 1", "too short"),
        ("L 10 20 L 300 120", "could not be read"),
        ("M 10 20 l 300 120", "could not be read"),
        ("M 10 20 A 1 1 0 0 1 300 120", "could not be read"),
        ("M 10 20 L 300 120 Z", "could not be read"),
        ("M 10 20 L 300", "could not be read"),
        ("M 10 20 L 300 120 40", "could not be read"),
        ("M 10 20 L 601 120", "could not be read"),
        ("M 10 20 L 300 201", "could not be read"),
        ("M -1 20 L 300 120", "could not be read"),
        ("M 1e1 20 L 300 120", "could not be read"),
        ("M 10 20 L 300 NaN", "could not be read"),
        ('M 10 20 L 300 120"/><script>', "could not be read"),
        ("M 10 20 L 300 120 url(#x)", "could not be read"),
        ("M 1٣ 20 L 300 120", "could not be read"),
        ("M 10 20 " + "L 300 120 " * (LONGEST // 10), "too long"),
    ],
)
def test_anything_else_is_refused_in_words(path: str, words: str):
    with pytest.raises(ValueError, match=words):
        clean_signature(path)


@given(st.text(alphabet="MLCQZml 0123456789.,-<\"'", max_size=60))
def test_whatever_is_sent_only_drawing_is_ever_kept(path: str):
    try:
        kept = clean_signature(path)
    except ValueError:
        return
    assert re.fullmatch(r"M( \d+(\.\d)?){2}( [MLCQ]( \d+(\.\d)?)+)*", kept)
    assert clean_signature(kept) == kept


@given(st.lists(st.tuples(st.integers(0, WIDTH * 10), st.integers(0, HEIGHT * 10)), min_size=5, max_size=60))
def test_a_drawn_line_comes_back_as_it_was_drawn(points: list[tuple[int, int]]):
    far = [(0, 0), (WIDTH * 10, HEIGHT * 10), *points]
    path = " ".join(f"{'L' if place else 'M'} {x / 10:g} {y / 10:g}" for place, (x, y) in enumerate(far))
    assert clean_signature(path) == path

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import is_npi, licence_words


@pytest.mark.parametrize("number", ["1234567893", "1245319599", "1003000126", "1679576722"])
def test_a_real_npi_passes(number: str):
    assert is_npi(number)


@pytest.mark.parametrize(
    "number",
    ["1234567890", "1234567892", "123456789", "12345678930", "", "12345 7893", "123456789x", "١٢٣٤٥٦٧٨٩٣"],
)
def test_what_is_no_npi_fails(number: str):
    assert not is_npi(number)


@given(st.integers(min_value=0, max_value=10**9 - 1))
def test_exactly_one_last_digit_fits_any_nine(first_nine: int):
    assert sum(is_npi(f"{first_nine:09}{check}") for check in range(10)) == 1


@given(
    st.sampled_from(["1234567893", "1245319599"]),
    st.integers(min_value=0, max_value=9),
    st.integers(min_value=1, max_value=9),
)
def test_one_wrong_digit_is_always_noticed(number: str, place: int, by: int):
    wrong = str((int(number[place]) + by) % 10)
    assert not is_npi(number[:place] + wrong + number[place + 1 :])


TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-400, ("expired", "expired 400 days ago")),
        (-1, ("expired", "expired 1 day ago")),
        (0, ("soon", "ends today")),
        (1, ("soon", "1 day left")),
        (60, ("soon", "60 days left")),
        (61, ("ok", "61 days left")),
    ],
)
def test_a_licence_is_good_through_its_last_day_and_two_months_are_soon(days: int, words: tuple[str, str]):
    assert licence_words(TODAY + timedelta(days=days), on=TODAY) == words

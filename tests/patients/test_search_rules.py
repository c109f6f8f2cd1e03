"""What a search text means, by table and by every day of a century."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.rules import SearchTerms, fold, phone_end, read_search

TODAY = date(2026, 11, 20)
FEB_3, MAR_2 = date(1980, 2, 3), date(1980, 3, 2)


@pytest.mark.parametrize(
    ("text", "births"),
    [
        ("3/2/1980", (MAR_2, FEB_3)),
        ("03/02/1980", (MAR_2, FEB_3)),
        ("3-2-1980", (MAR_2, FEB_3)),
        ("3 2 1980", (MAR_2, FEB_3)),
        ("3/2/80", (MAR_2, FEB_3)),
        ("03.02.1980", (FEB_3, MAR_2)),
        ("3. 2. 1980", (FEB_3, MAR_2)),
        ("1980-02-03", (FEB_3,)),
        ("1980/2/3", (FEB_3,)),
        ("3 Feb 1980", (FEB_3,)),
        ("3 FEBRUARY 1980", (FEB_3,)),
        ("3rd Feb 1980", (FEB_3,)),
        ("03-Feb-1980", (FEB_3,)),
        ("Feb 3 1980", (FEB_3,)),
        ("Feb 3, 1980", (FEB_3,)),
        ("February 3rd, 1980", (FEB_3,)),
        ("feb 3 '80", (FEB_3,)),
        ("1980 Feb 3", (FEB_3,)),
        ("3feb80", (FEB_3,)),
        ("03feb1980", (FEB_3,)),
        ("feb031980", (FEB_3,)),
        ("25/08/1982", (date(1982, 8, 25),)),
        ("08/25/1982", (date(1982, 8, 25),)),
        ("3 sept 1980", (date(1980, 9, 3),)),
        ("29/2/1980", (date(1980, 2, 29),)),
        ("1/1/1980", (date(1980, 1, 1),)),
    ],
)
def test_a_date_of_birth_is_read_as_people_type_it(text: str, births: tuple[date, ...]):
    assert read_search(text, on=TODAY) == SearchTerms(birth_dates=births)


@pytest.mark.parametrize("text", ["03021980", "19800203", "030280"])
def test_digits_alone_may_be_a_date_a_phone_number_or_a_record_number(text: str):
    terms = read_search(text, on=TODAY)
    assert FEB_3 in terms.birth_dates
    assert (terms.digits, terms.record_number, terms.apart) == (text, text, False)


@pytest.mark.parametrize(
    "text", ["30/02/1980", "29/2/1981", "13/13/1980", "3/2/1899", "21/11/2026", "3 Feb 2027", "00/00/1980"]
)
def test_a_day_that_is_none_or_lies_ahead_is_no_date_of_birth(text: str):
    assert read_search(text, on=TODAY).birth_dates == ()


@pytest.mark.parametrize(
    ("text", "births"),
    [
        ("20 Nov 26", (date(2026, 11, 20), date(1926, 11, 20))),
        ("21 Nov 26", (date(1926, 11, 21),)),
        ("1 Jan 30", (date(1930, 1, 1),)),
        ("1 Jan 20", (date(2020, 1, 1), date(1920, 1, 1))),
        ("1 Jan 14", (date(2014, 1, 1),)),  # in 1914 the person would be older than anyone treated
    ],
)
def test_a_two_digit_year_never_lies_ahead(text: str, births: tuple[date, ...]):
    assert read_search(text, on=TODAY).birth_dates == births


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("617 555 0134", "6175550134"),
        ("(617) 555-0134", "6175550134"),
        ("617.555.0134", "6175550134"),
        ("+1 617 555 0134", "6175550134"),
        ("1-617-555-0134", "6175550134"),
        ("001 617 555 0134", "6175550134"),
        ("555-0134", "5550134"),
        ("+49 30 1234567", "301234567"),
        ("030 123 4567", "301234567"),
    ],
)
def test_a_phone_number_is_known_by_its_end(text: str, digits: str):
    assert read_search(text, on=TODAY) == SearchTerms(digits=digits)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+1 617 555 0134", "(617) 555-0134", True),
        ("001 617 555 0134", "6175550134", True),
        ("617 555 0134", "617 555 0135", False),
    ],
)
def test_two_ways_of_writing_a_phone_number_end_alike(one: str, other: str, same: bool):
    assert (phone_end(one) == phone_end(other)) is same


def test_what_is_too_short_for_a_phone_number_has_no_end():
    assert phone_end("555 01") == ""


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", SearchTerms()),
        ("   \t", SearchTerms()),
        ("- , .", SearchTerms()),
        ("\0\0", SearchTerms()),
        ("Koch, Joye", SearchTerms(words=("koch", "joye"))),
        ("joye koch joye", SearchTerms(words=("joye", "koch"))),
        ("O'Brien-Díaz", SearchTerms(words=("obrien", "diaz"))),
        ("Joye57", SearchTerms(words=("joye57",))),
        ("may", SearchTerms(words=("may",))),
        ("april jones", SearchTerms(words=("april", "jones"))),
        ("mar 5", SearchTerms(words=("mar",), record_number="5")),
        ("10032", SearchTerms(digits="10032", record_number="10032")),
        ("100", SearchTerms(record_number="100")),
        ("MRN 10032", SearchTerms(record_number="10032")),
        ("mrn: 10032", SearchTerms(record_number="10032")),
        ("#10032 koch", SearchTerms(words=("koch",), record_number="10032")),
        ("koch 0134", SearchTerms(words=("koch",), digits="0134", record_number="0134")),
        ("koch 3/2/1980", SearchTerms(words=("koch",), birth_dates=(MAR_2, FEB_3))),
        ("3 feb 80 koch", SearchTerms(words=("koch",), birth_dates=(FEB_3,))),
        (
            "3 Feb 1980 0134",
            SearchTerms(birth_dates=(FEB_3,), digits="0134", record_number="0134", apart=True),
        ),
        ("joye57 617 555 0134", SearchTerms(words=("joye57",), digits="6175550134")),
    ],
)
def test_names_and_numbers_are_told_apart(text: str, terms: SearchTerms):
    assert read_search(text, on=TODAY) == terms


WAYS = ["{0:%Y-%m-%d}", "{0.month}/{0.day}/{0.year}", "{0.day}.{0.month}.{0.year}", "{0:%-d %b %Y}", "{0:%B %-d, %Y}"]
WAYS += ["{0:%d%b%Y}", "{0:%m%d%Y}", "{0:%d%m%Y}", "{0:%-m/%-d/%y}", "{0:%-d%b%y}", "{0:%d.%m.%y}", "{0:%m%d%y}"]


@given(st.dates(date(1927, 1, 1), TODAY), st.sampled_from(WAYS), st.sampled_from(["", "koch ", "Díaz, "]))
def test_every_day_is_found_however_it_is_written(birth: date, way: str, name: str):
    terms = read_search(name + way.format(birth), on=TODAY)
    assert birth in terms.birth_dates
    assert terms.words == tuple(fold(name).split())


@given(st.text(max_size=120), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_any_text_is_read_and_no_date_lies_ahead(text: str, on: date):
    terms = read_search(text, on=on)
    assert all(date(1900, 1, 1) <= birth <= on for birth in terms.birth_dates)
    assert all(word and fold(word) == word and not set(word) & set("'\\:&|!()*<> ") for word in terms.words)
    assert not terms.record_number or terms.record_number.isdigit()


NEARLY = st.text(alphabet="0123456789/.- janfebmrapyulgsoctnvdh,'+()#", max_size=40)


@given(NEARLY)
def test_what_nearly_is_a_date_is_read_too(text: str):
    assert all(birth <= TODAY for birth in read_search(text, on=TODAY).birth_dates)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Núñez-O'Neil  de la Cruz", "nunez oneil de la cruz"),
        ("ÉMILE ŁUKASZ Øre Straße Æsop", "emile lukasz ore strasse aesop"),
        ("İbrahim", "ibrahim"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
        (" J.R. ", "j r"),
        ("", ""),
    ],
)
def test_a_folded_name_is_small_and_plain(text: str, folded: str):
    assert fold(text) == folded

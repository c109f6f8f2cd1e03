"""What a patient's row may hold."""

from __future__ import annotations

from datetime import date

from patients.rules.search import FIRST_YEAR

FEWEST_PHONE_DIGITS, MOST_PHONE_DIGITS = 7, 15  # the most is that of ITU-T E.164


def problems_of(
    *,
    given_name: str | None = None,
    family_name: str | None = None,
    birth_date: date | None = None,
    died_on: date | None = None,
    left_on: date | None = None,
    phone: str = "",
    on: date,
) -> dict[str, str]:
    """What is wrong with these values on that day, in words by field name; a value of None is not looked at."""
    found = {}
    for field, name in (("given_name", given_name), ("family_name", family_name)):
        if name is not None and not any(letter.isalnum() for letter in name):
            found[field] = "A name has at least one letter."
    if birth_date is not None:
        if birth_date > on:
            found["birth_date"] = "The date of birth lies in the future."
        elif birth_date.year < FIRST_YEAR:
            found["birth_date"] = f"The date of birth lies before {FIRST_YEAR}."
    for field, day, what in (("died_on", died_on, "date of death"), ("left_on", left_on, "day of leaving")):
        if day is not None and day > on:
            found[field] = f"The {what} lies in the future."
        elif day is not None and birth_date is not None and day < birth_date:
            found[field] = f"The {what} lies before the date of birth."
    digits = sum(letter in "0123456789" for letter in phone)
    if phone.strip() and not FEWEST_PHONE_DIGITS <= digits <= MOST_PHONE_DIGITS:
        found["phone"] = f"A phone number has {FEWEST_PHONE_DIGITS} to {MOST_PHONE_DIGITS} digits."
    return found

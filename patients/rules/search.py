"""What a search text means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from patients.rules.names import fold

FIRST_YEAR = 1900
LONGEST_SEARCH = 100  # characters
MOST_WORDS = 8
# Fewer digits than this end too many phone numbers to be worth looking at.
SHORTEST_PHONE_END = 4
# A two-digit year may mean either century as long as the person would not be older than this.
OLDEST = 110


@dataclass(frozen=True)
class SearchTerms:
    """What a search text can mean.

    `words` are folded beginnings of name parts, all of which must match. `birth_dates` holds every reading of the date
    that was typed, the likelier first. `digits` is the end of a phone number without country code; `record_number` the
    beginning of one. Where one number could be any of the three, any of them may match; with `apart` a date and a
    number were typed beside each other and both must match.
    """

    words: tuple[str, ...] = ()
    birth_dates: tuple[date, ...] = ()
    digits: str = ""
    record_number: str = ""
    apart: bool = False

    def __bool__(self) -> bool:
        return bool(self.words or self.birth_dates or self.digits or self.record_number)


_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_GAP = r"[\s.,/'’-]+"
_MAYBE_GAP = r"[\s.,/'’-]*"
_NAMED_MONTH = [
    re.compile(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])")
    for pattern in (
        rf"{_DAY}{_MAYBE_GAP}{_MONTH}{_MAYBE_GAP}{_YEAR}",  # 3 Feb 1980, 3feb80
        rf"{_MONTH}{_MAYBE_GAP}{_DAY}{_GAP}{_YEAR}",  # Feb 3 1980, February 3rd, 1980
        rf"{_MONTH}(?P<day>\d{{2}})(?P<year>\d{{4}}|\d{{2}})",  # feb031980
        rf"(?P<year>\d{{4}}){_MAYBE_GAP}{_MONTH}{_MAYBE_GAP}{_DAY}",  # 1980 Feb 3
    )
]
_YEAR_FIRST = re.compile(r"(?<![\w/.-])(\d{4})\s*([-/. ])\s*(\d{1,2})\s*\2\s*(\d{1,2})(?![\w/-])")
_YEAR_LAST = re.compile(r"(?<![\w/.-])(\d{1,2})\s*([-/. ])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})(?![\w/-])")
_RECORD_NUMBER = re.compile(r"(?<!\w)(?:mrn|record(?: number| no\.?)?|#)\s*[:#]?\s*(\d{1,20})(?!\w)")
_NUMBER = re.compile(r"(?<!\w)\+?[\d(][\d\s()./+-]*(?!\w)")


def read_search(text: str, *, on: date) -> SearchTerms:
    """What the text of a search can mean on that day; a date of birth never lies after it.

    Understood are parts of names in any order, dates of birth as people type them (3/2/1980 is read both ways), phone
    numbers or their ends with any punctuation, and record numbers.
    """
    rest = unicodedata.normalize("NFKC", text.replace("\0", " ")[:LONGEST_SEARCH]).lower()
    named_record = _RECORD_NUMBER.search(rest)
    if named_record:
        rest = _cut(rest, named_record)
    births, rest = _cut_dates(rest, on=on)
    numbers = [match[0].strip() for match in _NUMBER.finditer(rest)]
    number = re.sub(r"[^0-9]", "", "".join(numbers))
    words = tuple(dict.fromkeys(fold(_NUMBER.sub(" ", rest)).split()))[:MOST_WORDS]
    if named_record:
        return SearchTerms(words, births, _phone_end(number), named_record[1], apart=bool(births))
    if not number:
        return SearchTerms(words, births)
    whole = numbers == [number]  # typed as one run of digits
    record_number = number if whole and len(number) <= 20 else ""
    read_as_date = _dates_in_digits(number, on=on) if whole and not births else ()
    return SearchTerms(words, births or read_as_date, _phone_end(number), record_number, apart=bool(births))


def _cut(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _cut_dates(text: str, *, on: date) -> tuple[tuple[date, ...], str]:
    """The readings of the first date in the text, and the text without it."""
    for pattern in _NAMED_MONTH:
        for match in pattern.finditer(text):
            month = next(n for n, name in enumerate(_MONTHS, 1) if name[:3] == match["month"][:3])
            if found := tuple(_births(match["year"], [(month, int(match["day"]))], on=on)):
                return found, _cut(text, match)
    for match in _YEAR_FIRST.finditer(text):
        if found := tuple(_births(match[1], [(int(match[3]), int(match[4]))], on=on)):
            return found, _cut(text, match)
    for match in _YEAR_LAST.finditer(text):
        one, two = int(match[1]), int(match[3])
        # Here the month comes first; where dots are written the day does. Both are kept.
        readings = [(two, one), (one, two)] if match[2] == "." else [(one, two), (two, one)]
        if found := tuple(_births(match[4], readings, on=on)):
            return found, _cut(text, match)
    return (), text


def _dates_in_digits(digits: str, *, on: date) -> tuple[date, ...]:
    if len(digits) not in (6, 8):
        return ()
    one, two = int(digits[:2]), int(digits[2:4])
    found = list(_births(digits[4:], [(one, two), (two, one)], on=on))
    if len(digits) == 8:
        found += _births(digits[:4], [(int(digits[4:6]), int(digits[6:]))], on=on)
    return tuple(dict.fromkeys(found))


def _births(year: str, readings: Iterable[tuple[int, int]], *, on: date) -> Iterator[date]:
    """The days meant by (month, day) readings that exist and are no later than `on`, none twice."""
    years = (
        [int(year)] if len(year) == 4 else [on.year // 100 * 100 + int(year), on.year // 100 * 100 - 100 + int(year)]
    )
    seen = set()
    for month, day in readings:
        for full_year in years:
            try:
                birth = date(full_year, month, day)
            except ValueError:
                continue
            too_old = birth.year < FIRST_YEAR or (len(year) == 2 and on.year - birth.year > OLDEST)
            if birth <= on and not too_old and birth not in seen:
                seen.add(birth)
                yield birth


def _phone_end(digits: str) -> str:
    """The part of a phone number that is the same however its country was dialled."""
    if len(digits) < SHORTEST_PHONE_END:
        return ""
    if len(digits) < 9:
        return digits
    digits = digits.lstrip("0")
    if len(digits) == 11 and digits.startswith("1"):
        return digits[1:]
    # Longer than a North American number: a country code of unknown length stands in front.
    return digits if len(digits) <= 10 else digits[-9:]


def phone_end(phone: str) -> str:
    """The digits by which two ways of writing one phone number are the same; empty when there are fewer than seven."""
    digits = re.sub(r"[^0-9]", "", phone)
    return _phone_end(digits) if len(digits) >= 7 else ""

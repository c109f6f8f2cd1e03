"""One line for many sites: `fr 20/4 co 10/2 te 40/8` is a muscle, its total units, and the sites they go to.

    entry   [course:] muscle [side] units[/sites]

- The units are the total of that muscle; each site gets the same share, in hundredths of a unit at the finest.
- A muscle with a left and a right is split evenly between them, unless a side stands behind it: `bi r 100/2`, or
  written to its code, `bir 100/2`. `mp r 12.5` is one site.
- A muscle goes by its code, or by the beginning of its name where only one begins so. One that the session does not
  treat goes by its whole code, key or name ("flexor_digitorum_longus"), and is warned of.
- `mig:` puts what follows to that course, until the next one is named.

Nothing is guessed: what could be read in two ways is an error in words. The line of text carries no dose of its own
choosing; it only says shorter what a person would type into the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

MOST_UNITS = Decimal(20_000)  # of any product: a guard against a slip of the hand, as in the table
MOST_SITES = 100  # of one muscle
LONGEST = 1000  # characters of the line
HUNDREDTH = Decimal("0.01")

LEFT, RIGHT, MIDLINE = "left", "right", "midline"
SIDES = {"l": LEFT, "left": LEFT, "r": RIGHT, "right": RIGHT}

_TOKEN = re.compile(
    r"""(?P<gap>[\s;]+|,(?!\d))
    | (?P<number>\d+(?:[.,]\d+)*)
    | (?P<slash>/)
    | (?P<course>[^\W\d]\w*:)
    | (?P<word>[^\W\d](?:[^\W\d]|_)*)
    | (?P<other>.)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class MuscleName:
    """A muscle as it may be written; `courses` are those of the session that treat it, in their order."""

    key: str
    short: str
    name: str
    is_midline: bool = False
    courses: tuple[int, ...] = ()


@dataclass(frozen=True)
class CourseName:
    """A course of the session, and what it is called: "Migraine", "Chronic migraine"."""

    id: int
    name: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Share:
    """What goes to one side of a muscle: `sites` of `each` units."""

    side: str
    sites: int
    each: Decimal

    @property
    def units(self) -> Decimal:
        return self.each * self.sites


@dataclass(frozen=True)
class Entry:
    """One entry of the line, `text[start:end]`; either `error` in words, or a muscle with its shares.

    `treated` is whether the muscle is one of those that its course treats.
    """

    start: int
    end: int
    text: str
    error: str = ""
    muscle: str = ""
    course: int = 0
    shares: tuple[Share, ...] = ()
    note: str = ""
    treated: bool = True

    @property
    def units(self) -> Decimal:
        return sum((share.units for share in self.shares), Decimal(0))

    @property
    def sites(self) -> int:
        return sum(share.sites for share in self.shares)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class _Unreadable(Exception):  # noqa: N818 - it never leaves this module
    """What is wrong with an entry, in words."""


def parse(text: str, *, muscles: Sequence[MuscleName], courses: Sequence[CourseName]) -> list[Entry]:
    """The entries of the line, in order. A line with an error in any of them is not to be applied.

    `courses` are those of the session, at least one. Raises nothing: whatever is typed becomes an entry.
    """
    if len(text) > LONGEST:
        return [Entry(0, len(text), text[:40] + "…", error=f"At most {LONGEST} characters.")]
    entries: list[Entry] = []
    chosen: CourseName | None = None
    for tokens in _entries(_tokens(text)):
        start, end = tokens[0].start, tokens[-1].end
        written = text[start:end]
        try:
            if tokens[0].kind == "course":
                chosen = _course(tokens[0].text[:-1], courses)
                tokens = tokens[1:]
            if tokens:
                entries.append(_entry(tokens, muscles, courses, chosen, start, end, written))
        except _Unreadable as problem:
            entries.append(Entry(start, end, written, error=str(problem)))
    return entries


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(match.lastgroup or "other", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "gap"
    ]


def _entries(tokens: Iterable[_Token]) -> list[list[_Token]]:
    """The tokens cut into entries: a new one begins at a muscle or a course, once the one before has its units."""
    entries: list[list[_Token]] = []
    for token in tokens:
        now = entries[-1] if entries else []
        has_units = any(before.kind == "number" for before in now)
        if token.kind == "course":
            begins = True
        elif token.kind == "word":
            # `20u` is 20. A second word before the units belongs to the entry: the side, or what is wrong in it.
            begins = has_units and not (token.text.lower() == "u" and now[-1].kind == "number")
        else:
            begins = token.kind == "number" and has_units and now[-1].kind != "slash"
        if begins or not entries:
            entries.append([token])
        else:
            now.append(token)
    return entries


def _course(written: str, courses: Sequence[CourseName]) -> CourseName:
    def called(course: CourseName) -> bool:
        words = [word for name in (course.name, *course.others) for word in re.findall(r"\w+", name.lower())]
        return any(word.startswith(written.lower()) for word in words)

    found = [course for course in courses if called(course)]
    if len(found) == 1:
        return found[0]
    names = " or ".join(course.name for course in (found or courses))
    raise _Unreadable(f"“{written}:” is no one course of this session: {names}.")


def _entry(
    tokens: list[_Token],
    muscles: Sequence[MuscleName],
    courses: Sequence[CourseName],
    chosen: CourseName | None,
    start: int,
    end: int,
    written: str,
) -> Entry:
    words = [token.text for token in tokens if token.kind == "word" and token.text.lower() != "u"]
    numbers = [token.text for token in tokens if token.kind == "number"]
    shape = "".join(
        {"word": "w", "number": "n", "slash": "/"}.get(token.kind, "?")
        for token in tokens
        if not (token.kind == "word" and token.text.lower() == "u")
    )
    if "?" in shape:
        odd = next(token.text for token in tokens if token.kind not in {"word", "number", "slash"})
        raise _Unreadable(f"“{odd}” cannot be read here. Write muscle, units, sites: fr 20/4.")
    if not words:
        raise _Unreadable(f"“{tokens[0].text}” has no muscle before it. Write muscle, units, sites: fr 20/4.")
    if words[0].lower() in SIDES:
        raise _Unreadable("The side stands between muscle and units: fr r 10/2.")
    muscle, side = _muscle(words[0], muscles, sided=len(words) > 1, chosen=chosen)
    if len(words) > 1:
        side = SIDES.get(words[1].lower(), "")
        if not side or len(words) > 2:
            raise _Unreadable(f"“{words[-1]}” cannot be read here: r or l may stand behind the muscle.")
    if shape not in {"wn", "wwn", "wn/n", "wwn/n"}:
        if not numbers:
            raise _Unreadable(f"{muscle.name}: the units are missing.")
        raise _Unreadable(f"{muscle.name}: write the total units, then a slash and the number of sites, as in 20/4.")
    if side and muscle.is_midline:
        raise _Unreadable(f"{muscle.name} lies in the midline: it has no left and right.")
    units = _units(numbers[0], muscle)
    sites = _sites(numbers[1], muscle) if len(numbers) == 2 else 1
    sides = [MIDLINE] if muscle.is_midline else [side] if side else [RIGHT, LEFT]
    if sites % len(sides):
        if len(numbers) == 1:
            raise _Unreadable(
                f"{muscle.name}: how many sites? Write {words[0]} {numbers[0]}/2, or give the side: {words[0]} r."
            )
        raise _Unreadable(
            f"{muscle.name}: {sites} sites do not divide between left and right. Give the side, or an even number."
        )
    each = units / sites
    if each != each.quantize(HUNDREDTH):
        raise _Unreadable(f"{muscle.name}: {_plain(units)} U do not divide evenly into {sites} sites.")
    course, note = _for_course(muscle, courses, chosen)
    treated = course.id in muscle.courses
    shares = tuple(Share(to, sites // len(sides), each.quantize(HUNDREDTH)) for to in sides)
    return Entry(start, end, written, muscle=muscle.key, course=course.id, shares=shares, note=note, treated=treated)


def _muscle(
    written: str, muscles: Sequence[MuscleName], *, sided: bool, chosen: CourseName | None
) -> tuple[MuscleName, str]:
    """The muscle that is meant, and its side where that is written to the code.

    A muscle that no course treats needs its whole code, and that must not begin one of a treated muscle: in a session
    of the arm "fd" may be fdp and fds, and is not taken for the leg's.
    """
    word = written.lower()
    if exact := [muscle for muscle in muscles if muscle.short.lower() == word]:
        exact.sort(key=lambda muscle: not _is_treated(muscle, chosen))
        _alone(written, exact[0], word, muscles, chosen)
        return exact[0], ""
    begun = [muscle for muscle in muscles if len(word) > 1 and _begins(muscle, word)]
    coded = [muscle for muscle in muscles if not sided and word[-1] in "lr" and muscle.short.lower() == word[:-1]]
    # What the session treats comes first: "splenius" is one muscle in most sessions.
    if any(muscle.courses for muscle in (*begun, *coded)):
        begun = [muscle for muscle in begun if muscle.courses]
        coded = [muscle for muscle in coded if muscle.courses]
    if coded and begun:
        side = SIDES[word[-1]]
        if begun == coded:
            short = coded[0].short
            raise _Unreadable(
                f"“{written}” may be {coded[0].name}, {side}, or both sides. Write “{short} {word[-1]}” or “{short}”."
            )
        others = ", ".join(dict.fromkeys(f"{muscle.name} ({muscle.short})" for muscle in begun[:3]))
        raise _Unreadable(
            f"“{written}” may be {coded[0].name}, {side}, or {others}. Write “{coded[0].short} {word[-1]}” or the code."
        )
    if coded:
        _alone(written, coded[0], word[:-1], muscles, chosen)
        return coded[0], SIDES[word[-1]]
    if len(begun) == 1:
        if not begun[0].courses and word not in (begun[0].key.lower(), _in_one(begun[0].name)):
            raise _Unreadable(
                f"“{written}” may be {begun[0].name}, not treated in this session. Write its code, {begun[0].short}."
            )
        return begun[0], ""
    if not begun:
        raise _Unreadable(f"No muscle is called “{written}”.")
    some = ", ".join(f"{muscle.name} ({muscle.short})" for muscle in begun[:4]) + (" …" if len(begun) > 4 else "")
    raise _Unreadable(f"“{written}” may be {some}.")


def _is_treated(muscle: MuscleName, chosen: CourseName | None) -> bool:
    return chosen.id in muscle.courses if chosen else bool(muscle.courses)


def _alone(
    written: str, muscle: MuscleName, word: str, muscles: Sequence[MuscleName], chosen: CourseName | None
) -> None:
    """Refuse the code of an untreated muscle that also begins a treated one."""
    if _is_treated(muscle, chosen):
        return
    rivals = [
        other
        for other in muscles
        if _is_treated(other, chosen) and (_begins(other, word) or other.short.lower().startswith(word))
    ]
    if rivals:
        some = ", ".join(f"{other.name} ({other.short})" for other in rivals[:4]) + (" …" if len(rivals) > 4 else "")
        whole = _in_one(muscle.name)
        raise _Unreadable(
            f"“{written}” may be {some}, or {muscle.name}, which is not treated here: write “{whole}” for that."
        )


def _begins(muscle: MuscleName, word: str) -> bool:
    return muscle.key.lower().startswith(word) or _in_one(muscle.name).startswith(word)


def _in_one(name: str) -> str:
    """A name as one word, which the line takes whole."""
    return re.sub(r"\W+", "_", name.lower())


def _units(written: str, muscle: MuscleName) -> Decimal:
    if "," in written:
        raise _Unreadable(f"{muscle.name}: write decimals with a point, as in 12.5.")
    if written.count(".") > 1 or len(written.partition(".")[2]) > 2:
        raise _Unreadable(f"{muscle.name}: units have at most two decimals.")
    units = Decimal(written)
    if units <= 0:
        raise _Unreadable(f"{muscle.name}: units must be more than 0.")
    if units > MOST_UNITS:
        raise _Unreadable(f"{muscle.name}: at most {MOST_UNITS} U.")
    return units


def _sites(written: str, muscle: MuscleName) -> int:
    if not written.isdecimal() or not 1 <= int(written) <= MOST_SITES:
        raise _Unreadable(f"{muscle.name}: the sites are a whole number from 1 to {MOST_SITES}.")
    return int(written)


def _for_course(muscle: MuscleName, courses: Sequence[CourseName], chosen: CourseName | None) -> tuple[CourseName, str]:
    """The course the sites are for: the one named, else the first that treats the muscle; and what to say of it."""
    treating = [course for course in courses if course.id in muscle.courses]
    course = chosen or (treating[0] if treating else courses[0])
    if not treating or course not in treating:
        return course, f"not a muscle of {course.name}"
    if chosen is None and len(treating) > 1:
        return course, f"for {course.name}; {treating[1].name} treats it too"
    return course, f"for {course.name}" if len(courses) > 1 else ""


def _plain(number: Decimal) -> str:
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"

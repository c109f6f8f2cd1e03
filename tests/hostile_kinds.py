"""What is wrong for each kind of field, one value at a time, and which kind a field is."""

from __future__ import annotations

import re

from benchmarks.pages import Field

# Bytes are sent as they are: no text stands for them.
WRONG: dict[str, list[str | bytes]] = {
    "any": ["", "a\0b", b"\xed\xa0\x80", b"\xc0\xaf", "\u202egnp.exe", "x" * 100_000, "[]", "²"],
    "date": ["0001-01-01", "9999-12-31", "0000-00-00", "2026-02-30", "99999-12-31", "٢٠٢٦-١٢-٠١"],
    "month": ["0001-01", "9999-12", "0000-00", "2026-13", "99999-01"],
    "time": ["24:00", "99:99", "00:00", "23:59", "1e1:00", "٠١:٠٠"],
    "moment": ["0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30T10:00", "2026-03-08T02:30", "9999-12-31T23:59-14"],
    "number": ["0", "-1", "1e2", "1e400", "NaN", "-Infinity", "١٢", "2147483648", "9223372036854775808", "9" * 5000,
               "0." + "0" * 400 + "1"],
    "choice": ["not offered", "0", "9223372036854775808", "NaN"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "{", "0" * 33, "g" * 36],
    "address": ["a@b", "a@" + "x" * 300 + ".org", "//evil.example/", "javascript:alert(1)", "http://["],
}  # fmt: skip
KINDS = {
    "date": ["date"], "month": ["month"], "time": ["time"], "datetime-local": ["moment", "date"], "number": ["number"],
    "range": ["number"], "select": ["choice"], "radio": ["choice"],
    "checkbox": ["choice"], "submit": ["choice"], "textarea": [], "email": ["address"],
    "url": ["address"], "tel": ["number"], "password": [], "file": [],
    "text": ["number", "date", "time"], "search": ["number", "date"],
}  # fmt: skip
UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")
PLAUSIBLE = {
    "date": "2026-12-21", "time": "10:30", "datetime-local": "2026-12-21T10:30", "number": "1", "month": "2026-12",
    "email": "a@example.org", "tel": "+1 617 555 0134", "checkbox": "on", "file": "",
}  # fmt: skip


def wrong_values(field: Field | None, given: str = "") -> list[str | bytes]:
    """What to send for that field, for a name of which no field is known when there is none; `given` is sound."""
    kinds = KINDS.get(field.type) if field else None
    if kinds is None:  # hidden, or a parameter: only the view knows what it takes it for
        kinds = ["number", "date", "month", "moment", "choice", *(["uuid"] if UUID.match(given) else [])]
    values = [value for kind in ["any", *kinds] for value in WRONG[kind]]
    return list(dict.fromkeys([*values, *altered(given)]))


def altered(given: str) -> list[str]:
    """A cursor, key or token changed: cut, turned round, and each of its parts replaced."""
    if not 2 <= len(given) <= 200 or given.isalpha() or given.isdigit():
        return []
    parts = re.split(r"([^0-9A-Za-zÀ-ž]+)", given)
    found = [given[:-1], given[::-1], given + "x"]
    for place in range(0, min(len(parts), 11), 2):
        for value in ("", "²", "x", "9" * 40, "9999"):
            found.append("".join([*parts[:place], value, *parts[place + 1 :]]))
    return found


def filled(fields: list[Field], *, all_of_them: bool) -> dict[str, list[str]]:
    """A form as the page offers it, and what is empty filled in: what must be, or all."""
    sent: dict[str, list[str]] = {}
    for each in fields:
        choices = [choice for choice in each.choices if choice]
        empty = not each.value and (each.required or all_of_them)
        if each.type in {"submit", "file"}:
            continue  # which button is pressed is chosen apart
        if each.type in {"checkbox", "radio"}:
            if each.choices or ((each.required or all_of_them) and each.name not in sent):
                sent.setdefault(each.name, []).append(each.value)
        else:
            sent.setdefault(each.name, []).append(
                (choices[-1] if choices else PLAUSIBLE.get(each.type, "Words")) if empty else each.value
            )
    return sent


def one_of_each(fields: list[Field]) -> list[Field]:
    """One field of each name; of rows of the same fields (`row-3-dose`) the first and the last."""
    rows: dict[str, list[Field]] = {}
    for each in {each.name: each for each in fields}.values():
        rows.setdefault(re.sub(r"\d+", "#", each.name), []).append(each)
    return [each for found in rows.values() for each in (found if len(found) < 2 else [found[0], found[-1]])]

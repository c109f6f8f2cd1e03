"""A strict reader of iCalendar lines, written from RFC 5545 alone, to judge what Cadence writes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"^[A-Za-z0-9-]+$")
_DATE_TIME_UTC = re.compile(r"^\d{8}T\d{6}Z$")
# 3.6.1: what a VEVENT has exactly once here; 3.6: what a VCALENDAR has.
REQUIRED = {"VCALENDAR": {"VERSION", "PRODID"}, "VEVENT": {"UID", "DTSTAMP", "DTSTART"}}
ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "STATUS", "LAST-MODIFIED", "CREATED", "LOCATION"}
UTC_TIMES = {"DTSTAMP", "DTSTART", "DTEND", "CREATED", "LAST-MODIFIED"}


class NotCalendarError(ValueError):
    """The text breaks a rule of RFC 5545."""


@dataclass
class Component:
    name: str
    properties: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def value(self, name: str) -> str:
        found = [value for key, _, value in self.properties if key == name]
        if len(found) != 1:
            raise NotCalendarError(f"{self.name}: {len(found)} of {name}")
        return found[0]


def content_lines(body: bytes) -> list[str]:
    """3.1: lines end with CRLF, are at most 75 octets long, and are unfolded octet by octet."""
    if not body.endswith(b"\r\n"):
        raise NotCalendarError("the last line has no end")
    unfolded: list[bytes] = []
    for line in body[:-2].split(b"\r\n"):
        if b"\n" in line or b"\r" in line:
            raise NotCalendarError("a bare line end")
        if len(line) > 75:
            raise NotCalendarError(f"a line of {len(line)} octets")
        if line[:1] in (b" ", b"\t"):
            unfolded[-1] += line[1:]
        elif not line:
            raise NotCalendarError("an empty line")
        else:
            unfolded.append(line)
    return [line.decode("utf-8") for line in unfolded]


def _split(line: str) -> tuple[str, dict[str, str], str]:
    head, quoted, at = "", False, -1
    for place, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        if letter == ":" and not quoted:
            at = place
            break
    if at < 0:
        raise NotCalendarError(f"no value: {line}")
    head, value = line[:at], line[at + 1 :]
    name, *parameters = head.split(";")
    if not _NAME.match(name):
        raise NotCalendarError(f"no name: {line}")
    return name.upper(), dict(one.split("=", 1) for one in parameters), value


def text_of(value: str) -> str:
    """3.3.11: TEXT, its escapes undone; anything else behind a backslash is wrong."""
    out, place = "", 0
    while place < len(value):
        if value[place] == "\\":
            after = value[place + 1 : place + 2]
            if after not in ("\\", ";", ",", "n", "N"):
                raise NotCalendarError(f"an escape that is none: \\{after}")
            out += "\n" if after in "nN" else after
            place += 2
            continue
        if value[place] in ";,":
            raise NotCalendarError(f"a bare {value[place]} in a text")
        out += value[place]
        place += 1
    return out


def read(body: bytes) -> Component:
    """The one VCALENDAR of the text, held against the rules above."""
    top: list[Component] = []
    open_parts: list[Component] = []
    for line in content_lines(body):
        name, parameters, value = _split(line)
        if name == "BEGIN":
            part = Component(value)
            (open_parts[-1].parts if open_parts else top).append(part)
            open_parts.append(part)
        elif name == "END":
            if not open_parts or open_parts.pop().name != value:
                raise NotCalendarError(f"END of {value} that was not begun")
        elif not open_parts:
            raise NotCalendarError("a property outside of everything")
        else:
            open_parts[-1].properties.append((name, parameters, value))
    if open_parts or [part.name for part in top] != ["VCALENDAR"]:
        raise NotCalendarError("not one VCALENDAR")
    for part in [top[0], *top[0].parts]:
        _check(part)
    uids = [event.value("UID") for event in top[0].parts]
    if len(set(uids)) != len(uids):
        raise NotCalendarError("a UID twice")
    return top[0]


def _check(part: Component) -> None:
    names = [name for name, _, _ in part.properties]
    if missing := REQUIRED[part.name] - set(names):
        raise NotCalendarError(f"{part.name} without {missing}")
    for name in ONCE:
        if names.count(name) > 1:
            raise NotCalendarError(f"{name} twice")
    for name, _, value in part.properties:
        if name in UTC_TIMES and not _DATE_TIME_UTC.match(value):
            raise NotCalendarError(f"{name} is not in UTC: {value}")
        if name in ("SUMMARY", "LOCATION", "DESCRIPTION"):
            text_of(value)
    if part.name == "VEVENT" and part.value("DTEND") <= part.value("DTSTART"):
        raise NotCalendarError("it ends before it starts")

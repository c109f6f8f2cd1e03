"""A walk through the site that spoils every parameter and every field in turn, with the rest as the page offers it."""

from __future__ import annotations

import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.http.cookie import SimpleCookie
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils.html import strip_tags

from benchmarks.pages import Field, Form, Page
from tests.hostile import Hostile, Target, as_bytes, encoded
from tests.hostile_asked import named_in_code
from tests.hostile_kinds import filled, one_of_each, wrong_values
from tests.hostile_list import PATHS, UPLOADS

EACH = 2  # pages of a kind, for each person
MANY = 20  # fields of a form
SLOW = 5  # seconds
TOKEN = "csrfmiddlewaretoken"  # the name of a field
# How our pages mark what is wrong in a form.
MARKED = re.compile(r'role="alert"|field-error|invalid-feedback|errorlist|aria-invalid="true"|notice-(stop|warn)')
NOT_OURS = {"Bad Request (400)", "Not Found", "Forbidden", "Server Error (500)", ""}

Pair = tuple[str, str | bytes]


@dataclass(frozen=True)
class Place:
    """An address as one person; `query` is what the link gave."""

    person: str
    sign_in: Callable[[], Client]
    path: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        try:
            return resolve(self.path).view_name
        except Resolver404:
            return ""

    def to(self, href: str) -> Place | None:
        """Where a link or a form of this page leads, if it stays on this site."""
        if href.startswith(("#", "mailto:", "tel:", "data:")):
            return None
        parts = urlsplit(urljoin(f"http://testserver{self.path}", href))
        if parts.netloc != "testserver" or parts.path.startswith("/static/"):
            return None
        there = replace(self, path=parts.path, query=tuple(parse_qsl(parts.query, keep_blank_values=True)))
        return there if there.name else None


@dataclass
class Walked:
    """What was reached: addresses, parameters of addresses and fields of forms, each once for each person."""

    pages: set[tuple[str, str]] = field(default_factory=set)
    parameters: set[tuple[str, str, str]] = field(default_factory=set)
    forms: set[tuple[Any, ...]] = field(default_factory=set)
    accepted: set[tuple[Any, ...]] = field(default_factory=set)  # forms that were taken before they were spoilt
    fields: set[tuple[str, str, str]] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    def lines(self) -> list[str]:
        """The numbers, for each person and in all."""
        lines = [f"{'':16}{'pages':>8}{'parameters':>12}{'forms':>8}{'taken':>8}{'fields':>8}"]
        kinds = (self.pages, self.parameters, self.forms, self.accepted, self.fields)
        for person in [*sorted({person for person, *_ in self.pages | self.forms}), "in all"]:
            counts = [sum(1 for who, *_ in kind if person in (who, "in all")) for kind in kinds]
            lines.append(f"{person:16}{counts[0]:>8,}{counts[1]:>12,}{counts[2]:>8,}{counts[3]:>8,}{counts[4]:>8,}")
        unasked = sorted(named_in_code() - self.asked)
        return [*lines, f"parameters that the code names and no page was asked with: {', '.join(unasked) or 'none'}"]


class Systematic:
    def __init__(
        self, hostile: Hostile, *, seed: int, most: int = 1000, leave: str = "", tell: Callable[[str], None] = print
    ) -> None:
        self.hostile, self.chance, self.most, self.tell = hostile, random.Random(seed), most, tell
        self.leave = re.compile(leave or "(?!)")
        self.walked = Walked()
        self._visits: dict[tuple[Any, ...], int] = {}
        self._client: Client

    def walk(self, starts: Iterable[Place], forms: Iterable[tuple[Place, Form]] = ()) -> None:
        """Spoil those places and forms, and every other kind of place that is reached and was not seen before."""
        waiting = deque((place, True) for place in starts)
        while waiting:
            place, is_start = waiting.popleft()
            kind = (place.person, place.name, frozenset(name for name, _ in place.query))
            if (not is_start and self._visits.get(kind, 0) >= EACH) or self.leave.match(place.name):
                continue
            self._visits[kind] = self._visits.get(kind, 0) + 1
            waiting.extend((found, False) for found in self.visit(place))
            self.tell(f"{place.person} {place.name} {place.path}")
        for place, form in forms:
            self._client = place.sign_in()
            self.spoil_form(place, form)

    def visit(self, place: Place) -> list[Place]:
        """Open a place, spoil it and the forms on it; returns where its links lead."""
        self._client = place.sign_in()
        response, asked = self.send(place, "GET", list(place.query), "as offered")
        if response is None or response.status_code in (403, 404, 405):
            return []
        is_first = (place.person, place.name) not in self.walked.pages
        self.walked.pages.add((place.person, place.name))
        if response.status_code in (301, 302):
            there = place.to(response.headers["Location"])
            self.spoil_parameters(place, asked, [])
            return [there] if there else []
        page = Page("")
        if "html" in response.headers.get("Content-Type", ""):
            page = Page(response.content.decode(errors="replace"))
        found = [there for href in page.links if (there := place.to(href))]
        forms = [(there, form) for form in page.forms if (there := place.to(form.action or place.path))]
        own = [form.fields for there, form in forms if form.method == "get" and there.path == place.path]
        links = {name for there in found if there.path == place.path for name, _ in there.query}
        self.spoil_parameters(place, asked | links, [each for fields in own for each in fields])
        if is_first:
            self.spoil_path(place)
        for there, form in forms:
            if form.method == "post":
                self.spoil_form(there, form)
            else:
                found.append(replace(there, query=tuple((each.name, each.value) for each in form.fields if each.name)))
        return found

    # --- one thing wrong at a time

    def spoil_parameters(self, place: Place, asked: set[str], fields: list[Field]) -> None:
        """Each parameter in turn, also those that the view asks for only once another has a certain value."""
        known = {each.name: each for each in fields if each.type != "submit"}
        offered = {name: each.value for name, each in known.items() if each.value} | dict(place.query)
        names = asked | set(known) | set(offered)
        while names:
            name = names.pop()
            given = offered.get(name, "")
            key = (place.person, place.name, name)
            is_word = not given or given.isalpha()
            was_there = key in self.walked.parameters
            if name == TOKEN or (was_there and (is_word or self._seen(*key, _shape(given)))):
                continue
            self.walked.parameters.add(key)
            self._seen(*key, _shape(given))
            rest: list[Pair] = [pair for pair in offered.items() if pair[0] != name]
            for value in self._some(wrong_values(known.get(name), given)):
                _, more = self.send(place, "GET", [*rest, (name, value)], f"{name}={value[:60]!r}")
                names |= {each for each in more if (place.person, place.name, each) not in self.walked.parameters}
            for pairs in ([(name, given), (name, "x")], [(f"{name}[]", "1")], [(f"{name}[a]", "1"), (name, given)]):
                self.send(place, "GET", [*rest, *pairs], f"{name} twice or as a list")

    def spoil_path(self, place: Place) -> None:
        """Each number in the address."""
        for number in set(re.findall(r"(?<=/)\d+(?=/)", place.path)):
            for value in PATHS:
                self.send(replace(place, path=place.path.replace(f"/{number}/", f"/{value}/")), "GET", [], "path")

    def spoil_form(self, there: Place, form: Form) -> None:
        """Each field of a form in turn, for each of its buttons; where it has many fields, for the first button."""
        buttons = {(each.name, _shape(each.value)): each for each in form.fields if each.type == "submit" and each.name}
        for number, button in enumerate(list(buttons.values()) or [None]):
            names = frozenset(re.sub(r"\d+", "#", each.name) for each in form.fields)
            kind = (there.person, there.name, names, button and button.name, button and _shape(button.value))
            if kind in self.walked.forms or self.leave.match(there.name):
                continue
            self.walked.forms.add(kind)
            pressed: list[Pair] = [(button.name, button.value)] if button else []
            sound, asked = self._sound(there, form, pressed, kind)
            fields = one_of_each([each for each in form.fields if each.name and each.name != TOKEN])
            beside = asked - {each.name for each in form.fields} - {TOKEN}
            in_full = number == 0 or len(fields) <= MANY
            for each in [*fields, *one_of_each([Field(name, "unknown", "") for name in sorted(beside)])]:
                if each is button or (each.type != "submit" and in_full):
                    self.walked.fields.add((there.person, there.name, each.name))
                    self._spoil_field(there, each, sound)

    def _sound(self, there: Place, form: Form, pressed: list[Pair], kind: Any) -> tuple[list[Pair], set[str]]:
        """The form filled in so that it is taken, if one of three ways does, and what the view asked for."""
        asked: set[str] = set()
        ways = [form.values(), filled(form.fields, all_of_them=False), filled(form.fields, all_of_them=True)]
        first: list[Pair] = []
        for way in ways:
            pairs = [*((name, value) for name, values in way.items() for value in values if name), *pressed]
            response, more = self.send(there, "POST", pairs, "as offered")
            asked |= more
            first = first or pairs
            if response is not None and response.status_code < 400:
                self.walked.accepted.add(kind)
                return pairs, asked
        return first, asked

    def _spoil_field(self, there: Place, each: Field, sound: list[Pair]) -> None:
        rest = [pair for pair in sound if pair[0] != each.name]
        given = next((str(value) for name, value in sound if name == each.name), each.value)
        for value in self._some(wrong_values(each, given)):
            self.send(there, "POST", [*rest, (each.name, value)], f"{each.name}={value[:60]!r}")
        self.send(there, "POST", rest, f"without {each.name}")
        self.send(there, "POST", [*rest, (each.name, given), (each.name, "x")], f"{each.name} twice")
        self.send(there, "POST", [*rest, (f"{each.name}[]", given)], f"{each.name} as a list")
        files = UPLOADS if each.type == "file" else ["not its name"]
        for file in files:
            self.send(there, "POST", rest, f"{each.name} is a file: {file}", file=(each.name, *UPLOADS[file]()))

    # --- sending

    def send(
        self,
        place: Place,
        method: str,
        pairs: list[Any],
        shown: str,
        *,
        file: tuple[str, str, str, bytes] | None = None,
    ) -> tuple[Any, set[str]]:
        """One request and what its view asked for; what is wrong with the answer goes to the tally."""
        client, kept = self._client, self._client.cookies
        client.cookies = SimpleCookie()
        client.cookies.update(kept)
        name = f"{place.person} {place.name}"
        target = Target(name, place.path, place.path, client)
        body, kind = encoded(pairs), "application/x-www-form-urlencoded"
        if file:
            body, kind = in_parts(pairs, file), "multipart/form-data; boundary=cut"
        extra: dict[str, Any] = {"HTTP_HX_REQUEST": "true"} if self.chance.random() < 0.2 else {}
        request = f"{method} {place.path} {shown} {extra or ''}"
        started = time.monotonic()
        if method == "GET":
            response = self.hostile.send(target, "GET", body.decode(), b"", "", shown=request, **extra)
        else:
            response = self.hostile.send(target, "POST", "", body, kind, shown=request, **extra)
        took = time.monotonic() - started
        client.cookies = kept
        asked = {each for each in self.hostile.asked.names if "[" not in each}
        self.walked.asked |= asked
        if response is not None and wordless(response):
            self.hostile.tally.failed(name, f"{response.status_code} without words", request)
        if took > SLOW:
            self.hostile.tally.failed(name, f"took more than {SLOW} seconds", f"{took:.1f} s: {request}")
        return response, asked

    def _some(self, values: list[str | bytes]) -> list[str | bytes]:
        return values if len(values) <= self.most else self.chance.sample(values, self.most)

    def _seen(self, *kind: Any) -> bool:
        """Whether such a one was seen often enough; counts it."""
        self._visits[kind] = self._visits.get(kind, 0) + 1
        return self._visits[kind] > EACH


def wordless(response: Any) -> bool:
    """Whether an answer of 4xx leaves a person without a word of the page's own; 405 is no person's doing."""
    if not 400 <= response.status_code < 500 or response.status_code == 405:
        return False
    text = response.content.decode(errors="replace")
    if "html" not in response.headers.get("Content-Type", ""):
        return text.strip() in NOT_OURS
    if response.status_code in (409, 422) and "<main" in text:
        return not MARKED.search(text)
    return len(strip_tags(text).split()) < 3 or "<title>Bad Request" in text or "<title>Not Found" in text


def _shape(value: str) -> str:
    return re.sub(r"\d+", "#", value)[:40]


def in_parts(pairs: list[Any], file: tuple[str, str, str, bytes]) -> bytes:
    name, filename, kind, content = file
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (as_bytes(each), as_bytes(value))
        for each, value in pairs
    ]
    head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'
    parts.append(head.encode() + content)
    return b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"

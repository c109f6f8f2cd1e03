"""Hostile requests: to every URL of the access table, as somebody who may use it, with what nobody should send."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlsplit

from django.core.signals import got_request_exception
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from accounts.models import User
from benchmarks.pages import Form, Page
from tests.access_table import Line
from tests.access_things import THINGS
from tests.cast import Cast
from tests.hostile_asked import Asked
from tests.hostile_list import BIG, DATES, HOSTILE, PATHS, PLAUSIBLE, SWEPT, UPLOADS


@dataclass
class Target:
    """One URL as one person, with a form it would take and the names it is known to ask for."""

    name: str
    url: str
    path: str
    client: Client
    may_get: bool = True
    may_post: bool = True
    forms: list[Form] = field(default_factory=list)
    sent: dict[str, list[str]] = field(default_factory=dict)
    query: set[str] = field(default_factory=set)
    body: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


@dataclass
class Tally:
    """How many requests were answered how, and each way to fail with the shortest request that did."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    def failed(self, name: str, how: str, request: str) -> None:
        known = self.failures.get((name, how))
        if known is None or len(request) < len(known):
            self.failures[name, how] = request


class Chance(random.Random):
    """What is sent next: `odd` are texts, numbers and dates that hypothesis thought of."""

    def __init__(self, number: int, odd: list[str]) -> None:
        super().__init__(number)
        self.odd = odd

    def __repr__(self) -> str:
        return f"Chance({self.odd!r})"


ODD = st.one_of(
    st.text(max_size=40), st.integers(), st.floats(), st.decimals(), st.datetimes(), st.dates(), st.times(), st.emails()
).map(str)
# A page asks for other fields on another day, so the chance is drawn before anything is chosen by it.
CHANCES = st.builds(Chance, st.integers(0, 2**32), st.lists(ODD, min_size=4, max_size=4))


class Hostile:
    """Sends hostile requests and undoes what each did."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.tally = Tally()
        self.asked = Asked()
        self.forms: dict[str, list[Form]] = {}  # by the name of the URL they are sent to
        self._problem: list[BaseException] = []
        got_request_exception.connect(self._note)

    def _note(self, sender: Any, **_: Any) -> None:
        import sys

        problem = sys.exc_info()[1]
        if problem is not None:
            self._problem.append(problem)

    # --- whom and what

    def client(self, user: User | None) -> Client:
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user, backend="accounts.backends.StaffBackend")
        return client

    def target(self, row: Line) -> Target:
        """For the first person whom the table gives a page."""
        people = {
            "provider": self.cast.ito,
            "front_desk": self.cast.robin,
            "administrator": self.cast.ada,
            "stranger": self.cast.max,
        }
        answers = [name for name in people if row.answers[name] not in (403, 404)]
        person = people[answers[0] if answers else "provider"]
        args = {name: THINGS[thing](self.cast).pk for name, thing in row.args.items()}
        url = reverse(row.name, kwargs=args)
        hostile = reverse(row.name, kwargs=dict.fromkeys(args, 987654321)) if args else url
        sent = {
            name: [str(THINGS[text](self.cast).pk) if text in THINGS else text]
            for name, text in (row.post or {}).items()
        }
        target = Target(row.name, url, hostile, self.client(person), sent=sent)
        target.query |= set(row.query)
        return target

    def look(self, target: Target) -> None:
        """Open the page, learn its forms and what it asks for."""
        response = self.send(target, "GET", "", b"", "")
        target.may_get = response is None or response.status_code != 405
        if response is not None and response.status_code == 200 and "html" in response.headers.get("Content-Type", ""):
            for form in Page(response.content.decode(errors="replace")).forms:
                place = urlsplit(form.action).path or target.url
                try:
                    self.forms.setdefault(resolve(place).view_name, []).append(form)
                except Resolver404:
                    continue
        response = self.send(target, "POST", "", b"", "application/x-www-form-urlencoded")
        target.may_post = response is None or response.status_code != 405
        target.forms = self.forms.get(target.name, [])[:6]
        target.files |= {each.name for form in target.forms for each in form.fields if each.type == "file"}

    # --- sending

    def send(
        self,
        target: Target,
        method: str,
        query: str,
        body: bytes,
        kind: str,
        path: str = "",
        shown: str = "",
        **extra: Any,
    ) -> Any:
        self._problem.clear()
        self.asked.names = set()
        problem, response = "", None
        try:
            with transaction.atomic():
                try:
                    response = target.client.generic(
                        method,
                        path or target.url,
                        body,
                        kind or "application/octet-stream",
                        QUERY_STRING=query,
                        **extra,
                    )
                    if getattr(response, "streaming", False):
                        b"".join(response)
                    if response.status_code < 500:
                        connection.check_constraints()  # those that wait for the end of the transaction
                except DatabaseError as error:
                    problem = _words(error)
                except Exception as error:  # what is raised outside of the handler kills a worker's request too
                    problem = _words(error)
                transaction.set_rollback(True)
        except DatabaseError as error:
            problem = problem or _words(error)
        (target.query if method == "GET" else target.body).update(self.asked.names)
        status = response.status_code if response is not None else 599
        if problem and status < 500:
            status = 599
        self.tally.statuses[status] += 1
        if status >= 500:
            how = problem or (_words(self._problem[-1]) if self._problem else f"answered {status}")
            request = f"{method} {path or target.url}?{query[:200]} {kind} {body[:400]!r} {extra or ''}"
            self.tally.failed(target.name, how, shown or request)
        return response

    def hostile(self, target: Target, by: Chance) -> None:
        """One request, by chance."""
        kind = by.choice(["query", "body", "body", "body", "body", "multipart", "raw", "path", "headers"])
        if kind == "multipart" and not target.files:
            kind = by.choice(["body", "body", "multipart"])
        if kind in {"body", "multipart"} and not target.may_post:
            kind = "query"
        if kind == "query" and not target.may_get:
            kind = "body"
        getattr(self, f"_{kind}")(target, by)

    def _value(self, by: Chance) -> str:
        which = by.randint(0, 9)
        if which in (0, 1):
            return by.choice(by.odd)
        if which == 2:
            return str(by.choice(DATES))
        if which == 3 and by.randint(0, 4) == 0:
            return BIG
        return str(by.choice(HOSTILE))

    def sweep(self, target: Target, most: int = 30) -> None:
        """Each field in turn wrong, in a form that is filled in well beside it."""
        if not target.may_post:
            return
        by = Chance(1, ["odd"])
        form = max(target.forms, key=lambda form: len(form.fields), default=None)
        names = sorted(target.body | {each.name for each in form.fields} if form else target.body)[:most]
        for name in names:
            for value in SWEPT:
                pairs = self._filled(target, by, target.body, form, well=True)
                body = encoded([*(pair for pair in pairs if pair[0] != name), (name, value)])
                self.send(target, "POST", "", body, "application/x-www-form-urlencoded")

    def _filled(
        self, target: Target, by: Chance, names: set[str], form: Form | None, *, well: bool
    ) -> list[tuple[str, str]]:
        """A form as a person fills it in, or as it stands, and names that the view asks for beside it."""
        sent = {name: list(values) for name, values in target.sent.items()}
        for each in form.fields if form else []:
            choices = [choice for choice in each.choices if choice]
            if each.type == "submit":
                if by.random() < 0.5:
                    sent[each.name] = [each.value]
            elif each.type == "file":
                continue
            elif choices and well:
                sent.setdefault(each.name, []).append(by.choice(choices))
            elif each.value or not well:
                sent.setdefault(each.name, []).append(each.value)
            else:
                sent[each.name] = [by.choice(PLAUSIBLE)]
        for name in sorted(names - set(sent)):
            if by.random() < 0.5:
                sent[name] = [by.choice(PLAUSIBLE)]
        return [(name, value) for name, values in sent.items() for value in values]

    def _pairs(self, target: Target, by: Chance, names: set[str]) -> list[tuple[str, str]]:
        """A form filled in, then spoilt in one to three places."""
        form = by.choice(target.forms) if target.forms else None
        pairs = self._filled(target, by, names, form, well=by.random() < 0.5)
        sent = dict(pairs)
        known = sorted(names | set(sent)) or ["q"]
        for _ in range(by.randint(1, 3)):
            name = by.choice(known)
            match by.choice(["set", "set", "set", "set", "twice", "leave out", "array", "new"]):
                case "set":
                    pairs = [pair for pair in pairs if pair[0] != name] + [(name, self._value(by))]
                case "twice":
                    pairs += [(name, self._value(by)), (name, self._value(by))]
                case "leave out":
                    pairs = [pair for pair in pairs if pair[0] != name]
                case "array":
                    pairs += [(f"{name}[]", "1"), (f"{name}[0]", "2"), (f"{name}[a][b]", self._value(by))]
                case "new":
                    pairs.append((self._value(by)[:200], self._value(by)))
        return pairs

    def _query(self, target: Target, by: Chance) -> None:
        pairs = self._pairs(target, by, target.query)
        query = encoded(pairs)[:60_000].decode("ascii")
        if by.randint(0, 7) == 0:
            query += by.choice(["&%", "&%zz=%ff", "&=", "&&&", "&a=%00", "&%00=1", "?a=b", "&a=%c3%28", ";a=1"])
        self.send(target, "GET", query, b"", "", **self._htmx(by))

    def _body(self, target: Target, by: Chance) -> None:
        body = encoded(self._pairs(target, by, target.body))
        self.send(target, "POST", "", body, "application/x-www-form-urlencoded", **self._htmx(by))

    def _multipart(self, target: Target, by: Chance) -> None:
        parts = [
            b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (as_bytes(name)[:200], as_bytes(value))
            for name, value in self._pairs(target, by, target.body)
        ]
        for name in sorted(target.files) or ["file"]:
            file, kind, content = UPLOADS[by.choice(sorted(UPLOADS))]()
            head = b'Content-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n'
            parts.append(head % (as_bytes(name), as_bytes(file), kind.encode()) + content)
        body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"
        kind = "multipart/form-data; boundary=cut"
        match by.choice(["sound"] * 12 + ["half", "no end", "no boundary", "other boundary", "charset"]):
            case "half":
                body = body[: len(body) // 2]
            case "no end":
                body = body.removesuffix(b"--cut--\r\n")
            case "no boundary":
                kind = "multipart/form-data"
            case "other boundary":
                kind = "multipart/form-data; boundary=" + by.choice(["x", "'", "é", "a" * 300, ""])
            case "charset":
                kind += "; charset=" + by.choice(["utf-7", "none", "utf-16", "idna", "hex"])
        self.send(target, "POST", "", body, kind)

    def upload(self, target: Target, file: tuple[str, str, bytes]) -> None:
        """One file, as each of the files that the form takes."""
        name, kind, content = file
        head = 'Content-Disposition: form-data; name="{}"; filename="{}"\r\nContent-Type: {}\r\n\r\n'
        parts = [head.format(field, name, kind).encode() + content for field in sorted(target.files)]
        body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"
        self.send(target, "POST", "", body, "multipart/form-data; boundary=cut")

    def _raw(self, target: Target, by: Chance) -> None:
        """What is no form at all, or says it is something else."""
        sound = encoded(self._pairs(target, by, target.body))[:5000]
        body = by.choice(
                [b"", b"{", b"\xff\xfe\x00", b"%ff=%fe&%c3%28=1", b"[1, 2", b'{"a": "\\ud800"}', b"<a>&b;</a>",
                 b"&" * 6000, b"a=1&" * 5001, b"=" * 99, b"null", b"[" * 5000, b"x" * 6_000_000, sound, sound]
        )  # fmt: skip
        kind = by.choice(
                ["application/json", "text/plain", "text/xml", "application/x-www-form-urlencoded", "x" * 300, "/", ";",
                 "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=none",
                 "multipart/form-data; boundary=cut", "multipart/mixed; boundary=cut", "application/octet-stream"]
        )  # fmt: skip
        method = by.choice(["POST", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "GET"])
        self.send(target, method, "", body, kind)

    def _path(self, target: Target, by: Chance) -> None:
        path = target.path.replace("987654321", by.choice(PATHS), by.randint(1, 2))
        if "987654321" not in target.path:
            path = target.url + by.choice([*PATHS, "../", "%2e%2e/", "?", "#", ";a=b", "//"])
        query = encoded([(name, "1") for name in sorted(target.query)][:5]).decode("ascii")
        self.send(target, by.choice(["GET", "POST"]), query, b"", "", path.replace("987654321", "1"))

    def _headers(self, target: Target, by: Chance) -> None:
        name, values = by.choice(
                [("HTTP_ACCEPT_LANGUAGE", ["x" * 6000, "en;q=nan", ",,,;q", "\xff", "../.."]),
                 ("HTTP_ACCEPT", ["", "*", "text/html;q=x", "\xff", "application/json", "a" * 9000]),
                 ("HTTP_HX_REQUEST", ["true", "\xff", ""]),
                 ("HTTP_HX_CURRENT_URL", ["http://[", "javascript:1", "\xff", "http://testserver:99999999/", "//"]),
                 ("HTTP_REFERER", ["http://[", "javascript:1", "\xff", "//evil.example/", "http://testserver:x/"]),
                 ("HTTP_X_FORWARDED_FOR", ["", "x", ",", "::1%eth0", "1.2.3.4, \xff", "9" * 3000]),
                 ("REMOTE_ADDR", ["", "::1", "fe80::1%eth0"]),
                 ("HTTP_HOST", ["", "evil.example", "127.0.0.1:99999999", "[::1", "127.0.0.1\x00", "a b"]),
                 ("HTTP_RANGE", ["bytes=-", "bytes=9-1", "bytes=0-99999999999999999999"]),
                 ("HTTP_IF_MODIFIED_SINCE", ["x", "Mon, 99 Foo 99999 99:99:99 GMT", "Thu, 01 Jan 0001 00:00:00 GMT"]),
                 ("HTTP_IF_NONE_MATCH", ['"', "W/", "*", ","]),
                 ("HTTP_X_BACKGROUND", ["1", "\xff"]),
                 ("HTTP_COOKIE", ["cadence_session=\xff", "cadence_session=" + "x" * 5000, "a=b;;;=;", "csrftoken=x"])]
        )  # fmt: skip
        extra = {name: by.choice(values), **self._htmx(by)}
        self.send(target, by.choice(["GET", "GET", "POST"]), "", b"", "", **extra)

    @staticmethod
    def _htmx(by: Chance) -> dict[str, str]:
        if by.randint(0, 3):
            return {}
        return {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": by.choice(["", "main", "list", "\x7f"])}


def attack(hostile: Hostile, target: Target, requests: int, *, number: int, seconds: float = 10) -> None:
    """That many hostile requests, fewer where a page is slow; `number` decides which, so that the same come again."""
    ends = time.monotonic() + seconds

    @seed(number)
    @settings(
        max_examples=requests, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(CHANCES)
    def send(chance: Chance) -> None:
        if time.monotonic() < ends:
            hostile.hostile(target, chance)

    send()


def _words(error: BaseException) -> str:
    """The kind of an error and where in our code it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/.venv/" not in frame.filename and "site-packages" not in frame.filename]
    ours = [
        frame for frame in ours if not frame.filename.endswith(("tests/hostile.py",)) and "/lib/" not in frame.filename
    ]
    place = ours[-1] if ours else frames[-1]
    words = str(error).split("\n")[0][:120]
    return f"{type(error).__name__}: {words} at {'/'.join(place.filename.split('/')[-3:])}:{place.lineno}"


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def encoded(pairs: Iterable[tuple[str, str | bytes]]) -> bytes:
    return "&".join(f"{quote_plus(as_bytes(name))}={quote_plus(as_bytes(value))}" for name, value in pairs).encode()

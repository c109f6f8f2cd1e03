"""Signs in as each role, walks every link and form from the outside, and compares with the access table.

    .venv/bin/python -m benchmarks.outside_walk                 # a demo clinic of its own, about a quarter of an hour
    .venv/bin/python -m benchmarks.outside_walk --each 1        # one page of a kind instead of three

A real gunicorn serves a demo clinic on a folder of its own. Each person signs in through the sign-in page, follows
every link, and sends every form as it stands and filled in; only what ends the walk itself is left out (LEFT_OUT). And
each asks for every URL of the access table, with things of the clinic and with things of another site. Wrong is:

    a page that the table forbids and that answered; a page that the table allows and that was refused
    a URL that the table lacks
    a link or form that is on somebody's screen and is refused to them
    clinical words in an answer to the front desk
    any answer of 500 or more

Ends with 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from benchmarks.pages import Form, Page
from benchmarks.server import PASSWORD, Installation
from benchmarks.walked_clinic import PEOPLE, Inside, make_sites

SIGN_IN_PAGE = "/account/login/"
SECOND_FACTOR = "/account/second-factor/"
# Forms whose sending ends the walk: signed out, another password, an account closed, the tablet handed over, a new site
# whose administrators are asked for a second factor.
LEFT_OUT = re.compile(
    r"account_|mfa_|admin:|accounts:(session-list|staff-|site-edit|site-create|site-switch|set-up)|.*tablet|interop:feed-stop"
)
PLAUSIBLE = {
    "date": "2026-12-21", "time": "10:30", "datetime-local": "2026-12-21T10:30", "number": "1", 
    "email": "a@example.org", "month": "2026-12", "tel": "+1 617 555 0134",
}  # fmt: skip


@dataclass
class Walk:
    """One person's way through the site."""

    person: str
    base: str
    each: int
    session: requests.Session = field(default_factory=requests.Session)
    seen: Counter[Any] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    forms: int = 0
    links: int = 0
    wrong: list[str] = field(default_factory=list)

    def sign_in(self, email: str) -> None:
        page = Page(self.session.get(self.base + SIGN_IN_PAGE).text)
        form = next(form for form in page.forms if any(each.name == "login" for each in form.fields))
        sent = form.values() | {"login": [email], "password": [PASSWORD]}
        answer = self.session.post(
            self.base + (form.action or SIGN_IN_PAGE), sent, headers={"Referer": self.base}, allow_redirects=False
        )
        assert answer.status_code == 302, f"{email} could not sign in"

    def ask(self, method: str, path: str, sent: dict[str, list[str]] | None = None) -> requests.Response:
        answer = self.session.request(
            method,
            self.base + path,
            data=sent,
            headers={"Referer": self.base + "/"},
            allow_redirects=False,
            timeout=120,
        )
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            self.wrong.append(f"{self.person}: {method} {path} answered {answer.status_code}")
        return answer

    def token(self) -> str:
        """What a form of this browser carries against forged requests."""
        page = Page(self.session.get(self.base + ("/account/me/" if self.person != "anonymous" else SIGN_IN_PAGE)).text)
        return next(
            (each.value for form in page.forms for each in form.fields if each.name == "csrfmiddlewaretoken"), ""
        )


def text_of(answer: requests.Response) -> str:
    kind = answer.headers.get("Content-Type", "")
    if "pdf" in kind and answer.content.startswith(b"%PDF"):
        from pypdf import PdfReader
        from pypdf.errors import PdfReadError

        try:
            return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        except PdfReadError:  # a thing of the table may be a PDF in name only
            return ""
    if "html" in kind:
        return " ".join(" ".join(Page(answer.text).text).split())
    return answer.text if kind.startswith(("text/", "application/json")) else ""


def follow(walk: Walk, inside: Inside) -> None:
    """Every link that is on a page, and every form, some of each kind."""
    token = walk.token()
    waiting: deque[tuple[str, str]] = deque([("/", "the address"), ("/admin/", "the address")])
    while waiting:
        path, page = waiting.popleft()
        parts = urlsplit(path)
        name = inside.name_of(parts.path)
        kind = (name, frozenset(key for key, _ in parse_qsl(parts.query)))
        if (path in walk.seen) or walk.seen[kind] >= walk.each or (LEFT_OUT.match(name) and name == "account_logout"):
            continue
        walk.seen[path] += 1
        walk.seen[kind] += 1
        answer = walk.ask("GET", path)
        walk.links += 1
        judge(walk, inside, "GET", path, name, answer, page)
        if answer.is_redirect:
            waiting.append((local(walk, path, answer.headers["Location"]), page))
        if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
            continue
        found = Page(answer.text)
        waiting.extend((link, path) for href in found.links if (link := local(walk, path, href)))
        for form in found.forms:
            target = local(walk, path, form.action or path)
            to = inside.name_of(urlsplit(target).path)
            kind = ("form", to, frozenset(each.name for each in form.fields))
            pressed = form.method == "get" or form.has_button
            if not target or not pressed or LEFT_OUT.match(to) or walk.seen[kind] >= walk.each:
                continue
            walk.seen[kind] += 1
            for number, sent in enumerate(fillings(form)):
                walk.forms += 1
                if form.method == "post":
                    answer = walk.ask("POST", target, sent | {"csrfmiddlewaretoken": [token]})
                else:
                    answer = walk.ask(
                        "GET", requests.Request("GET", "http://x" + target, params=sent).prepare().path_url
                    )
                # After the first time it may be gone.
                judge(walk, inside, form.method.upper(), target, to, answer, path if number == 0 else "the address")
                if answer.is_redirect:
                    waiting.append((local(walk, target, answer.headers["Location"]), target))


def fillings(form: Form) -> Iterator[dict[str, list[str]]]:
    """As it stands, empty, and filled in; with the first of its buttons."""
    stands = form.values()
    button = {each.name: [each.value] for each in form.fields if each.type == "submit"}
    button = dict(list(button.items())[:1])
    yield stands | button
    yield {name: [""] for name in stands} | button
    filled = dict(stands)
    for each in form.fields:
        chosen = [choice for choice in each.choices if choice]
        if each.type in {"submit", "file", "hidden"}:
            continue
        filled[each.name] = [chosen[-1] if chosen else each.value or PLAUSIBLE.get(each.type, "Words")]
    yield filled | button


def local(walk: Walk, page: str, href: str) -> str:
    """The address within the site, or nothing."""
    if href.startswith(("#", "mailto:", "tel:", "data:")):
        return ""
    parts = urlsplit(urljoin(walk.base + page, href))
    if f"{parts.scheme}://{parts.netloc}" != walk.base or parts.path.startswith("/static/"):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def judge(walk: Walk, inside: Inside, method: str, path: str, name: str, answer: requests.Response, page: str) -> None:
    """Compare one answer with the table."""
    who, status = walk.person, answer.status_code
    offered = page != "the address"
    signs_in = answer.is_redirect and answer.headers["Location"].startswith(SIGN_IN_PAGE)
    if answer.is_redirect and answer.headers["Location"].startswith(SECOND_FACTOR):
        walk.wrong.append(f"{who}: {method} {path} asks for a second factor: what follows was not walked")
    if status != 404 and not name:
        walk.wrong.append(f"{who}: {method} {path} answered {status} and has no name")
    elif name and name not in inside.by_name and not name.startswith(inside.groups):
        walk.wrong.append(f"{who}: the table lacks {name} ({path})")
    walk.names.add(name)
    if offered and status == 404:  # a form that was sent meanwhile may have taken it away, and its link with it
        found = Page(walk.ask("GET", page).text)
        here = [*found.links, *(form.action for form in found.forms)]
        offered = path in (local(walk, page, address) for address in here)
    if offered and status in (403, 404, 405) and who != "anonymous":
        walk.wrong.append(f"{who}: {page} offers {method} {path} ({name}), which answers {status}")
    if inside.forbids(who, name, method) and status < 400 and not signs_in:
        walk.wrong.append(f"{who}: {method} {path} ({name}) answered {status}, which the table forbids")
    if who == "front_desk" and (words := inside.clinical(name, text_of(answer))):
        walk.wrong.append(f"{who}: {method} {path} ({name}) says {words}")


def try_table(walk: Walk, inside: Inside, things: dict[str, Any], *, of: str) -> int:
    """Ask for every URL of the table with those things; returns how many were asked."""
    from django.urls import reverse

    token, asked = walk.token(), 0
    for row in inside.rows:
        if not set(row.args.values()) <= set(things) or row.name == "accounts:session-list":
            continue
        expected = row.answers[walk.person]
        if of == "elsewhere" and walk.person not in ("anonymous", "stranger") and row.stranger == 404:
            expected = 404 if expected != 403 else 403
        path = reverse(row.name, kwargs={name: things[thing] for name, thing in row.args.items()})
        refused = expected in (403, 404, "sign in")
        at_home = walk.person == "stranger" and of == "elsewhere"
        if any(not isinstance(things[thing], int) for thing in row.args.values()):
            continue  # the name of a picture is the same at every site
        if row.post is not None and (not refused or at_home):
            continue  # would change the things; tests/test_permissions.py sends them
        if row.post is None:
            answer = walk.ask("GET", requests.Request("GET", "http://x" + path, params=row.query).prepare().path_url)
        else:
            sent = {name: [str(things.get(text, text))] for name, text in row.post.items()}
            answer = walk.ask("POST", path, sent | {"csrfmiddlewaretoken": [token]})
        asked += 1
        signs_in = answer.is_redirect and answer.headers["Location"].startswith(SIGN_IN_PAGE)
        what = f"{walk.person}: {path} ({row.name}, a thing of {of}) answered {answer.status_code}, not {expected}"
        if refused and answer.status_code < 400 and not signs_in and not at_home:
            walk.wrong.append(what)
        if not refused and answer.status_code == 403:
            walk.wrong.append(what)
        if walk.person == "front_desk" and (words := inside.clinical(row.name, text_of(answer))):
            walk.wrong.append(f"front_desk: {path} ({row.name}) says {words}")
    return asked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=3, help="how many pages of a kind are opened")
    parser.add_argument("--patients", type=int, default=60, help="of the demo clinic")
    parser.add_argument("--only", default="", help="one person: " + ", ".join(PEOPLE))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cadence-walk-") as folder:
        installation = Installation(Path(folder))
        try:
            installation.prepare()
            installation.manage("demo_clinic", "--patients", str(options.patients))
            installation.start_web(workers=2)
            return compare(installation, options)
        finally:
            installation.stop()


def compare(installation: Installation, options: argparse.Namespace) -> int:
    inside = Inside()
    people, home, elsewhere = make_sites()
    here = inside.things(home, people, {})
    there = inside.things(elsewhere, people | dict.fromkeys(("front_desk", "administrator"), people["stranger"]), here)
    wrong: list[str] = []
    names: set[str] = set()
    print(f"{'':14}  pages  forms  of the table  names  by status")
    for person, email in PEOPLE.items():
        if options.only not in ("", person):
            continue
        started = time.monotonic()
        walk = Walk(person, installation.url, options.each)
        if email:
            walk.sign_in(email)
        asked = try_table(walk, inside, here, of="here") + try_table(walk, inside, there, of="elsewhere")
        follow(walk, inside)
        statuses = "  ".join(f"{status}: {count}" for status, count in sorted(walk.statuses.items()))
        seconds = round(time.monotonic() - started)
        print(
            f"{person:14}  {walk.links:5}  {walk.forms:5}  {asked:12}  {len(walk.names):5}  {statuses}  ({seconds} s)"
        )
        names |= walk.names
        wrong += dict.fromkeys(walk.wrong)
        print(*(f"    {line}" for line in dict.fromkeys(walk.wrong)), sep="\n", flush=True)
    ours = {name for name in names if name in inside.by_name}
    print(f"\n{len(ours)} of the {len(inside.by_name)} names of the table were reached by links and forms")
    print(f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

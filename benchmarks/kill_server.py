"""Kills the web server and PostgreSQL while a draft is saved and while a session is signed, and counts what is lost.

    .venv/bin/python -m benchmarks.kill_server            # 50 times each, about five minutes
    .venv/bin/python -m benchmarks.kill_server --rounds 5

A real gunicorn and a private PostgreSQL run on a folder of their own. A client saves a draft again and again, or signs;
at a moment nobody chose, the processes get SIGKILL: the web server, PostgreSQL, or both. After each restart:

- every save that was acknowledged is there as typed; one that was under way is there as a whole or not at all
- a session is wholly signed (window, vials, follow-ups, seal, audit) or wholly a draft, which then signs
- the stock adds up, and every record stands as it was sealed

Ends with 1 when anything is not so.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from benchmarks.server import EMAIL, PASSWORD, Clinic, Installation

SITES = 31
WAYS = ("web server", "PostgreSQL", "both")


class Form(HTMLParser):
    """The fields of one form of a page, as a browser would post them."""

    def __init__(self, html: str, form_id: str) -> None:
        super().__init__()
        self.wanted, self.inside, self.template = form_id, False, 0
        self.values: dict[str, str] = {}
        self.select = self.area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = given.get("id") == self.wanted
        self.template += tag == "template"
        if not self.inside or self.template:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            if given.get("type") not in {"checkbox", "radio", "submit"} or "checked" in given:
                self.values[name] = given.get("value", "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in given or self.select not in self.values):
            self.values[self.select] = given.get("value", "")
        elif tag == "textarea":
            self.area = name
            self.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        self.template -= tag == "template"
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.area:
            self.values[self.area] += data


class Browser:
    def __init__(self, base: str) -> None:
        self.base = base
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()), Unfollowed()
        )

    def get(self, path: str) -> str:
        with self.opener.open(self.base + path, timeout=20) as answer:
            return str(answer.read().decode())

    def post(self, path: str, values: dict[str, str], *, script: bool = False) -> tuple[int, str]:
        request = urllib.request.Request(self.base + path, urllib.parse.urlencode(values).encode())
        if script:
            request.add_header("HX-Request", "true")
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def sign_in(self) -> None:
        page = self.get("/account/login/")
        token = page.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
        status, _ = self.post("/account/login/", {"csrfmiddlewaretoken": token, "login": EMAIL, "password": PASSWORD})
        if status != 302:
            raise SystemExit(f"Signing in failed: {status}")


class Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


class Trial(Clinic):
    """The clinic, and the two ways to be interrupted."""

    def __init__(self, installation: Installation, *, seed: int) -> None:
        self.installation, self.rng = installation, random.Random(seed)
        self.lost: list[str] = []
        self.counts: Counter[str] = Counter()

    def interrupted(
        self,
        number: int,
        work: Callable[[], None],
        *,
        begun: threading.Event,
        stopped: threading.Event | None = None,
        takes: float,
    ) -> str:
        """Run the work in a thread and kill at some moment of what follows `begun` and takes that long; how.

        `stopped` is set at that moment: a request that a new worker finds in the queue is the last one.
        """
        way = WAYS[number % len(WAYS)]
        thread = threading.Thread(target=work)
        thread.start()
        begun.wait(60)
        time.sleep(self.rng.uniform(0, takes))
        if stopped is not None:
            stopped.set()
        self.installation.kill(way)
        thread.join(60)
        if thread.is_alive():
            raise SystemExit("The client still waits for an answer.")
        self.installation.restart(way)
        return way

    # --- while a draft is saved

    def save_rounds(self, rounds: int) -> None:
        from django.db import connection

        session = self.draft(0)
        path = f"/sessions/{session.pk}/chart/"
        browser = Browser(self.installation.url)
        browser.sign_in()
        typed = there = 0
        takes = 1.0  # seconds, of the last save
        for number in range(rounds):
            form = Form(browser.get(path), "charting").values
            acknowledged, stopped, begun = there, threading.Event(), threading.Event()
            first = self.rng.randrange(4)  # so many saves are let through

            def type_on(
                form: dict[str, str] = form, stopped: threading.Event = stopped, begun: threading.Event = begun,
                first: int = first,
            ) -> None:  # fmt: skip
                nonlocal typed, acknowledged, takes
                done = 0
                while not stopped.is_set():
                    typed += 1
                    if done == first:
                        begun.set()
                    sent = time.monotonic()
                    form |= {"action": "autosave", "notes": f"typed {typed}"}
                    form |= {f"injections-{site}-units": self.units(typed) for site in range(SITES)}
                    try:
                        status, html = browser.post(path, form, script=True)
                    except (OSError, ValueError, HTTPException):
                        return
                    if status != 200:
                        self.counts[f"answered {status}"] += 1
                        return
                    acknowledged, takes, done = typed, time.monotonic() - sent, done + 1
                    self.counts["saves acknowledged"] += 1
                    form["version"] = html.split('id="id_version" value="', 1)[1].split('"', 1)[0]

            way = self.interrupted(number, type_on, begun=begun, stopped=stopped, takes=takes * 1.2)
            connection.close()
            session.refresh_from_db()
            there = int(session.notes.removeprefix("typed ") or 0) if session.notes else 0
            units = {f"{row.units:f}" for row in session.injections.all()}
            if there not in (acknowledged, typed):
                self.lost.append(f"draft, {way}: {acknowledged} was acknowledged, {there} is there")
            if there and (units != {self.units(there)} or session.injections.count() != SITES):
                self.lost.append(f"draft, {way}: save {there} is there in part: {sorted(units)}")
            self.counts[f"draft: {way} killed"] += 1
            self.counts["saves under way, kept whole"] += there == typed != acknowledged
            self.counts["saves under way, undone whole"] += there == acknowledged != typed
            typed = max(typed, there)
            self.tell("while a draft is saved", number + 1, rounds)

    @staticmethod
    def units(typed: int) -> str:
        return f"{typed % 6 + 1}.{typed % 2 * 5}0"

    # --- while a session is signed

    def sign_rounds(self, rounds: int) -> None:
        from django.db import connection

        browser = Browser(self.installation.url)
        browser.sign_in()
        takes = 0.5  # seconds, of a signing
        for number in range(rounds):
            session = self.draft(number + 1)
            path = f"/sessions/{session.pk}/review/"
            form = self.signing_form(browser, path)
            answered: list[int] = []
            begun = threading.Event()

            def sign(
                path: str = path, form: dict[str, str] = form, answered: list[int] = answered,
                begun: threading.Event = begun,
            ) -> None:  # fmt: skip
                nonlocal takes
                begun.set()
                sent = time.monotonic()
                try:
                    answered.append(browser.post(path, form)[0])
                except (OSError, ValueError, HTTPException):
                    return
                takes = time.monotonic() - sent

            way = self.interrupted(number, sign, begun=begun, takes=takes)
            connection.close()
            session.refresh_from_db()
            for wrong in self.not_whole(session):
                self.lost.append(f"signing, {way}: {wrong}")
            if answered == [302] and session.status != "signed":
                self.lost.append(f"signing, {way}: it was acknowledged and is a {session.status}")
            self.counts[f"signing: {way} killed"] += 1
            self.counts[f"found {session.status}" + (", acknowledged" if answered == [302] else "")] += 1
            if session.status == "draft":
                sent = time.monotonic()
                status, _ = browser.post(path, self.signing_form(browser, path))
                takes = (time.monotonic() - sent) / 2
                session.refresh_from_db()
                if (status, session.status) != (302, "signed"):
                    self.lost.append(f"signing, {way}: the draft does not sign afterwards ({status})")
                self.lost += [f"signing again, {way}: {wrong}" for wrong in self.not_whole(session)]
            self.tell("while a session is signed", number + 1, rounds)

    @staticmethod
    def signing_form(browser: Browser, path: str) -> dict[str, str]:
        form = Form(browser.get(path), "signing").values
        return form | {name: "seen" for name in form if name.startswith("reason:")}

    @staticmethod
    def not_whole(session: Any) -> list[str]:
        """What of this session is signed in part."""
        from audit.models import AuditEvent
        from inventory.models import StockMovement, Vial

        vials = [use.vial_id for use in session.vial_uses.all()]
        window = session.windows.filter(voided=False, closed_by=None).first()
        steps = window.policy.follow_up_steps.count() if window else None
        course = session.treated.get().course
        signed = session.status == "signed"
        found = {
            "the window": window is not None,
            "the course's dates": course.last_session_on == session.performed_on,
            "the follow-ups": session.follow_ups.count() == steps if signed else session.follow_ups.exists(),
            "the vials": not Vial.objects.filter(pk__in=vials, status="in stock").exists(),
            "the stock movements": StockMovement.objects.filter(vial__in=vials, kind="used").count() == len(vials),
            "the seal": session.seals.count() == 1,
            "the audit": AuditEvent.objects.filter(action="sign", subject_id=session.pk).count() == 1,
            "the signature": bool(session.signature) and session.signed_at is not None,
        }
        return [f"session {session.pk} is {session.status}, yet {what} says otherwise" for what, is_signed in
                found.items() if is_signed != signed]  # fmt: skip

    def add_up(self) -> None:
        from inventory.models import StockMovement, Vial
        from treatments.models import VialUse
        from treatments.seals import verify_records

        used = set(Vial.objects.filter(status="used").values_list("pk", flat=True))
        moved = list(StockMovement.objects.filter(kind="used").values_list("vial_id", flat=True))
        given = list(VialUse.objects.filter(session__status="signed").values_list("vial_id", flat=True))
        if not (used == set(moved) == set(given) and len(moved) == len(given) == len(used)):
            self.lost.append(f"stock: {len(used)} used, {len(moved)} movements, {len(given)} in signed sessions")
        found = verify_records()
        self.lost += [f"seal of session {problem.session_id}: {problem.words}" for problem in found.problems]
        self.counts["vials used"], self.counts["records verified"] = len(used), found.sessions

    def tell(self, what: str, done: int, of: int) -> None:
        sys.stderr.write(f"\r  {what}: killed {done} of {of}, {len(self.lost)} losses ")
        if done == of:
            sys.stderr.write("\n")
        sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])  # type: ignore[union-attr]
    parser.add_argument("--rounds", type=int, default=50, help="how often each is interrupted (default: 50)")
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cadence-kill-") as name:
        Path(name).chmod(0o755)  # as root PostgreSQL runs as somebody else
        installation = Installation(Path(name))
        trial = Trial(installation, seed=asked.seed)
        try:
            installation.prepare()
            trial.furnish(asked.rounds + 1)
            installation.start_web()
            trial.save_rounds(asked.rounds)
            trial.sign_rounds(asked.rounds)
            trial.add_up()
        finally:
            installation.stop()
    for what, count in sorted(trial.counts.items()):
        sys.stdout.write(f"  {count:6,}  {what}\n")
    for loss in trial.lost:
        sys.stdout.write(f"LOST    {loss}\n")
    sys.stdout.write(f"{len(trial.lost)} losses in {2 * asked.rounds} kills, {time.monotonic() - began:.0f} s.\n")
    return 1 if trial.lost else 0


if __name__ == "__main__":
    sys.exit(main())

"""Kills web server, worker and PostgreSQL at random while several people write, and looks for what is lost.

    .venv/bin/python -m benchmarks.kill_under_load            # 100 kills, about ten minutes
    .venv/bin/python -m benchmarks.kill_under_load --kills 5
    .venv/bin/python -m benchmarks.kill_under_load --full-disk --kills 20   # as root: the disk of a small one is filled

A real gunicorn of two workers, a worker and a private PostgreSQL run on a folder of their own. Five write without a
rest: two chart drafts, one books, one records follow-ups, one enters medicines and asks for exports. Each keeps a list
of what the server acknowledged. After every kill and restart, with nobody writing, each entry is looked up in the
database; a draft must stand as acknowledged, or wholly as the save that was under way.

With `--full-disk` nothing is killed: the disk that all of it lies on is filled for some seconds, then there is room.

Ends with 1 when anything is missing, doubled or there in part.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import time as wall_time
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

from benchmarks.kill_server import SITES, Browser, Form, Trial
from benchmarks.server import ROOT, Clinic, Installation

WAYS = ("web server", "worker", "PostgreSQL", "both")
FULL_DISK = "full disk"
SMALL_DISK = "800m"
DRAFTS = 2
FOLLOW_UPS = 3_000


class Writer:
    """One person at a browser, who writes until told to pause; `entries` are what the server acknowledged."""

    def __init__(self, installation: Installation, name: str, write: Callable[[Browser, int], bool]) -> None:
        self.name, self.write = name, write
        self.browser = Browser(installation.url)
        self.entries: list[int] = []
        self.tried = 0
        self.may, self.rests = threading.Event(), threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        signed_in = False
        while True:
            if not self.may.is_set():
                self.rests.set()
                self.may.wait()
                self.rests.clear()
            try:
                if not signed_in:
                    self.browser.sign_in()
                    signed_in = True
                self.tried += 1
                if self.write(self.browser, self.tried):
                    self.entries.append(self.tried)
            except (OSError, ValueError, IndexError, HTTPException, SystemExit):
                time.sleep(0.05)  # cut off; a person would try again

    def pause(self) -> None:
        self.may.clear()
        if not self.rests.wait(90):
            raise SystemExit(f"{self.name} still waits for an answer.")


class Load(Clinic):
    def __init__(self, installation: Installation, *, seed: int) -> None:
        self.installation, self.rng = installation, random.Random(seed)
        self.lost: list[str] = []
        self.counts: Counter[str] = Counter()

    def furnish_load(self) -> None:
        from scheduling.models import Availability
        from treatments.models import FollowUp

        self.furnish(DRAFTS + 2)
        self.user.roles = ["provider", "administrator"]
        self.user.save()
        Availability.objects.bulk_create(
            Availability(
                provider=self.user, site=self.site, weekday=day, starts_at=wall_time(0, 5), ends_at=wall_time(23, 50)
            )
            for day in range(7)
        )
        self.drafts = [self.draft(number) for number in range(DRAFTS)]
        session = self.draft(DRAFTS)
        browser = Browser(self.installation.url)
        browser.sign_in()
        path = f"/sessions/{session.pk}/review/"
        status, _ = browser.post(path, Trial.signing_form(browser, path))
        if status != 302:
            raise SystemExit("The session could not be signed.")
        course = session.treated.get().course
        self.follow_ups = FollowUp.objects.bulk_create(
            FollowUp(course=course, session=session, step=f"s{number}", name="Call", due_on=self.site.today())
            for number in range(FOLLOW_UPS)
        )

    # --- what the people write; each answers whether the server acknowledged it

    def token(self, browser: Browser, path: str) -> str:
        page = browser.get(path)
        return page.split('"X-CSRFToken": "', 1)[1].split('"', 1)[0]

    def posted(self, browser: Browser, path: str, fields: dict[str, str]) -> bool:
        if not hasattr(browser, "csrf"):
            browser.csrf = self.token(browser, "/patients/")  # type: ignore[attr-defined]
        status, _ = browser.post(path, {"csrfmiddlewaretoken": browser.csrf, **fields})  # type: ignore[attr-defined]
        self.counts[f"answered {status}"] += 1
        return status == 302

    def chart(self, session: Any) -> Callable[[Browser, int], bool]:
        path = f"/sessions/{session.pk}/chart/"
        form: dict[str, str] = {}

        def write(browser: Browser, number: int) -> bool:
            if not form:
                form.update(Form(browser.get(path), "charting").values)
            form.update({"action": "autosave", "notes": f"typed {number}"})
            form.update({f"injections-{site}-units": Trial.units(number) for site in range(SITES)})
            sent = dict(form)
            form.clear()  # read anew unless this is answered
            status, html = browser.post(path, sent, script=True)
            self.counts[f"answered {status}"] += 1
            if status != 200:
                return False
            form.update(sent, version=html.split('id="id_version" value="', 1)[1].split('"', 1)[0])
            return True

        return write

    def book(self, browser: Browser, number: int) -> bool:
        starts = self.first_day + timedelta(days=number // 140, minutes=10 * (number % 140) + 10)
        fields = {
            "patient": str(self.patients[-1].pk), "kind": "consultation", "site": str(self.site.pk),
            "provider": str(self.user.pk), "minutes": "10", "day": f"{starts:%Y-%m-%d}", "time": f"{starts:%H:%M}",
            "note": f"booked {number}",
        }  # fmt: skip
        return self.posted(browser, "/appointments/new/", fields)

    def follow_up(self, browser: Browser, number: int) -> bool:
        row = self.follow_ups[number]
        today = self.site.today()
        fields = {"version": str(row.version), "done_on": today.isoformat(), "impression": "2", "adverse_event": "no"}
        return self.posted(browser, f"/follow-ups/{row.pk}/", fields | {"note": f"recorded {number}"})

    def fact(self, browser: Browser, number: int) -> bool:
        if number % 20 == 0:
            self.posted(browser, "/outcomes/exports/start/", {"kind": "registry"})
        fields = {"drug_class": "anticoagulant", "name": f"entered {number}"}
        return self.posted(browser, f"/patients/{self.patients[0].pk}/medications/new/", fields)

    # --- the trial

    def run(self, kills: int, *, ways: Iterable[str]) -> None:
        from datetime import datetime

        self.first_day = datetime.combine(self.site.today() + timedelta(days=1), wall_time(0))
        self.start_worker()
        charts = [Writer(self.installation, f"draft {row.pk}", self.chart(row)) for row in self.drafts]
        self.writers = {
            "bookings": Writer(self.installation, "bookings", self.book),
            "follow-ups": Writer(self.installation, "follow-ups", self.follow_up),
            "medicines": Writer(self.installation, "medicines", self.fact),
        }
        everybody = [*charts, *self.writers.values()]
        for writer in everybody:
            writer.may.set()
        deadline = time.monotonic() + 120
        while not all(writer.entries for writer in everybody):
            if time.monotonic() > deadline:
                raise SystemExit(f"Not acknowledged: {[row.name for row in everybody if not row.entries]}")
            time.sleep(0.1)
        for number, way in zip(range(kills), itertools.cycle(ways), strict=False):
            for writer in everybody:
                writer.may.set()
            time.sleep(self.rng.uniform(0.3, 3))
            if way == "worker":
                self.worker.kill()
            elif way == FULL_DISK:
                self.installation.fill_disk()
                time.sleep(self.rng.uniform(2, 6))
                self.installation.free_disk()
            else:
                self.installation.kill(way)
            for writer in everybody:
                writer.may.clear()
            if way not in ("worker", FULL_DISK):
                self.installation.restart(way)
            for writer in everybody:
                writer.pause()
            if self.worker.poll() is not None:
                self.start_worker()
            self.counts[f"killed: {way}"] += 1
            self.look_up(way, charts)
            said = sum(len(writer.entries) for writer in everybody)
            sys.stderr.write(f"\r  killed {number + 1} of {kills}, {said} acknowledged, {len(self.lost)} losses ")
        sys.stderr.write("\n")
        for writer in everybody:
            self.counts[f"acknowledged: {writer.name}"] = len(writer.entries)
            self.counts["not acknowledged"] += writer.tried - len(writer.entries)
        self.worker.terminate()
        self.worker.wait()

    def start_worker(self) -> None:
        command = [sys.executable, "manage.py", "db_worker", "--no-startup-delay", "--no-reload", "--verbosity", "0"]
        self.worker = subprocess.Popen(
            command, cwd=ROOT, env=self.installation.environment, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def look_up(self, way: str, charts: list[Writer]) -> None:
        from django.db import connection

        from patients.models import Medication
        from scheduling.models import Appointment
        from treatments.models import FollowUp

        connection.close()
        there = {
            "bookings": Appointment.objects.filter(note__startswith="booked ").values_list("note", flat=True),
            "follow-ups": FollowUp.objects.filter(status="done").values_list("note", flat=True),
            "medicines": Medication.objects.filter(name__startswith="entered ").values_list("name", flat=True),
        }
        for name, rows in there.items():
            found = Counter(int(words.split()[-1]) for words in rows)
            self.lost += [
                f"{name}, {way}: {entry} is missing" for entry in set(self.writers[name].entries) - set(found)
            ]
            self.lost += [f"{name}, {way}: {entry} is there {n} times" for entry, n in found.items() if n > 1]
        for writer, session in zip(charts, self.drafts, strict=True):
            session.refresh_from_db()
            typed = int(session.notes.removeprefix("typed ") or 0)
            acknowledged = writer.entries[-1] if writer.entries else 0
            if typed < acknowledged:
                self.lost.append(f"{writer.name}, {way}: {acknowledged} was acknowledged, {typed} is there")
            units = {f"{row.units:f}" for row in session.injections.all()}
            if typed and units != {Trial.units(typed)}:
                self.lost.append(f"{writer.name}, {way}: save {typed} is there in part: {sorted(units)}")


@contextmanager
def small_disk(folder: str, *, wanted: bool) -> Iterator[None]:
    if wanted:
        subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", folder], check=True)
    yield
    if wanted:
        subprocess.run(["/bin/umount", "--lazy", folder], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])  # type: ignore[union-attr]
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--full-disk", action="store_true")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cadence-load-") as name, small_disk(name, wanted=asked.full_disk):
        Path(name).chmod(0o755)  # as root PostgreSQL runs as somebody else
        installation = Installation(Path(name))
        load = Load(installation, seed=asked.seed)
        try:
            installation.prepare()
            installation.start_web(workers=2)
            load.furnish_load()
            load.run(asked.kills, ways=[FULL_DISK] if asked.full_disk else WAYS)
        finally:
            installation.stop()
    for what, count in sorted(load.counts.items()):
        sys.stdout.write(f"  {count:6,}  {what}\n")
    for loss in load.lost:
        sys.stdout.write(f"LOST    {loss}\n")
    sys.stdout.write(f"{len(load.lost)} losses in {asked.kills} kills, {time.monotonic() - began:.0f} s.\n")
    return 1 if load.lost else 0


if __name__ == "__main__":
    sys.exit(main())

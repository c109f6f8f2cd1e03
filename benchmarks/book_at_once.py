"""200 people at 200 screens book the same 50 times at the same moment, against the running server.

    .venv/bin/python -m benchmarks.book_at_once
    .venv/bin/python -m benchmarks.book_at_once --clients 40 --times 10
    .venv/bin/python -m benchmarks.book_at_once --by link

A real gunicorn with several workers and a private PostgreSQL run on a folder of their own. Every client is signed in
with a session of its own and books for a patient of its own; four processes with a thread for each client let go at
once, and whoever loses tries another time, again together. After it, asked of the database in SQL:

- no provider, room or patient has two visits at once, and every time was booked once
- no answer was a server's error, and each who lost was told why: staff who has the time and when, a patient by link
  that the time is gone, and never whose it is

Ends with 1 when anything is not so.
"""

from __future__ import annotations

import argparse
import html
import http.client
import multiprocessing
import random
import re
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any

from benchmarks.server import Clinic, Installation

PROCESSES = 4
WORKERS = 3
CSRF, CSRF_COOKIE = "x" * 32, "csrftoken"
COOKIE = "cadence_link"  # messaging.link_access.COOKIE; that module may be imported only once Django is set up
ROUNDS = 3  # tries of somebody who loses

DOUBLE = """
    SELECT count(*) FROM scheduling_appointment one JOIN scheduling_appointment other ON one.id < other.id
     WHERE one.status NOT IN ('cancelled', 'missed', 'moved') AND other.status NOT IN ('cancelled', 'missed', 'moved')
       AND one.starts_at < other.ends_at AND other.starts_at < one.ends_at
       AND (one.provider_id = other.provider_id OR one.room_id = other.room_id OR one.patient_id = other.patient_id)
"""


@dataclass(frozen=True)
class Attempt:
    """One form as one person sends it."""

    path: str
    fields: dict[str, Any]
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    status: int  # 0: none came
    seconds: float
    body: str = ""
    leads_to: str = ""

    @property
    def is_booked(self) -> bool:
        return self.status == 302 and bool(re.match(r"/appointments/|/l/[^/]+/appointment/", self.leads_to))

    @property
    def words(self) -> str:
        """What the page says is wrong, as its reader sees it."""
        found = re.findall(
            r'class="[^"]*(?:field-error|invalid-feedback|notice-stop)[^"]*"[^>]*>(.*?)</', self.body, re.S
        )
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).strip() for text in found)


def at_once(port: int, attempts: Sequence[Attempt], *, processes: int = PROCESSES) -> list[Answer]:
    """Send every form at the same moment, each on a connection of its own; the answers in the order of the forms."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(processes)
    shares = [list(attempts[number::processes]) for number in range(processes)]
    queue: Any = context.Queue()
    workers = [
        context.Process(target=_send_share, args=(port, number, share, gate, queue))
        for number, share in enumerate(shares)
    ]
    for worker in workers:
        worker.start()
    found = dict(queue.get(timeout=600) for _ in workers)
    for worker in workers:
        worker.join()
    answers: list[Answer] = []
    for place in range(len(attempts)):
        answers.append(found[place % processes][place // processes])
    return answers


def _send_share(port: int, number: int, share: list[Attempt], gate: Any, queue: Any) -> None:
    answers: list[Answer] = [Answer(0, 0.0)] * len(share)
    ready = threading.Barrier(len(share) + 1)

    def send(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        connection.connect()
        ready.wait()
        answers[place] = _send(connection, share[place])

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(share))]
    for thread in threads:
        thread.start()
    gate.wait()
    ready.wait()
    for thread in threads:
        thread.join()
    queue.put((number, answers))


def _send(connection: http.client.HTTPConnection, attempt: Attempt) -> Answer:
    began = time.monotonic()
    cookies = {CSRF_COOKIE: CSRF} | attempt.cookies
    body = urllib.parse.urlencode({"csrfmiddlewaretoken": CSRF} | attempt.fields, doseq=True)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }
    try:
        connection.request("POST", attempt.path, body, headers)
        response = connection.getresponse()
        body = response.read().decode()
        return Answer(response.status, time.monotonic() - began, body, response.headers.get("Location", ""))
    except OSError as error:
        return Answer(0, time.monotonic() - began, repr(error))
    finally:
        connection.close()


def double_bookings() -> int:
    """Pairs of visits that share a provider, a room or a patient at some moment, asked in SQL of its own."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(DOUBLE)
        return int(cursor.fetchone()[0])


class Desk(Clinic):
    """A clinic with a provider who has so many free half hours, and as many people with a due course and a session."""

    def furnish(self, patients: int) -> None:
        from scheduling.models import Availability, Room
        from treatments.models import Condition, TreatmentCourse

        super().furnish(patients)
        Availability.objects.bulk_create(
            Availability(provider=self.user, site=self.site, weekday=day, starts_at=wall_time(8), ends_at=wall_time(18))
            for day in range(7)
        )
        self.room = Room.objects.create(site=self.site, name="Room 1")
        condition = Condition.objects.get(key="chronic_migraine")
        self.courses = [
            TreatmentCourse.objects.create(
                patient=patient, condition=condition, site=self.site, provider=self.user, started_on=date(2026, 1, 1)
            )
            for patient in self.patients
        ]

    def times(self, count: int) -> list[str]:
        """So many half hours from tomorrow on, as the panel offers them."""
        day = self.site.today() + timedelta(days=1)
        slots = [(hour, minute) for hour in range(8, 18) for minute in (0, 30)]
        return [
            f"{day + timedelta(days=number // len(slots))}T{slots[number % len(slots)][0]:02d}:"
            f"{slots[number % len(slots)][1]:02d}/{self.room.pk}"
            for number in range(count)
        ]

    def session(self) -> str:
        """A session of its own, signed in: 200 passwords would only measure the hashing of passwords."""
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore

        store = SessionStore()
        store[SESSION_KEY] = str(self.user.pk)
        store[BACKEND_SESSION_KEY] = "accounts.backends.StaffBackend"
        store[HASH_SESSION_KEY] = self.user.get_session_auth_hash()
        store.create()
        return str(store.session_key)

    def attempt(self, number: int, slot: str, session: str) -> Attempt:
        from django.conf import settings

        course = self.courses[number]
        fields = {
            "course": course.pk, "kind": "session", "site": self.site.pk, "provider": self.user.pk, "minutes": 30,
            "courses": course.pk, "slot": slot,
        }  # fmt: skip
        return Attempt("/appointments/new/", fields, {settings.SESSION_COOKIE_NAME: session})

    def by_staff(self, number: int, slot: str) -> Attempt:
        return self.attempt(number, slot, self.sessions[number])

    def by_link(self, number: int, slot: str) -> Attempt:
        """The same by a patient's own link, opened already with the date of birth."""
        link = self.links[number]
        return Attempt(f"/l/{link}/times/", {"slot": slot.partition("/")[0]}, {COOKIE: self.opened[number]})

    def hand_out(self) -> None:
        """Sessions for the staff and opened links for the patients."""
        from django.core.signing import get_cookie_signer
        from django.utils import timezone

        from messaging.actions.links import make_link, token_hash
        from messaging.link_access import SALT

        self.sessions = [self.session() for _ in self.patients]
        self.links = [
            make_link(
                patient=course.patient,
                site=self.site,
                purpose="booking",
                about_id=course.pk,
                expires_at=timezone.now() + timedelta(days=7),
            )[1]
            for course in self.courses
        ]
        signer = get_cookie_signer(salt=COOKIE + SALT)
        self.opened = [signer.sign(token_hash(link)) for link in self.links]


TOLD = {
    "staff": r"has \d\d:\d\d-\d\d:\d\d with another patient",
    "link": r"^This time cannot be had any more\. Choose another one, or call us\.$",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--by", choices=sorted(TOLD), default="staff")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cadence-bench-") as folder:
        server = Installation(Path(folder))
        try:
            server.prepare()
            desk = Desk()
            desk.furnish(asked.clients)
            server.start_web(workers=WORKERS)
            return measure(server, desk, times=asked.times, by=asked.by)
        finally:
            server.stop()


def measure(server: Installation, desk: Desk, *, times: int, by: str) -> int:
    from scheduling.models import Appointment

    slots = desk.times(times)
    desk.hand_out()
    attempt = desk.by_link if by == "link" else desk.by_staff
    chance = random.Random(4)
    left = list(range(len(desk.patients)))
    statuses: Counter[int] = Counter()
    untold: list[str] = []
    seconds: list[float] = []
    print(f"{len(left)} clients by {by}, {times} times, {WORKERS} server workers")
    for round_number in range(1, ROUNDS + 1):
        # In the first round four want each time; then the losers try any of them, all together again.
        wanted = [slots[place % times] if round_number == 1 else chance.choice(slots) for place, _ in enumerate(left)]
        answers = at_once(server.port, [attempt(one, slot) for one, slot in zip(left, wanted, strict=True)])
        statuses.update(answer.status for answer in answers)
        seconds += [answer.seconds for answer in answers]
        lost = [one for one, answer in zip(left, answers, strict=True) if not answer.is_booked]
        untold += [
            f"{answer.status}: {answer.words or answer.body[:200]}"
            for answer in answers
            if not answer.is_booked and not re.search(TOLD[by], answer.words)
        ]
        example = next((answer.words for answer in answers if answer.status in (409, 422)), "")
        print(f"  round {round_number}: {len(left)} try, {len(left) - len(lost)} book, {len(lost)} are refused")
        if round_number == 1:
            print(f'  a refusal reads: "{example[:200]}"')
        left = lost
    seconds.sort()
    booked = Appointment.objects.active().filter(provider=desk.user).count()
    double = double_bookings()
    print(f"  answers by status: {dict(sorted(statuses.items()))}")
    print(f"  answered after {seconds[len(seconds) // 2]:.1f} s (middle), {seconds[-1]:.1f} s (longest)")
    print(f"  visits booked: {booked} of {times}; double bookings (SQL): {double}; losers not told why: {len(untold)}")
    for words in untold[:5]:
        print(f"    {words}")
    errors = sum(count for status, count in statuses.items() if status == 0 or status >= 500)
    is_good = booked == times and not double and not untold and not errors
    print("  as it has to be" if is_good else "  NOT as it has to be")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())

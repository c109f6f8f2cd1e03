"""Starts everything a clinic needs on one machine, watches over it, and stops it all again."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from clinic import embedded_postgres
from clinic.database_roles import as_owner, problem_of_role
from clinic.demo import SIGN_INS

READY_WITHIN = 60  # seconds
STOP_WITHIN = 40  # seconds, then a child is killed; the web server gives its requests 30: gunicorn.conf.py
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RESTARTS = 3  # of one child within a minute; more means that it cannot run
DATABASE_REST = 10  # seconds between two starts of PostgreSQL


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """Somebody pressed Ctrl-C, closed the terminal or asked with SIGTERM."""


class Command(BaseCommand):
    help = "Prepares the database, then runs the web server, the background worker and the courier until Ctrl-C."
    requires_system_checks = []  # migrate checks, once

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-demo", action="store_true", help="make no demo clinic in an empty database")

    def handle(self, *, host: str, port: int, no_demo: bool, **options: Any) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, stop)
        self.children: list[Child] = []
        try:
            check_port(host, port)
            self.prepare(demo=not no_demo)
            self.start(host, port)
            self.announce(host, port)
            self.watch()
        except Stopped:
            self.stdout.write("\nStopping ...")
        finally:
            # A second Ctrl-C must not leave a half-stopped installation behind.
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            for child in reversed(self.children):
                child.ask_to_stop()
            for child in reversed(self.children):
                child.wait()
            connection.close()
            if settings.EMBEDDED_POSTGRES is not None:
                embedded_postgres.release(settings.EMBEDDED_POSTGRES)

    # --- steps before the first request

    def prepare(self, *, demo: bool) -> None:
        if settings.EMBEDDED_POSTGRES is not None:
            with self.step("Starting PostgreSQL"):
                try:
                    with not_now():
                        embedded_postgres.ensure_running(settings.EMBEDDED_POSTGRES)
                except embedded_postgres.EmbeddedPostgresError as problem:
                    raise CommandError(str(problem)) from problem
        with self.step("Preparing tables"):
            try:
                with as_owner(connection):
                    connection.ensure_connection()
            except OperationalError as problem:
                raise CommandError(f"The database of DATABASE_URL does not answer: {problem}".strip()) from problem
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
        if problem := problem_of_role():
            self.tell(f"  {problem}")
        with self.step("Loading reference data"):
            call_command("load_reference", verbosity=0, stdout=StringIO())  # its counts matter to editors
        # Never in production: everybody knows the passwords of the demo people.
        if demo and not settings.PRODUCTION and not get_user_model()._default_manager.exists():
            self.make_demo_clinic()
        if settings.PRODUCTION:
            with self.step("Collecting static files"):
                call_command("collectstatic", verbosity=0, interactive=False)

    def make_demo_clinic(self) -> None:
        from clinic.demo.build import make_demo_clinic  # takes a moment to import, and is needed once

        self.stdout.write("  Making a demo clinic, once ...")
        begun = time.monotonic()
        make_demo_clinic(now=timezone.now(), report=lambda line: self.tell(f"    {line}"))
        self.tell(f"  ... done ({time.monotonic() - begun:.1f} s)")

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        self.stdout.write(f"  {what} ... ", ending="")
        self.stdout.flush()
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self.stdout.write("")  # what follows stands on its own line
            raise
        self.stdout.write(f"done ({time.monotonic() - begun:.1f} s)")

    # --- children

    def start(self, host: str, port: int) -> None:
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        web = [sys.executable, "-m", "gunicorn", "clinic.wsgi:application", "--bind", address]
        worker = [sys.executable, str(settings.BASE_DIR / "manage.py"), "db_worker", "--no-startup-delay"]
        worker += ["--no-reload", "--verbosity", "0"]
        courier = [sys.executable, str(settings.BASE_DIR / "manage.py"), "courier"]
        environment = dict(os.environ)
        if not settings.PRODUCTION:
            environment.setdefault("CADENCE_URL", local_url(host, port))  # of the links in mails
        if not settings.PRODUCTION and host not in {"127.0.0.1", "localhost", "::1"}:
            environment.setdefault("CADENCE_HOSTS", "*")  # a tablet asks by this machine's address
        connection.close()  # children open their own
        programs = (("The web server", web), ("The background worker", worker), ("The courier", courier))
        with self.step("Starting the web server, the background worker and the courier"):
            for name, command in programs:
                child = Child(name, command, environment)
                self.children.append(child)
                child.launch()
            wait_until_healthy(local_url(host, port) + "health/", self.children[0])

    def watch(self) -> None:
        """Return never: a child that dies is started again; one that keeps dying ends everything with an error.

        PostgreSQL is tried for as long as it takes: pages say meanwhile that the data are away.
        """
        database_rests_until = 0.0
        while True:
            time.sleep(0.5)
            if time.monotonic() > database_rests_until and self.start_database_again():
                database_rests_until = time.monotonic() + DATABASE_REST
            for child in self.children:
                if (code := child.exit_code()) is None:
                    continue
                if not child.may_restart():
                    raise CommandError(f"{child.name} stopped again and again (exit code {code}). Stopping everything.")
                self.stderr.write(f"{child.name} stopped (exit code {code}); starting it again.")
                child.launch()

    def start_database_again(self) -> bool:
        """Whether the private PostgreSQL had stopped. One that is not ours is somebody else's to start."""
        if settings.EMBEDDED_POSTGRES is None:
            return False
        try:
            with not_now():
                if not embedded_postgres.start_again(settings.EMBEDDED_POSTGRES):
                    return False
            self.stderr.write(f"PostgreSQL stopped; it was started again. Its log is {settings.EMBEDDED_POSTGRES.log}.")
        except embedded_postgres.EmbeddedPostgresError as problem:
            self.stderr.write(f"{problem}\nTrying again in {DATABASE_REST} seconds.")
        return True

    # --- words

    def announce(self, host: str, port: int) -> None:
        self.stdout.write("")
        self.stdout.write(f"Cadence is ready: {local_url(host, port)}")
        people = demo_sign_ins()
        if people:
            width = max(len(role) for role, _, _ in people)
            email_width = max(len(email) for _, email, _ in people)
            self.stdout.write("Sign in to the demo clinic as")
            for role, email, password in people:
                self.stdout.write(f"  {role:<{width}}  {email:<{email_width}}  {password}")
        elif not get_user_model()._default_manager.exists():
            self.stdout.write("Nobody has an account yet: the page leads you through the first site and administrator.")
        self.stdout.write("Ctrl-C stops everything.")
        self.stdout.flush()
        connection.close()


class Child:
    """One process of ours, in a session of its own so that the terminal's Ctrl-C reaches it only through us."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.starts: list[float] = []
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        self.starts.append(time.monotonic())
        with not_now():  # a child started but not yet noted would outlive us
            self.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self.command,
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def may_restart(self) -> bool:
        return len([start for start in self.starts if time.monotonic() - start < 60]) <= RESTARTS

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll() if self.process else None

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # with its own children
            self.process.wait()


def stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


@contextmanager
def not_now() -> Iterator[None]:
    """Put a request to stop off until the block is done."""
    asked: list[int] = []
    before = {number: signal.signal(number, lambda number, _: asked.append(number)) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise Stopped


def check_port(host: str, port: int) -> None:
    """Raise CommandError with a sentence when the port cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return
        except PermissionError as problem:
            raise CommandError(f"Port {port} needs an administrator's rights. Choose another: PORT=8000.") from problem
        except OverflowError as problem:
            raise CommandError(f"{port} is no port. Choose one between 1024 and 65535.") from problem
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise CommandError(busy(host, port)) from problem
            raise CommandError(f"Cannot listen on {host}: {problem.strerror}.") from problem


def busy(host: str, port: int) -> str:
    other = f"Choose another: make run PORT={port + 1}"
    if answer(local_url(host, port) + "health/") == "ok":
        return f"Cadence already runs at {local_url(host, port)}. Stop it with Ctrl-C in its window. {other}"
    return f"Port {port} is used by another program. {other}"


def local_url(host: str, port: int) -> str:
    name = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else host  # noqa: S104 - compared, not bound
    return f"http://{name}:{port}/"


def answer(url: str) -> str | None:
    # No proxy: this is the machine itself, whatever http_proxy says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as response:
            text: str = response.read(100).decode(errors="replace")
            return text
    except (OSError, ValueError, urllib.error.URLError):
        return None


def wait_until_healthy(url: str, web: Child) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while answer(url) != "ok":
        if (code := web.exit_code()) is not None:
            raise CommandError(f"{web.name} did not start (exit code {code}). Its reason is above.")
        if time.monotonic() > deadline:
            raise CommandError(f"{web.name} did not answer at {url} within {READY_WITHIN} seconds.")
        time.sleep(0.1)


def demo_sign_ins() -> list[tuple[str, str, str]]:
    """(role, e-mail, password) of the demo people who exist in this database."""
    known = set(
        get_user_model()
        ._default_manager.filter(email__in=[email for _, email, _ in SIGN_INS])
        .values_list("email", flat=True)
    )
    return [(role, email, password) for role, email, password in SIGN_INS if email in known]

"""An installation on a folder of its own for the benchmarks: PostgreSQL, the web server, and a small clinic in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
EMAIL, PASSWORD = "bench@example.org", "correct horse battery staple"
HOLD = """
import sys, time
from django.conf import settings
from clinic.embedded_postgres import ensure_running
ensure_running(settings.EMBEDDED_POSTGRES)
print("up", flush=True)
time.sleep(100_000)
"""


class Installation:
    """The processes of one installation on its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "CADENCE_DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "clinic.settings",
            "PYTHONPATH": str(ROOT),
        }
        self.environment.pop("DATABASE_URL", None)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.holders: list[subprocess.Popen[str]] = []
        self.web: subprocess.Popen[bytes]

    def start_database(self) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout is not None
        if holder.stdout.readline().strip() != "up":
            raise SystemExit("PostgreSQL did not start.")
        self.holders.append(holder)

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start_web(self, *, workers: int = 1) -> None:
        command = [sys.executable, "-m", "gunicorn", "clinic.wsgi:application", "--bind", f"127.0.0.1:{self.port}"]
        # Loaded before it forks, so that a killed worker is there again at once.
        command += ["--preload", "--workers", str(workers), "--threads", "4"]
        command += ["--log-level", "critical", "--no-control-socket"]
        self.web = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, start_new_session=True, stderr=subprocess.DEVNULL
        )
        self.wait_for_web()

    def wait_for_web(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/health/", timeout=2) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("The web server did not answer.")

    def kill(self, way: str) -> None:
        """SIGKILL, as a power cut or the kernel would."""
        if way == "web server":
            for worker in psutil.Process(self.web.pid).children():
                worker.kill()
        if way == "both":
            os.killpg(self.web.pid, signal.SIGKILL)
        if way != "web server":
            self.kill_database()

    def kill_database(self) -> None:
        number = int((self.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        postmaster = psutil.Process(number)
        for process in [postmaster, *postmaster.children(recursive=True)]:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue

    def fill_disk(self) -> None:
        """Leave no room on the disk of its folder."""
        with (self.folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(64 * 1024))

    def free_disk(self) -> None:
        """Room again; a PostgreSQL that could not go on is started again, as `make run` does."""
        (self.folder / "filler").unlink()
        if not (self.folder / "postgres" / "postmaster.pid").exists():
            self.restart("PostgreSQL")

    def restart(self, way: str) -> None:
        if way != "web server":
            old = self.holders.pop()
            old.kill()
            old.wait()
            self.start_database()
        if way == "both":
            self.web.wait()
            self.start_web()
        else:
            self.wait_for_web()

    def stop(self) -> None:
        if hasattr(self, "web") and self.web.poll() is None:
            os.killpg(self.web.pid, signal.SIGTERM)
            self.web.wait()
        for holder in self.holders:
            holder.terminate()
            holder.wait()

    # --- as a program that uses the same database

    def prepare(self) -> None:
        """Start the database with its tables and reference data, and let this process use it too."""
        os.environ |= {"CADENCE_DATA": str(self.folder), "DJANGO_SETTINGS_MODULE": "clinic.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        self.start_database()
        for command in (["migrate", "--verbosity", "0"], ["createcachetable"], ["load_reference", "-v", "0"]):
            self.manage(*command)


class Clinic:
    """One provider, patients, vials in stock, and drafts of 31 sites."""

    def furnish(self, patients: int) -> None:
        from accounts.models import Credential, Site, User
        from inventory.actions import receive_lot
        from inventory.models import Product
        from patients.models import Patient

        self.site = Site.objects.create(name="Harbour Clinic", time_zone="America/New_York", second_factor="nobody")
        self.user = User.objects.create_user(EMAIL, PASSWORD, name="Dr Kenji Ito", roles=["provider"])
        self.user.sites.set([self.site])
        Credential.objects.create(
            user=self.user, title="MD", licence_number="L1", licence_expires_on=date(2060, 1, 1), npi="1234567893"
        )
        self.product = Product.objects.get(key="onabotulinumtoxinA")
        receive_lot(
            product=self.product, number="C1", expires_on=date(2060, 1, 31),
            size=self.product.vial_sizes.get(units=200), vials=patients + 5, site=self.site, on=date(2020, 1, 1),
            by=self.user,
        )  # fmt: skip
        self.patients = [
            Patient.objects.create(
                given_name=f"P{number}", family_name="Test", birth_date=date(1980, 1, 1), sex="F", site=self.site
            )
            for number in range(patients)
        ]

    def draft(self, number: int) -> Any:
        from inventory.models import Vial
        from treatments.actions.courses import start_course
        from treatments.actions.sessions import DraftHeader, DraftSite, save_draft, start_session
        from treatments.models import Condition, Protocol

        today = self.site.today()
        course = start_course(
            patient=self.patients[number], condition=Condition.objects.get(key="chronic_migraine"), provider=self.user,
            site=self.site, diagnosis=None, on=today, by=self.user,
        )  # fmt: skip
        session = start_session(patient=self.patients[number], site=self.site, courses=[course], on=today, by=self.user)
        protocol = Protocol.objects.get(key="preempt_155", is_current=True)
        vial = Vial.objects.pickable(product=self.product, site=self.site, on=today)[0]
        return save_draft(
            session=session,
            header=DraftHeader(today, product=self.product, dilution_units=200, dilution_ml=Decimal(4)),
            sites=[
                DraftSite(course.pk, row.muscle_id, row.side, Decimal(5), row.view, row.x, row.y)
                for row in protocol.sites.all()
            ],
            vials=[vial],
            by=self.user,
            version=session.version,
        )

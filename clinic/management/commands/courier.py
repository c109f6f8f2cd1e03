"""Plans and sends messages to patients, minute by minute, until it is asked to stop."""

from __future__ import annotations

import logging
import signal
import time
from datetime import timedelta
from types import FrameType
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from audit.verify import keep_head
from clinic.lost_tasks import end_lost
from messaging.tasks import QUEUE, messages_wait, send_due_messages, stopping
from outcomes.planning import plan_questionnaires
from scheduling.planning import plan_messages
from treatments.actions.drug_orders import chase_orders

logger = logging.getLogger("messaging")

KEEP_TASKS = timedelta(days=1)
TIDY_EVERY = 60 * 60  # seconds


class Command(BaseCommand):
    help = "Plans and sends messages to patients, until Ctrl-C. Several may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=60, help="seconds between two looks at what to plan (60)")
        parser.add_argument("--poll", type=float, default=5, help="seconds between two looks at the queue (5)")
        parser.add_argument("--once", action="store_true", help="plan, send what is due, and end")

    def handle(self, *, every: float, poll: float, once: bool, verbosity: int, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        if verbosity < 2:
            for name in ("django_tasks", "django_tasks_db"):
                logging.getLogger(name).setLevel(logging.WARNING)
        plan_at = tidy_at = time.monotonic()
        left_behind: set[tuple[str, int]] = set()
        while not stopping.is_set():
            close_old_connections()
            try:
                if time.monotonic() >= plan_at:
                    plan_at = time.monotonic() + every
                    plan_messages(now=timezone.now())
                    plan_questionnaires(now=timezone.now())
                    left_behind = end_lost(seen_before=left_behind, now=timezone.now())
                if time.monotonic() >= tidy_at:
                    tidy_at = time.monotonic() + TIDY_EVERY
                    _tidy()
                    chase_orders(now=timezone.now())
                    keep_head()
                _send()
            except (OperationalError, InterfaceError) as error:
                # The database is away for a moment, as when it starts anew. What is queued waits for it.
                logger.warning("the database does not answer (%s); trying again", type(error).__name__)
                connection.close()
                if once:
                    raise
            except Exception as error:
                # Whatever it is, the next look may do better, and the rest of the clinic must not fall with it. The
                # kind alone: its text may quote a row.
                if once:
                    raise
                logger.error("messages could not be planned or sent: %s", type(error).__name__)
            if once:
                return
            stopping.wait(poll)


def _send() -> None:
    """Put the task into its queue when there is something to do, and work the queue off.

    What the queue holds says nothing of its own: a task that is lost with its worker is made again at the next look.
    """
    ready = DBTaskResult.objects.ready().filter(queue_name=QUEUE)
    if messages_wait(now=timezone.now()) and not ready.exists():
        send_due_messages.enqueue()
    if ready.exists():
        worker = Worker(
            queue_names=[QUEUE],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.run()


def _tidy() -> None:
    DBTaskResult.objects.filter(queue_name=QUEUE, enqueued_at__lt=timezone.now() - KEEP_TASKS).delete()


def _stop(number: int, frame: FrameType | None) -> None:
    stopping.set()

"""Printing letters: what waits to be printed, and the batch in which it is.

A letter is written, kept as sent and taken off the lists in one transaction of its own; the PDF is made of what was
kept. So a batch that was broken off goes on where it stood, and no letter is in two of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import record
from clinic import pango
from clinic.paper.letters import letters_pdf
from messaging.actions.queue import Reach, addresses_of, cancel_messages
from messaging.actions.rendering import NoWordsError, render
from messaging.models import LetterBatch, Message, Purpose
from messaging.querysets import MessageQuerySet
from messaging.rules.channels import LETTER
from messaging.subjects import why_not_any_more
from patients.actions import complete_task
from patients.models import Patient, Task
from patients.rules.language import message_language
from scheduling.invitations import log_invitations
from scheduling.models import RecallAttempt
from scheduling.recall_page import LETTER_ABOUT
from treatments.models import RetreatmentWindow, TreatmentCourse

MOST = 500  # that are offered, and printed, at once

# So many are written while the person waits; more than these by the worker.
AT_ONCE = 20

LETTER_DAYS = timedelta(days=30)

Status = LetterBatch.Status


class CannotPrintError(Exception):
    """Why this letter is not printed, in words, without a name."""


@dataclass(frozen=True)
class Waiting:
    """A letter to print: `key` names its task or message; `lacks` says why it cannot be, or is empty."""

    key: str
    patient: Patient
    words: str
    since: datetime
    lacks: str


def waiting_letters(*, site: Site, now: datetime) -> list[Waiting]:
    """The letters of a site that wait to be printed, the oldest first; in four queries."""
    tasks = list(
        Task.objects.open()
        .filter(site=site, kind=Task.Kind.LETTER)
        .select_related("patient")
        .order_by("due_on", "id")[:MOST]
    )
    messages = list(_printable(site, now=now).select_related("patient").order_by("send_after", "id")[:MOST])
    reach = Reach.of([*(row.patient for row in tasks), *(row.patient for row in messages)])
    today = site.today(now=now)

    def lacks(patient: Patient) -> str:
        choice = reach.choice(patient, on=today, channel=LETTER)
        return "" if choice.channel else choice.why

    found = [Waiting(f"task {row.pk}", row.patient, row.words, row.created_at, lacks(row.patient)) for row in tasks]
    found += [
        Waiting(f"message {row.pk}", row.patient, row.get_purpose_display(), row.created_at, lacks(row.patient))
        for row in messages
    ]
    return sorted(found, key=lambda row: row.since)


def start_letters(*, site: Site, wanted: Iterable[str], by: User, now: datetime) -> LetterBatch:
    """Print the letters named by their keys; many are left to the worker. Raises ValidationError for none."""
    keys = [key for key in dict.fromkeys(wanted) if _is_key(key)][:MOST]
    if not keys:
        raise ValidationError("Choose at least one letter.")
    if problem := pango.problem():
        raise ValidationError(problem)
    batch = LetterBatch.objects.create(site=site, made_by=by, wanted=keys)
    if len(keys) <= AT_ONCE:
        return write_letters(batch=batch, now=now)
    from clinic.tasks import print_letters

    transaction.on_commit(lambda: print_letters.enqueue(batch.pk))
    return batch


def write_letters(*, batch: LetterBatch, now: datetime) -> LetterBatch:
    """Write the letters of a batch that are not written yet, then its PDF; safe to run again."""
    LetterBatch.objects.filter(pk=batch.pk).update(status=Status.RUNNING)
    batch = LetterBatch.objects.select_related("site", "made_by").get(pk=batch.pk)
    for key in batch.wanted[batch.done :]:
        with transaction.atomic():
            left_out = _write(key, batch=batch, now=now)
            batch.done += 1
            if left_out:
                batch.left_out.append(left_out)
            LetterBatch.objects.filter(pk=batch.pk).update(done=batch.done, left_out=batch.left_out)
    # The planner would do it a minute later; whoever looks at the list now should see it.
    log_invitations(now=now)
    letters = list(batch.letters.select_related("patient", "site").order_by("pk"))
    batch.pdf = letters_pdf(letters, site=batch.site) if letters else None
    batch.status, batch.problem = Status.READY, ""
    batch.save()
    return batch


def give_up(*, batch_id: int, problem: str) -> None:
    """Keep that a batch came to nothing more; the letters written so far stay, and it can be begun again."""
    LetterBatch.objects.filter(pk=batch_id).update(status=Status.FAILED, problem=problem[:300])


def _write(key: str, *, batch: LetterBatch, now: datetime) -> dict[str, object] | None:
    """Write one letter; {patient, why} where it is not printed, None where it is or somebody else has done it."""
    kind, _, number = key.partition(" ")
    message = _of_task(int(number), batch, now=now) if kind == "task" else _of_message(int(number), batch, now=now)
    if message is None:
        return None
    try:
        with transaction.atomic():
            _print(message, batch=batch, now=now)
    except CannotPrintError as error:
        return {"patient": message.patient_id, "why": str(error)}
    return None


def _of_task(number: int, batch: LetterBatch, *, now: datetime) -> Message | None:
    task = (
        Task.objects.open()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("patient", "site")
        .filter(pk=number, site=batch.site, kind=Task.Kind.LETTER)
        .first()
    )
    if task is None:
        return None
    course = TreatmentCourse.objects.filter(pk=task.about_id or 0, patient=task.patient).first()
    window = RetreatmentWindow.objects.filter(course=course, closed_by=None, voided=False).first() if course else None
    attempts = RecallAttempt.objects.filter(course=course, window=window).count() if course else 0
    return Message(
        patient=task.patient,
        site=task.site,
        purpose=Purpose.RECALL,
        channel=LETTER,
        language=message_language(task.patient.language),
        attempt=attempts + 1,
        # A task that was taken back may be written again.
        once=f"letter of task {task.pk}, version {task.version}",
        about=LETTER_ABOUT if course else "",
        about_id=course.pk if course else 0,
        values={"window": window.pk} if window else {},
        send_after=now,
        send_before=now + LETTER_DAYS,
        created_by=batch.made_by,
    )


def _of_message(number: int, batch: LetterBatch, *, now: datetime) -> Message | None:
    return (
        _printable(batch.site, now=now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("patient", "site")
        .filter(pk=number)
        .first()
    )


def _print(message: Message, *, batch: LetterBatch, now: datetime) -> None:
    patient = message.patient
    if not message.about:
        raise CannotPrintError("The task names no course: write this letter by hand.")
    choice = Reach.of([patient]).choice(patient, on=batch.site.today(now=now), channel=LETTER)
    if choice.channel is None:
        raise CannotPrintError(choice.why)
    why = why_not_any_more(about=message.about, about_id=message.about_id, now=now)
    if why and message.purpose != Purpose.CANCELLED:
        raise CannotPrintError(why)
    try:
        words = render(message)
    except NoWordsError as error:
        raise CannotPrintError(str(error)) from error
    postal = addresses_of(patient)[LETTER]
    message.status, message.sent_at, message.claimed_at, message.problem = Message.Status.SENT, now, now, ""
    message.template, message.template_version = words.template, words.template.version
    message.sent_to, message.subject, message.body = postal[:254], words.subject, words.kept
    message.letter_batch = batch
    message.save()
    record(action="message", by=batch.made_by, patient_id=patient.pk, subject=message)
    if message.purpose == Purpose.RECALL:
        cancel_messages(
            about=message.about,
            about_id=message.about_id,
            purposes=[Purpose.RECALL],
            reason="A letter was printed instead.",
        )
        for task in Task.objects.open().filter(
            patient=patient, kind=Task.Kind.LETTER, about=message.about, about_id=message.about_id
        ):
            complete_task(task=task, note="The letter is printed.", by=batch.made_by, now=now)


def _printable(site: Site, *, now: datetime) -> MessageQuerySet:
    return Message.objects.filter(
        site=site, channel=LETTER, status=Message.Status.QUEUED, send_after__lte=now, send_before__gt=now
    )


def _is_key(key: str) -> bool:
    kind, _, number = key.partition(" ")
    return kind in ("task", "message") and number.isascii() and number.isdigit() and len(number) < 19

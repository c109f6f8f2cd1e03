"""Telling the patients of a recalled lot: beginning, who was called, how each was told, and the end of it.

Locks in this order: the lot recall, then its patient's row. Whoever acknowledges the last one closes it, so two who
acknowledge at once wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.permissions import PERMISSIONS
from audit.actions import record
from inventory.actions import withdraw_recall
from inventory.models import Lot
from messaging.actions.queue import Reach, cancel_messages
from messaging.models import Message, Purpose
from messaging.rules.channels import LETTER
from patients.models import Patient, Task
from treatments.models import LotRecall, LotRecallPatient
from treatments.querysets.lot_recalls import ABOUT, sessions_with
from treatments.rules.lot_recalls import GIVE_UP_LETTERS_AFTER as LETTER_DAYS
from treatments.rules.lot_recalls import SessionWithLot, surest

Answer = LotRecallPatient.Answer
AT_ONCE = 500
PRESSED_TWICE = timedelta(minutes=1)


class Letters(NamedTuple):
    """How many letters were written, who had one already, and who cannot be written to: no address, or gone."""

    written: int
    there: int
    without: int


@transaction.atomic
def start_lot_recall(*, lot: Lot, owner: User, by: User, now: datetime) -> LotRecall:
    """Put every patient who may have had of a recalled lot on a list, each with a task for `owner`.

    A second press finds what the first one began. Where `owner` does not work at a patient's site, somebody there who
    may call gets the task. Raises ValidationError for a lot that is not marked as recalled.
    """
    lot = Lot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
    if lot.recalled_on is None:
        raise ValidationError("Mark the lot as recalled first: until then its vials can still be picked.")
    if (standing := LotRecall.objects.standing().filter(lot=lot).first()) is not None:
        return standing
    recall = LotRecall.objects.create(lot=lot, started_at=now, started_by=by)
    record(action="lot-recalled", by=by, subject=lot, detail="began to tell the patients")
    _add(recall, owner=owner, by=by, now=now)
    _close_if_done(recall, by=by, now=now)
    return recall


@transaction.atomic
def add_patients(*, recall: LotRecall, by: User, now: datetime) -> int:
    """Put those on the list who are not yet: a session may be signed, or recorded from outside, after it was made.

    A recall that was closed is open again. Returns how many came.
    """
    recall = _lock(recall)
    count = _add(recall, owner=recall.started_by, by=by, now=now)
    _close_if_done(recall, by=by, now=now)
    return count


@transaction.atomic
def log_call(*, row: LotRecallPatient, note: str = "", by: User, now: datetime) -> LotRecallPatient:
    """Nobody answered; the patient stays on the list. The same person within a minute is one call, pressed twice."""
    _, row = _lock_row(row)
    is_pressed_twice = row.called_by_id == by.pk and row.called_at is not None and now - row.called_at < PRESSED_TWICE
    if row.is_told:
        return row
    if not is_pressed_twice:
        row.calls += 1
        row.called_at, row.called_by = now, by
    row.note = " ".join(note.split()) or row.note
    row.save()
    return row


@transaction.atomic
def acknowledge(*, row: LotRecallPatient, answer: str, note: str, by: User, now: datetime) -> LotRecallPatient:
    """Say how a patient was told; the last one closes the recall. The first who says it stays.

    Raises ValidationError by field: a letter that was not printed needs a note of how it was sent, and who could not be
    reached one of what was tried.
    """
    recall, row = _lock_row(row)
    if row.is_told:
        return row
    if answer not in Answer.values:
        raise ValidationError({"answer": "Say how the patient was told."})
    note = " ".join(note.split())
    if answer == Answer.UNREACHED and not note:
        raise ValidationError({"note": "Say what was tried: calls, letters, a relative."})
    printed = Message.objects.filter(about=ABOUT, about_id=row.pk, status=Message.Status.SENT).exists()
    if answer == Answer.LETTER and not note and not printed:
        raise ValidationError({"note": "No letter was printed here. Say how it was sent, or write the letter first."})
    row.answer, row.note, row.acknowledged_at, row.acknowledged_by = answer, note, now, by
    row.full_clean(exclude=["recall", "patient", "called_by", "acknowledged_by"])
    row.save()
    cancel_messages(about=ABOUT, about_id=row.pk, reason="The patient has been told.")
    _finish_tasks([row.pk], note=row.get_answer_display(), by=by, now=now)
    _close_if_done(recall, by=by, now=now)
    return row


@transaction.atomic
def take_back(*, row: LotRecallPatient, by: User, now: datetime) -> LotRecallPatient:
    """Undo an acknowledgement: the patient is to be told again, the task is whose it was, the recall is open."""
    recall, row = _lock_row(row)
    if not row.is_told:
        return row
    if recall.called_off_reason:
        raise ValidationError("This lot recall was called off.")
    _reopen(recall)
    row.answer, row.acknowledged_at, row.acknowledged_by = "", None, None
    row.save()
    before = Task.objects.filter(about=ABOUT, about_id=row.pk).order_by("-pk").first()
    whose = before.assigned_to if before is not None else None
    _open_tasks([row], owners=_owners([row], owner=whose or by), by=by, now=now)
    return row


@transaction.atomic
def write_letters(*, rows: Iterable[LotRecallPatient], by: User, now: datetime) -> Letters:
    """Put a letter to each who was not told and has none waiting or printed among the letters to print."""
    wanted = list(
        LotRecallPatient.objects.open()
        .filter(pk__in=[row.pk for row in rows], recall__closed_at=None)
        .select_for_update(of=("self",))
        .select_related("patient__site")
        .order_by("pk")
    )
    # Read with the rows locked: whoever pressed at the same moment has written theirs by now.
    before: dict[int, list[str]] = {row.pk: [] for row in wanted}
    for about_id, status in Message.objects.filter(about=ABOUT, about_id__in=before).values_list("about_id", "status"):
        before[about_id].append(status)
    lacking = [row for row in wanted if all(status == Message.Status.CANCELLED for status in before[row.pk])]
    reach = Reach.of([row.patient for row in lacking])
    letters = [
        message
        for row in lacking
        if (
            message := reach.message(
                patient=row.patient,
                site=row.patient.site,
                purpose=Purpose.LOT_RECALL,
                about=ABOUT,
                about_id=row.pk,
                once=f"lot recall {row.pk}, letter {len(before[row.pk]) + 1}",
                send_after=now,
                send_before=now + LETTER_DAYS,
                now=now,
                channel=LETTER,
                by=by,
            )
        )
    ]
    Message.objects.bulk_create(letters)
    return Letters(len(letters), len(wanted) - len(lacking), len(lacking) - len(letters))


@transaction.atomic
def call_off(*, recall: LotRecall, reason: str, by: User, now: datetime) -> LotRecall:
    """The lot was not the right one: nobody more is told, and its vials may be picked again."""
    lot = Lot.objects.select_for_update(of=("self",)).get(pk=recall.lot_id)
    recall = _lock(recall)
    if recall.called_off_reason:
        return recall
    if not (reason := " ".join(reason.split())):
        raise ValidationError({"reason": "Say why it is called off."})
    recall.called_off_reason, recall.closed_at, recall.closed_by = reason[:200], now, by
    recall.version += 1
    recall.save()
    if lot.recalled_on is not None:
        withdraw_recall(lot=lot, version=None, by=by)
    rows = list(recall.patients.open().values_list("pk", flat=True))
    Message.objects.filter(about=ABOUT, about_id__in=rows, status=Message.Status.QUEUED).update(
        status=Message.Status.CANCELLED, problem="The lot recall was called off."
    )
    _finish_tasks(rows, note="The lot recall was called off.", by=by, now=now)
    record(action="lot-recalled", by=by, subject=recall, detail="called off")
    return recall


def why_not_told(about_id: int, /, *, since: datetime | None, now: datetime) -> str:
    """Why no letter goes to that patient of a lot recall any more, in words; "" where one does."""
    row = LotRecallPatient.objects.select_related("recall").filter(pk=about_id).first()
    if row is None or row.recall.called_off_reason:
        return "The lot recall was called off."
    return "The patient has been told." if row.is_told else ""


def _lock(recall: LotRecall) -> LotRecall:
    return LotRecall.objects.select_for_update(of=("self",)).select_related("lot", "started_by").get(pk=recall.pk)


def _lock_row(row: LotRecallPatient) -> tuple[LotRecall, LotRecallPatient]:
    recall = _lock(LotRecall(pk=row.recall_id))
    locked = LotRecallPatient.objects.select_for_update(of=("self",)).select_related("patient__site").get(pk=row.pk)
    locked.version += 1
    return recall, locked


def _add(recall: LotRecall, *, owner: User, by: User, now: datetime) -> int:
    """Make the rows that are missing, with their tasks."""
    if recall.called_off_reason:
        raise ValidationError("This lot recall was called off.")
    found: dict[int, list[SessionWithLot]] = {}
    rows = sessions_with(recall.lot).values_list("patient_id", "status", "is_outside")
    for patient_id, status, is_outside in rows:
        found.setdefault(patient_id, []).append(SessionWithLot(status, is_outside))
    there = set(recall.patients.values_list("patient_id", flat=True))
    fresh = [
        LotRecallPatient(recall=recall, patient_id=patient_id, because=surest(sessions))
        for patient_id, sessions in sorted(found.items())
        if patient_id not in there
    ]
    if fresh:
        _reopen(recall)
        LotRecallPatient.objects.bulk_create(fresh, batch_size=AT_ONCE)
        sites = Patient.objects.select_related("site").in_bulk([row.patient_id for row in fresh])
        for row in fresh:
            row.patient = sites[row.patient_id]
        _open_tasks(fresh, owners=_owners(fresh, owner=owner), by=by, now=now)
    return len(fresh)


def _owners(rows: list[LotRecallPatient], *, owner: User) -> dict[int, User]:
    """Whose task it is at each site of these patients: the owner's, or the first there who may call."""
    sites = {row.patient.site_id for row in rows}
    people = User.objects.filter(is_active=True, sites__in=sites).order_by("name", "pk").prefetch_related("sites")
    owners: dict[int, User] = {}
    for person in people.distinct():
        if not set(person.roles) & PERMISSIONS["treatments.work_lot_recall"]:
            continue
        for site in person.sites.all():
            if site.pk in sites and (person.pk == owner.pk or site.pk not in owners):
                owners[site.pk] = person
    return owners


def _open_tasks(rows: list[LotRecallPatient], *, owners: dict[int, User], by: User, now: datetime) -> None:
    Task.objects.bulk_create(
        [
            Task(
                patient=row.patient,
                site=row.patient.site,
                kind=Task.Kind.LOT_RECALL,
                about=ABOUT,
                about_id=row.pk,
                once=f"lot recall {row.pk}",
                due_on=row.patient.site.today(now=now),
                created_by=by,
                assigned_to=owners.get(row.patient.site_id),
            )
            for row in rows
        ],
        batch_size=AT_ONCE,
    )


def _finish_tasks(rows: list[int], *, note: str, by: User, now: datetime) -> None:
    Task.objects.open().filter(about=ABOUT, about_id__in=rows).update(done_at=now, done_by=by, done_note=note)


def _reopen(recall: LotRecall) -> None:
    if recall.closed_at is not None:
        recall.closed_at = recall.closed_by = None
        recall.version += 1
        recall.save()


def _close_if_done(recall: LotRecall, *, by: User, now: datetime) -> None:
    if recall.closed_at is None and not recall.patients.open().exists():
        recall.closed_at, recall.closed_by = now, by
        recall.version += 1
        recall.save()
        record(action="lot-recalled", by=by, subject=recall, detail="every patient is told")

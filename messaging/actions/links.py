"""Patients' links: made, revoked, used up."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from accounts.models import Site, User
from audit.actions import record
from messaging.models import Message, PatientLink
from messaging.rules.links import is_last, is_shut, lock_after
from patients.actions import open_task
from patients.models import Patient, Task

TOKEN_BYTES = 24


def token_hash(token: str) -> str:
    """What is kept of a link's secret: SHA-256, in hex. The secret is random, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(
    *,
    patient: Patient,
    site: Site,
    purpose: str,
    about_id: int,
    expires_at: datetime,
    by: User | None = None,
    message: Message | None = None,
) -> tuple[PatientLink, str]:
    """Make a link and return it with its secret, which is kept nowhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = PatientLink.objects.create(
        patient=patient,
        site=site,
        purpose=purpose,
        about_id=about_id,
        token_hash=token_hash(token),
        message=message,
        created_by=by,
        expires_at=expires_at,
    )
    return link, token


@transaction.atomic
def revoke_links(*, purpose: str, about_id: int) -> int:
    """Close every link to that thing that is still open; returns how many."""
    return PatientLink.objects.filter(purpose=purpose, about_id=about_id, used_at=None, revoked_at=None).update(
        revoked_at=timezone.now()
    )


class Opening(StrEnum):
    """What came of a date of birth given at a link."""

    OPENED = "opened"
    WRONG = "wrong"
    LOCKED = "locked"
    SHUT = "shut"


def link_of(token: str) -> PatientLink | None:
    """The link with that secret, open or shut, or None."""
    return PatientLink.objects.select_related("site", "patient").filter(token_hash=token_hash(token)).first()


@transaction.atomic
def open_link(*, link: PatientLink, birth_date: date, now: datetime) -> Opening:
    """Answer a date of birth: wrong ones are counted, lock the link for a while, and at last shut it and tell the desk.

    The row is locked, so that many tries at once count each.
    """
    current = PatientLink.objects.select_for_update(of=("self",)).select_related("patient", "site").get(pk=link.pk)
    if is_shut(expires_at=current.expires_at, used_at=current.used_at, revoked_at=current.revoked_at, now=now):
        return Opening.SHUT
    if current.locked_until is not None and now < current.locked_until:
        return Opening.LOCKED
    if current.patient.birth_date == birth_date:
        current.failures, current.locked_until = 0, None
        current.opened_at = current.opened_at or now
        current.save(update_fields=["failures", "locked_until", "opened_at"])
        record(action="link-opened", patient_id=current.patient_id, subject=current)
        return Opening.OPENED
    current.failures += 1
    current.locked_until = lock_after(current.failures, now=now)
    if is_last(current.failures):
        current.revoked_at = now
        open_task(
            patient=current.patient,
            site=current.site,
            kind=Task.Kind.LINK_LOCKED,
            words="A link was shut after many wrong dates of birth. Ask the patient; send a new one if it was them.",
            due_on=current.site.today(now=now),
            once=f"link shut {current.pk}",
        )
    current.save(update_fields=["failures", "locked_until", "revoked_at"])
    record(action="link-refused", patient_id=current.patient_id, subject=current)
    if current.revoked_at is not None:
        return Opening.SHUT
    return Opening.LOCKED if current.locked_until else Opening.WRONG


def use_up(*, link: PatientLink, now: datetime) -> None:
    """What the link was for is done: it opens no more. Called in the transaction that does it."""
    PatientLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now)


def lead_to(*, link: PatientLink, purpose: str, about_id: int, expires_at: datetime) -> None:
    """Let the link lead somewhere else from now on: what it was for is done, and this is what came of it."""
    PatientLink.objects.filter(pk=link.pk).update(purpose=purpose, about_id=about_id, expires_at=expires_at)

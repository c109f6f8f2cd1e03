"""What may still happen to a signed session: something is added, or it is voided and written again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.actions import record
from treatments.actions.seals import seal_session
from treatments.actions.sessions import signature_of, void_session
from treatments.models import Addendum, Injection, InjectionSession, SessionCourse, VialUse

MOST_TEXT = 5_000  # characters
# The same words from the same person within this time are one addendum, sent twice.
SENT_TWICE = 120  # seconds

# What a replacement begins with: all that was charted, nothing of the signature.
_NOT_TAKEN_OVER = {
    "id", "version", "status", "findings", "signed_at", "signed_by", "signature", "voided_at", "voided_by",
    "void_reason", "created_at", "saved_at", "replaces", "as_signed",
}  # fmt: skip


@transaction.atomic
def write_addendum(*, session: InjectionSession, text: str, by: User, now: datetime) -> Addendum:
    """Add words to a signed session, under the writer's name and licence; the session itself stays as it is.

    Sent twice, it is written once. Raises ValidationError for no text or too much, a session that is not signed, or a
    writer without a licence.
    """
    text = text.strip().replace("\r\n", "\n")
    if not text:
        raise ValidationError({"text": "Write what is to be added."})
    if len(text) > MOST_TEXT:
        raise ValidationError({"text": f"At most {MOST_TEXT} characters."})
    # Held until the end, so that of two presses the second one sees the first.
    session = InjectionSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if session.status != InjectionSession.Status.SIGNED:
        raise ValidationError("Only a signed session takes an addendum.")
    if problem := by.signing_problem(on=session.site.today(now=now)):
        raise ValidationError(problem)
    last = session.addenda.order_by("-pk").first()
    same = last is not None and last.written_by_id == by.pk and last.text == text
    if last is not None and same and (now - last.written_at).total_seconds() < SENT_TWICE:
        return last
    addendum = Addendum.objects.create(
        session=session, text=text, written_by=by, signature=signature_of(by, drafted_by=None)
    )
    record(action="addendum", by=by, patient_id=session.patient_id, subject=session)
    seal_session(session=session, event="addendum", now=now)
    return addendum


@transaction.atomic
def void_and_replace(
    *, session: InjectionSession, reason: str, by: User, now: datetime, version: int | None = None
) -> InjectionSession:
    """Void a signed session and begin the draft that replaces it, both or neither: its dose never stops counting."""
    return replace_session(session=void_session(session=session, reason=reason, by=by, now=now, version=version), by=by)


@transaction.atomic
def replace_session(*, session: InjectionSession, by: User) -> InjectionSession:
    """Begin the draft that replaces a voided session: what was charted, to be corrected and signed anew.

    It takes over the vials of the voided session: they are the same vials, opened once. Asked again, the draft already
    begun is returned. Raises ValidationError for a session that was not signed here or is not voided.
    """
    session = InjectionSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if session.status != InjectionSession.Status.VOIDED or session.signed_at is None:
        raise ValidationError("Only a voided session that was signed here can be replaced.")
    begun = InjectionSession.objects.filter(replaces=session).first()
    if begun is not None:
        return begun
    values = {
        field.attname: getattr(session, field.attname)
        for field in InjectionSession._meta.concrete_fields
        if field.name not in _NOT_TAKEN_OVER
    }
    draft = InjectionSession.objects.create(**values, replaces=session)
    for rows_of in (SessionCourse.objects, Injection.objects, VialUse.objects):
        rows: list[Any] = list(rows_of.filter(session=session).order_by("pk"))
        for row in rows:
            row.pk, row.session = None, draft
        rows_of.bulk_create(rows)
    return draft

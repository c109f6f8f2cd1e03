"""Whether a patient agreed to be written to or called, channel by channel; kept, never changed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from messaging.actions.queue import Status
from messaging.models import ContactConsent, Message
from messaging.rules.channels import CHANNEL_WORDS
from patients.models import Patient


@transaction.atomic
def record_contact_consent(
    *, patient: Patient, channel: str, agreed: bool, how: str, by: User | None
) -> ContactConsent:
    """Keep what the patient said about a channel. The same said again the same way adds nothing.

    Who does not agree gets nothing that is still unsent on that channel. Raises ValidationError for one that needs
    no agreement or is none.
    """
    if channel not in Patient.Channel.values or channel == Patient.Channel.LETTER:
        raise ValidationError({"channel": "Choose phone, e-mail or text message; a letter needs no agreement."})
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    latest = ContactConsent.objects.filter(patient=patient, channel=channel).first()
    how = " ".join(how.split())
    if latest is not None and (latest.agreed, latest.how) == (agreed, how):
        return latest
    consent = ContactConsent(patient=patient, channel=channel, agreed=agreed, how=how, by=by)
    consent.full_clean()
    consent.save()
    if not agreed:
        words = CHANNEL_WORDS.get(channel, channel)
        Message.objects.filter(patient=patient, channel=channel, status=Status.QUEUED).update(
            status=Status.CANCELLED, problem=f"The patient does not want {words}s."
        )
    return consent

"""The queue of messages: put in, taken out again. What is due is sent by messaging.actions.sending.

Everything here runs in the caller's transaction: a message stands or falls with what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError, transaction
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from accounts.models import Site, User
from messaging.models import ContactConsent, ContactPolicy, Message
from messaging.rules.channels import EMAIL, LETTER, TEXT, WRITTEN, Choice, channel_for, dialled
from messaging.rules.quiet import first_allowed
from messaging.rules.times import day_words, time_words
from patients.models import Patient
from patients.rules.language import message_language

Status = Message.Status

# What may stand between a patient and a message that the patient would want.
GONE = "The patient has died, has left, or this record was merged into another."


def queue_message(
    *,
    patient: Patient,
    site: Site,
    purpose: str,
    about: str,
    about_id: int,
    once: str,
    send_after: datetime,
    send_before: datetime,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    attempt: int = 0,
    channel: str | None = None,
    by: User | None = None,
) -> Message | None:
    """Put a message into the queue; None when it may not be sent, would come too late, or is there already.

    `once` is what makes it one: a second message with it is never made. `values` fill the words of the template; an
    aware datetime `starts_at` among them becomes the day and the time in the patient's language and the site's time,
    and `link_until` is when its link ends (else `send_before`). `channel` asks for one channel and no other. Why
    nobody can be written to, in words, is `reach_of(patient, on=...).why`.
    """
    reach = Reach.of([patient])
    message = reach.message(
        patient=patient, site=site, purpose=purpose, about=about, about_id=about_id, once=once, send_after=send_after,
        send_before=send_before, now=now, values=values, attempt=attempt, channel=channel, by=by,
    )  # fmt: skip
    if message is None:
        return None
    try:
        # Two may queue the same at once; the database keeps one.
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        if Message.objects.filter(once=once).exists():
            return None
        raise
    return message


@transaction.atomic
def cancel_messages(*, about: str, about_id: int, reason: str, purposes: Iterable[str] = ()) -> int:
    """Take what is still unsent about that thing out of the queue, for the reason given; returns how many.

    A message that is being sent this moment is not stopped any more. `purposes` limits it to some.
    """
    unsent = Message.objects.filter(about=about, about_id=about_id, status=Status.QUEUED)
    if wanted := list(purposes):
        unsent = unsent.filter(purpose__in=wanted)
    return unsent.update(status=Status.CANCELLED, problem=reason[:300])


def reach_of(patient: Patient, *, on: date, channel: str | None = None) -> Choice:
    """The channel on which this patient may be written to on that day, or why there is none."""
    return Reach.of([patient]).choice(patient, on=on, channel=channel)


def contact_policy(site: Site) -> ContactPolicy:
    """The site's policy; the usual one where nobody has set any."""
    return ContactPolicy.objects.filter(site=site).first() or ContactPolicy(site=site)


def offered_channels() -> tuple[str, ...]:
    """The written channels of this installation: mail and text messages need a carrier in the settings."""
    carried = {EMAIL: settings.MAIL_CARRIER, TEXT: settings.TEXT_CARRIER}
    return tuple(channel for channel in WRITTEN if carried.get(channel, True))


def addresses_of(patient: Patient) -> dict[str, str]:
    """What each written channel would use as the address; channels without one are left out."""
    region = f"{patient.state} {patient.postal_code}".strip()
    postal = ", ".join(part for part in (patient.address, patient.city, region) if part)
    found = {
        EMAIL: patient.email,
        TEXT: dialled(patient.phone, region=settings.PHONE_REGION),
        LETTER: postal if patient.address and patient.city else "",
    }
    return {channel: address for channel, address in found.items() if address}


def consents_said(patient: str) -> ArraySubquery:
    """What a patient said of each channel, the newest first, to be read with a row that has them at `patient`."""
    said = ContactConsent.objects.filter(patient=OuterRef(patient)).order_by("-id")
    return ArraySubquery(said.values(said=JSONObject(channel="channel", agreed="agreed")))


@dataclass
class Reach:
    """What is known of how some patients may be reached, read in at most two queries however many they are."""

    agreed: dict[int, dict[str, bool]] = field(default_factory=dict)
    # Read when the first is asked for: whether somebody may be written to at all, no policy decides.
    policies: dict[int, ContactPolicy] | None = None

    @classmethod
    def of(cls, patients: Iterable[Patient]) -> Reach:
        reach = cls()
        latest = (
            ContactConsent.objects.filter(patient__in=[patient.pk for patient in patients])
            .order_by("patient", "channel", "-id")
            .distinct("patient", "channel")
        )
        for patient, channel, agreed in latest.values_list("patient", "channel", "agreed"):
            reach.agreed.setdefault(patient, {})[channel] = agreed
        return reach

    @classmethod
    def by_said(cls, patient: Patient, said: Iterable[Mapping[str, Any]]) -> Reach:
        """The same for one patient whose `consents_said` were read already."""
        agreed: dict[str, bool] = {}
        for consent in said:
            agreed.setdefault(consent["channel"], consent["agreed"])
        return cls(agreed={patient.pk: agreed})

    def policy(self, site: Site) -> ContactPolicy:
        if self.policies is None:
            self.policies = {policy.site_id: policy for policy in ContactPolicy.objects.all()}
        return self.policies.get(site.pk) or ContactPolicy(site=site)

    def choice(self, patient: Patient, *, on: date, channel: str | None = None) -> Choice:
        left = patient.left_on is not None and patient.left_on <= on
        if patient.died_on or left or patient.merged_into_id:
            return Choice(None, GONE)
        return channel_for(
            preferred=patient.preferred_channel,
            addresses=addresses_of(patient),
            agreed=self.agreed.get(patient.pk, {}),
            offered=offered_channels(),
            wanted=channel,
        )

    def message(
        self,
        *,
        patient: Patient,
        site: Site,
        purpose: str,
        about: str,
        about_id: int,
        once: str,
        send_after: datetime,
        send_before: datetime,
        now: datetime,
        values: Mapping[str, Any] | None = None,
        attempt: int = 0,
        channel: str | None = None,
        by: User | None = None,
    ) -> Message | None:
        """The row for the queue, not saved; None when it may not be sent or would come too late."""
        chosen = self.choice(patient, on=site.today(now=now), channel=channel).channel
        if chosen is None:
            return None
        language = message_language(patient.language)
        send_after = max(send_after, now)
        if chosen != LETTER:
            policy = self.policy(site)
            send_after = first_allowed(
                send_after, quiet_from=policy.quiet_from, quiet_until=policy.quiet_until, zone=site.zone()
            )
        if send_after >= send_before:
            return None
        return Message(
            patient=patient, site=site, purpose=purpose, channel=chosen, language=language, attempt=attempt, once=once,
            about=about, about_id=about_id, values=_in_words(values or {}, site, language), send_after=send_after,
            send_before=send_before, created_by=by,
        )  # fmt: skip


def _in_words(values: Mapping[str, Any], site: Site, language: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, value in values.items():
        if name == "starts_at":
            local = site.localtime(value)
            words |= {"day": day_words(local.date(), language), "time": time_words(local, language)}
        else:
            words[name] = value.isoformat() if isinstance(value, datetime) else str(value)
    return words

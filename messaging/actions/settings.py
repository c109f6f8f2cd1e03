"""What an administrator sets: the texts, and how a site writes to its patients."""

from __future__ import annotations

from datetime import time

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import lock_version
from messaging.models import ContactPolicy, MessageTemplate
from messaging.rules.wording import template_problems


@transaction.atomic
def change_template(*, template: MessageTemplate, version: int, subject: str, body: str, by: User) -> MessageTemplate:
    """Put new words in the place of a text; messages that wait are written with them.

    Raises StaleVersionError, and ValidationError by field for words that may not be sent.
    """
    current = lock_version(template, version=version)
    current.subject, current.body, current.changed_by = subject.strip(), body.strip(), by
    problems = template_problems(
        purpose=current.purpose,
        channel=current.channel,
        language=current.language,
        subject=current.subject,
        body=current.body,
    )
    if problems:
        raise ValidationError(dict(problems))
    current.full_clean()
    current.save()
    return current


@transaction.atomic
def change_policy(
    *,
    site: Site,
    version: int,
    reminder_days: list[int],
    reminders_on: bool,
    recalls_on: bool,
    questionnaires_on: bool,
    quiet_from: time,
    quiet_until: time,
    max_attempts: int,
    sender_name: str,
    by: User,
) -> ContactPolicy:
    """How a site writes to its patients. The first time there is no row yet, which is version 0."""
    # The site's row stands for the policy that is not there yet, so that two first ones wait for each other.
    Site.objects.select_for_update().get(pk=site.pk)
    existing = ContactPolicy.objects.filter(site=site).first()
    policy = lock_version(existing, version=version) if existing else ContactPolicy(site=site)
    policy.reminder_days = sorted(set(reminder_days), reverse=True)
    policy.reminders_on, policy.recalls_on = reminders_on, recalls_on
    policy.questionnaires_on = questionnaires_on
    policy.quiet_from, policy.quiet_until = quiet_from, quiet_until
    policy.max_attempts, policy.sender_name = max_attempts, sender_name.strip()
    policy.full_clean()
    policy.save()
    return policy

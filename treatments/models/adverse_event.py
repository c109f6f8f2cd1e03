from __future__ import annotations

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from audit.models import Versioned
from treatments.models.course import TreatmentCourse
from treatments.models.follow_up import FollowUp
from treatments.models.reference import Muscle
from treatments.models.session import InjectionSession
from treatments.querysets.adverse_events import AdverseEventQuerySet
from treatments.rules.toxin_spread import TERMS, Triage

FOLLOWS_ITS_SESSION = pgtrigger.Trigger(
    name="adverse_event_follows_its_session",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    declare=[("given_on", "date"), ("found_status", "text")],
    func="""
        SELECT performed_on, status INTO given_on, found_status
          FROM treatments_injectionsession WHERE id = NEW.session_id FOR SHARE;
        IF found_status = 'draft' THEN
            RAISE EXCEPTION 'An adverse event follows a session that was given.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.onset_on < given_on THEN
            RAISE EXCEPTION 'An adverse event cannot begin before its session.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.follow_up_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM treatments_followup WHERE id = NEW.follow_up_id AND session_id = NEW.session_id) THEN
            RAISE EXCEPTION 'The follow-up is of another session.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """,
)


@pghistory.track()
class AdverseEvent(Versioned):
    """Something untoward after a session, whether or not the session caused it, and what became of it.

    Severity is how strong it was, seriousness what it led to (ICH E2A); empty or unknown while nobody has judged them.
    """

    Term = models.TextChoices(  # type: ignore[call-overload]
        "Term", [(key.upper(), (key, words)) for key, words in TERMS.items()]
    )

    class Urgency(models.TextChoices):
        DANGER = Triage.DANGER.value, "emergency"
        SAME_DAY = Triage.SAME_DAY.value, "same day"
        WATCH = Triage.WATCH.value, "watch"
        NONE = Triage.NONE.value, "no red answer"

    class Severity(models.TextChoices):
        MILD = "mild", "Mild"
        MODERATE = "moderate", "Moderate"
        SEVERE = "severe", "Severe"

    class Criterion(models.TextChoices):
        """What makes an event serious: ICH E2A, clinical reference 6.1."""

        DEATH = "death", "Death"
        LIFE_THREATENING = "life_threatening", "Life-threatening at the time"
        HOSPITAL = "hospital", "Hospital stay, new or longer"
        DISABILITY = "disability", "Persistent or significant disability"
        BIRTH_DEFECT = "birth_defect", "Birth defect"
        IMPORTANT = "important", "Other medically important event"

    class Relatedness(models.TextChoices):
        RELATED = "related", "Related to the treatment"
        POSSIBLE = "possible", "Possibly related"
        UNRELATED = "unrelated", "Not related"

    class Outcome(models.TextChoices):
        ONGOING = "ongoing", "Ongoing"
        RECOVERING = "recovering", "Recovering"
        RECOVERED = "recovered", "Recovered"
        SEQUELAE = "sequelae", "Recovered with sequelae"
        FATAL = "fatal", "Fatal"
        UNKNOWN = "unknown", "Unknown"
        ERROR = "error", "Entered in error"

    class Source(models.TextChoices):
        STAFF = "staff", "told to staff"
        TABLET = "tablet", "patient, on the tablet"
        LINK = "link", "patient, by a link"

    session = models.ForeignKey(InjectionSession, on_delete=models.PROTECT, related_name="adverse_events")
    course = models.ForeignKey(
        TreatmentCourse, on_delete=models.PROTECT, null=True, blank=True, related_name="adverse_events"
    )
    follow_up = models.OneToOneField(
        FollowUp, on_delete=models.PROTECT, null=True, blank=True, related_name="adverse_event_record"
    )
    term = models.CharField(max_length=20, choices=Term)
    words = models.CharField("what happened", max_length=500)
    triage = models.CharField(max_length=10, choices=Urgency, default=Urgency.NONE, editable=False)
    answers = models.JSONField(default=dict, blank=True, help_text="The questions about spread, by key: yes or no.")
    onset_on = models.DateField("began on")
    severity = models.CharField(max_length=10, choices=Severity, blank=True)
    serious = models.BooleanField(null=True, blank=True)
    criteria = ArrayField(
        models.CharField(max_length=20, choices=Criterion), default=list, blank=True, verbose_name="why serious"
    )
    muscle = models.ForeignKey(Muscle, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    relatedness = models.CharField(max_length=10, choices=Relatedness, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.ONGOING)
    source = models.CharField(max_length=10, choices=Source, default=Source.STAFF)
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)
    provider = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="adverse_events",
        help_text="Who is told; nobody in particular, and every provider of the site is.",
    )
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    objects = AdverseEventQuerySet.as_manager()

    class Meta:
        ordering = ["-onset_on", "-id"]
        indexes = [
            models.Index(fields=["provider", "reported_at"], name="adverse_event_unseen", condition=Q(seen_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=["staff", "tablet", "link"]), name="adverse_event_source_is_known"
            ),
            models.CheckConstraint(condition=~Q(words=""), name="adverse_event_in_words"),
            models.CheckConstraint(
                # Not judged is NULL, and a condition that is NULL lets everything pass.
                condition=(Q(serious__isnull=False) & Q(serious=True) & Q(criteria__len__gt=0))
                | (Q(criteria__len=0) & (Q(serious=False) | Q(serious=None))),
                name="adverse_event_serious_by_a_criterion",
                violation_error_message="Say what makes it serious, and only then.",
            ),
            models.CheckConstraint(
                condition=Q(seen_by=None, seen_at=None) | Q(seen_by__isnull=False, seen_at__isnull=False),
                name="adverse_event_seen_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(source="staff") | Q(reported_by__isnull=False),
                name="adverse_event_reported_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="fatal") | (Q(serious__isnull=False) & Q(serious=True)),
                name="adverse_event_fatal_is_serious",
                violation_error_message="A fatal event is serious.",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="error") | ~Q(note=""),
                name="adverse_event_error_says_why",
                violation_error_message="Say in the note why it was entered in error.",
            ),
        ]
        triggers = [
            FOLLOWS_ITS_SESSION,
            pgtrigger.Protect(name="adverse_event_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Adverse event {self.pk}"

    @property
    def is_danger(self) -> bool:
        return self.triage == self.Urgency.DANGER

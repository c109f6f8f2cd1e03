"""When and where a clinic sees people: rooms, hours, exceptions, holidays, lengths of visits."""

from __future__ import annotations

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Site, User
from scheduling.rules.visits import LONGEST_MINUTES, SHORTEST_MINUTES
from treatments.models import Condition


class VisitKind(models.TextChoices):
    SESSION = "session", "Injection session"
    FOLLOW_UP = "follow_up", "Follow-up"
    CONSULTATION = "consultation", "Consultation"


@pghistory.track()
class Room(models.Model):
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["site", "name"]
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="room_once")]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Availability(models.Model):
    """When a provider works at a site each week, in the site's own time."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    provider = models.ForeignKey(User, on_delete=models.CASCADE, related_name="availabilities")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="availabilities")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        verbose_name_plural = "availabilities"
        ordering = ["provider", "weekday", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="availability_ends_after_start",
                violation_error_message="It ends before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}-{self.ends_at:%H:%M}"


@pghistory.track()
class HoursException(models.Model):
    """Days on which a provider's week does not hold: away, or there at other times. Days and times are the site's."""

    provider = models.ForeignKey(User, on_delete=models.CASCADE, related_name="hours_exceptions")
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="hours_exceptions", help_text="Empty: all."
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    is_away = models.BooleanField(default=True, help_text="Otherwise these are extra hours.")
    starts_at = models.TimeField(null=True, blank=True, help_text="Empty: the whole day.")
    ends_at = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["provider", "starts_on", "starts_at"]
        indexes = [models.Index(fields=["provider", "ends_on"], name="hours_exception_of_provider")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="hours_exception_ends_after_start",
                violation_error_message="It ends before it starts.",
            ),
            models.CheckConstraint(
                # Both said to be there: of a missing one the comparison would be neither true nor false, and pass.
                condition=Q(starts_at=None, ends_at=None)
                | Q(starts_at__isnull=False, ends_at__isnull=False, ends_at__gt=F("starts_at")),
                name="hours_exception_times",
                violation_error_message="Give both times, the later one last, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(is_away=True) | Q(starts_at__isnull=False, site__isnull=False),
                name="hours_exception_extra_has_times",
                violation_error_message="Extra hours need their site and times.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {'away' if self.is_away else 'extra hours'} from {self.starts_on}"


@pghistory.track()
class Holiday(models.Model):
    """A day on which a site is closed."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="holidays")
    on = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["on", "site"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "on"], name="holiday_once", violation_error_message="This day is a holiday already."
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.on}"


@pghistory.track()
class VisitLength(models.Model):
    """How long a kind of visit takes at a site; for a condition of its own where that differs."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="visit_lengths")
    kind = models.CharField(max_length=12, choices=VisitKind)
    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(SHORTEST_MINUTES), MaxValueValidator(LONGEST_MINUTES)]
    )

    class Meta:
        ordering = ["site", "kind", "condition"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["session", "follow_up", "consultation"]), name="visit_length_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["site", "kind", "condition"],
                nulls_distinct=False,
                name="visit_length_once",
                violation_error_message="There is a length for this already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.minutes} minutes"

from __future__ import annotations

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from audit.models import Versioned

LONGEST_INTERVAL_DAYS = 366
LONGEST_LEAD_DAYS = 120


@pghistory.track()
class Payer(Versioned):
    """Who pays, as a plan: what they ask for in general. What is true of one patient stands on the coverage.

    A change is never retroactive: the window of a signed session keeps the interval that was in force when it was made.
    """

    name = models.CharField(max_length=100)
    min_interval_days = models.PositiveSmallIntegerField(
        "shortest interval in days",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_INTERVAL_DAYS)],
    )
    interval_source = models.CharField("where the interval is written", max_length=300, blank=True)
    lead_days = models.PositiveSmallIntegerField(
        "days an authorisation takes", default=0, validators=[MaxValueValidator(LONGEST_LEAD_DAYS)]
    )
    authorization_required = models.BooleanField("wants a prior authorisation", default=False)
    portal = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    fax = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField("offered for new coverages", default=True)

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="payer_name_once", violation_error_message="A payer of this name is there already."
            ),
            models.CheckConstraint(condition=~Q(name=""), name="payer_has_name"),
            models.CheckConstraint(
                condition=Q(min_interval_days=None)
                | Q(min_interval_days__gte=1, min_interval_days__lte=LONGEST_INTERVAL_DAYS),
                name="payer_interval_in_bounds",
            ),
            models.CheckConstraint(condition=Q(lead_days__lte=LONGEST_LEAD_DAYS), name="payer_lead_in_bounds"),
        ]

    def __str__(self) -> str:
        return self.name

from __future__ import annotations

import zoneinfo
from datetime import date, datetime
from typing import Any, ClassVar

import pghistory
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.permissions import Role
from accounts.querysets import SiteQuerySet, UserQuerySet
from accounts.rules import is_npi
from accounts.time_zones import time_zone_words
from audit.models import Versioned


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError("Not a known time zone, for example America/New_York.")


def validate_npi(value: str) -> None:
    if not is_npi(value):
        raise ValidationError("Not a valid NPI: it has ten digits and its last one is a check digit.")


class SecondFactor(models.TextChoices):
    """Who needs a second factor to sign in. Nobody is for a trial with invented patients, and offered in no form."""

    NOBODY = "nobody", "Nobody"
    ADMINISTRATORS = "administrators", "Administrators"
    EVERYBODY = "everybody", "Everybody"

    def asks(self, user: User) -> bool:
        return self == self.EVERYBODY or (self == self.ADMINISTRATORS and user.has_role(Role.ADMINISTRATOR))


@pghistory.track()
class Site(Versioned):
    """A place where the clinic works, with its own calendar and clock."""

    name = models.CharField(max_length=100, unique=True, error_messages={"unique": "There is a site with this name."})
    time_zone = models.CharField(max_length=60, validators=[validate_time_zone])
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    feed_names = models.BooleanField(
        "patient names in calendar feeds",
        default=False,
        help_text="A feed leaves the clinic: without this its entries say only what kind of visit it is.",
    )

    second_factor = models.CharField(
        max_length=20,
        choices=SecondFactor,
        default=SecondFactor.ADMINISTRATORS,
        help_text="Who signs in with a passkey, or with a code beside the password.",
    )
    idle_minutes = models.PositiveSmallIntegerField(
        "signed out after",
        default=15,
        validators=[MinValueValidator(5), MaxValueValidator(60)],
        help_text="Minutes without a key or a press; they are warned before. 10 to 15 is usual.",
    )

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(second_factor__in=SecondFactor.values), name="site_second_factor_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(idle_minutes__range=(5, 60)),
                name="site_idle_minutes_5_to_60",
                violation_error_message="From 5 to 60 minutes.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def today(self, *, now: datetime | None = None) -> date:
        """The calendar date at this site; `now` is an aware datetime and defaults to the present."""
        return (now or timezone.now()).astimezone(self.zone()).date()

    def localtime(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone())

    def zone_words(self) -> str:
        """The time zone as people say it: "Eastern time (New York)"."""
        return time_zone_words(self.time_zone)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        fields.setdefault("roles", [Role.ADMINISTRATOR])
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractBaseUser, PermissionsMixin, Versioned):
    """A member of staff, who signs in with an e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=20, choices=Role), default=list, blank=True)
    sites: models.ManyToManyField[Site, Any] = models.ManyToManyField(Site, blank=True, related_name="staff")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the administration pages.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_any_case", violation_error_message="This e-mail is already in use."
            ),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=list(Role.values)),
                name="user_roles_are_known",
                violation_error_message="Unknown role.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name

    def has_role(self, role: str) -> bool:
        return role in self.roles

    def is_trainee(self) -> bool:
        """Charts under a provider who signs."""
        return self.has_role(Role.TRAINEE) and not self.has_role(Role.PROVIDER)

    def get_role_names(self) -> list[str]:
        return [role.label for role in Role if role in self.roles]

    def signing_problem(self, *, on: date) -> str | None:
        """Why this person may not sign a session on that date, in words, or None when they may."""
        if not self.is_active or not self.has_role(Role.PROVIDER):
            return "Only a provider signs a session."
        credential = getattr(self, "credential", None)
        if credential is None:
            return "No licence is on file for you. Ask an administrator to enter it under Staff."
        if credential.licence_expires_on < on:
            return f"Your licence expired on {credential.licence_expires_on:%-d %B %Y}. An administrator can renew it."
        return None


@pghistory.track()
class Credential(Versioned):
    """What lets a provider sign: title, licence and its expiry, national provider identifier."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="credential")
    title = models.CharField(max_length=40, help_text="As it stands behind the name, for example MD or PA-C.")
    licence_number = models.CharField(max_length=40)
    licence_expires_on = models.DateField()
    npi = models.CharField(
        "NPI", max_length=10, unique=True, validators=[RegexValidator(r"^\d{10}$", "Ten digits."), validate_npi]
    )

    def __str__(self) -> str:
        return f"{self.user}, {self.title}"


class SavedView(models.Model):
    """A list with its filters, kept by one person under a name; `query` is the address behind the question mark."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    page = models.SlugField(max_length=30, help_text="recalls, outcomes ...")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["page", "name"]
        constraints = [
            models.UniqueConstraint(
                "user",
                "page",
                Lower("name"),
                name="saved_view_once",
                violation_error_message="There is a saved view with this name. Capital letters make no difference.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

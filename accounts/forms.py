from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from accounts.actions import Licence
from accounts.models import Credential, SavedView, SecondFactor, Site, User, validate_npi, validate_time_zone
from accounts.permissions import Role
from accounts.time_zones import time_zone_choices
from audit.forms import VersionedModelForm
from audit.models import StaleVersionError


def row(*fields: str) -> Div:
    return Div(*fields, css_class="form-row")


def helper(*layout: Any) -> FormHelper:
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True
    made.layout = Layout(*layout)
    return made


class TimeZoneField(forms.ChoiceField):
    """A zone from the grouped list; one that an older version of the list had stays choosable."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("", "Choose a time zone"), *time_zone_choices()], **kwargs)

    def valid_value(self, value: Any) -> bool:
        try:
            validate_time_zone(value)
        except ValidationError:
            return False
        return True


class NewPasswordMixin(forms.Form):
    """A password typed twice and held against the rules for passwords."""

    password1 = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters, not only digits, and not one that everybody uses.",
    )
    password2 = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def password_owner(self) -> User:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", "The two passwords differ.")
        elif first:
            try:
                validate_password(first, self.password_owner())
            except ValidationError as error:
                self.add_error("password1", error)
        return cleaned


class SetUpForm(NewPasswordMixin):
    """The first site and its administrator."""

    site_name = forms.CharField(max_length=100, label="Name of the clinic or site")
    time_zone = TimeZoneField(
        label="Time zone", help_text="Days and appointments are counted by this clock. Type a city's first letters."
    )
    name = forms.CharField(max_length=120, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label="Your e-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"}))

    field_order = ["site_name", "time_zone", "name", "email", "password1", "password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper(
            Fieldset("First site", "site_name", "time_zone"),
            Fieldset("First administrator", row("name", "email"), row("password1", "password2")),
        )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def password_owner(self) -> User:
        return User(email=self.cleaned_data.get("email", ""), name=self.cleaned_data.get("name", ""))


class SiteForm(VersionedModelForm):
    time_zone = TimeZoneField(label="Time zone", help_text="Days and appointments are counted by this clock.")

    class Meta:
        model = Site
        fields = ["name", "time_zone", "phone", "address", "second_factor", "idle_minutes", "feed_names"]
        labels: ClassVar[dict[str, str]] = {"feed_names": "Name patients in calendar feeds"}
        help_texts: ClassVar[dict[str, str]] = {
            "feed_names": (
                "Careful: a feed leaves the clinic, for phones and calendar services of others. Who has its address "
                "then reads who comes when. Without this a visit is only “Appointment (30 min)”."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].widget = forms.Textarea(attrs={"rows": 2, "maxlength": 300})
        # Nobody is what a trial has until somebody chooses.
        offered = [choice for choice in SecondFactor.choices if choice[0] != SecondFactor.NOBODY]
        if self.instance.second_factor == SecondFactor.NOBODY:
            offered.insert(0, (SecondFactor.NOBODY.value, "Nobody (a trial)"))
        self.fields["second_factor"] = forms.ChoiceField(
            choices=offered,
            label="Second factor for",
            initial=self.fields["second_factor"].initial,
            help_text="They sign in with a passkey, or with a code from their telephone beside the password.",
        )
        self.helper = helper(
            "version", row("name", "time_zone"), "phone", "address", row("second_factor", "idle_minutes"), "feed_names"
        )


LICENCE_FIELDS = ("title", "licence_number", "licence_expires_on", "npi")


class StaffForm(VersionedModelForm):
    """An account with its roles and sites, and for a provider the licence."""

    roles = forms.MultipleChoiceField(choices=Role.choices, widget=forms.CheckboxSelectMultiple)
    sites = forms.ModelMultipleChoiceField(Site.objects.order_by("name"), widget=forms.CheckboxSelectMultiple)
    title = forms.CharField(max_length=40, required=False, help_text="As it stands behind the name: MD, PA-C.")
    licence_number = forms.CharField(max_length=40, required=False)
    licence_expires_on = forms.DateField(
        required=False,
        label="Licence expires on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[
            MinValueValidator(date(1950, 1, 1), "Look at the year."),
            MaxValueValidator(date(2099, 12, 31), "Look at the year."),
        ],
    )
    npi = forms.CharField(
        max_length=10,
        required=False,
        label="NPI",
        validators=[validate_npi],
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    class Meta:
        model = User
        fields = ["name", "email", "roles", "sites", "is_active"]
        labels = {"email": "E-mail", "is_active": "The account is open"}
        help_texts = {
            "is_active": "Untick it when the person leaves: they are signed out at once, and what they did stays "
            "under their name."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.credential = getattr(self.instance, "credential", None) if self.instance.pk else None
        if self.credential is not None:
            for field in LICENCE_FIELDS:
                self.initial.setdefault(field, getattr(self.credential, field))
        self.helper = helper(*self.layout())

    def layout(self) -> list[Any]:
        return [
            "version",
            row("name", "email"),
            row("roles", "sites"),
            "is_active",
            Fieldset(
                "Licence of a provider",
                row("title", "licence_number"),
                row("licence_expires_on", "npi"),
                css_class="mt-4",
            ),
        ]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        # Asked here, because the column and the constraint would each say so in their own words.
        if User.objects.exclude(pk=self.instance.pk).filter(email__iexact=email).exists():
            raise ValidationError("This e-mail is already in use.")
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed = [field for field in LICENCE_FIELDS if cleaned.get(field)]
        if typed or Role.PROVIDER in cleaned.get("roles", []):
            self._check_licence(cleaned)
        return cleaned

    def _check_licence(self, cleaned: dict[str, Any]) -> None:
        for field in LICENCE_FIELDS:
            if not cleaned.get(field) and field not in self.errors:
                self.add_error(field, "A provider needs this to sign a session.")
        if any(field in self.errors for field in LICENCE_FIELDS):
            return
        if Credential.objects.exclude(user=self.instance.pk).filter(npi=cleaned["npi"]).exists():
            self.add_error("npi", "This NPI is already another provider's.")

    def licence(self) -> Licence | None:
        """The licence as typed, or None when nothing was."""
        if not self.cleaned_data.get("npi"):
            return None
        return Licence(**{field: self.cleaned_data[field] for field in LICENCE_FIELDS})

    def show_conflict(self, error: StaleVersionError) -> None:
        super().show_conflict(error)
        saved = set(error.current.sites.all())  # type: ignore[attr-defined]
        if set(self.cleaned_data.get("sites", saved)) != saved:
            self.add_error("sites", "Saved meanwhile: " + (", ".join(sorted(map(str, saved))) or "none"))
        credential = Credential.objects.filter(user=error.current).first()
        for field in LICENCE_FIELDS if credential else ():
            if self.cleaned_data.get(field, getattr(credential, field)) != getattr(credential, field):
                self.add_error(field, f"Saved meanwhile: {self.words_of(field, getattr(credential, field))}")


class NewStaffForm(StaffForm):
    """A new account; its owner chooses the password by a link."""

    class Meta(StaffForm.Meta):
        fields = ["name", "email", "roles", "sites"]

    def layout(self) -> list[Any]:
        return [
            row("name", "email"),
            row("roles", "sites"),
            Fieldset("Licence of a provider", row("title", "licence_number"), row("licence_expires_on", "npi")),
        ]


NAME_OF_A_PASSKEY = 60  # characters


class AddPasskeyForm(AddWebAuthnForm):
    """A long name is cut, not refused: the device holds the passkey by then."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["maxlength"] = NAME_OF_A_PASSKEY

    def clean_name(self) -> str:
        return str(super().clean_name())[:NAME_OF_A_PASSKEY]


class NamePasskeyForm(EditWebAuthnForm):
    name = forms.CharField(max_length=NAME_OF_A_PASSKEY)


class ViewNameForm(forms.Form):
    name = forms.CharField(
        label="Name of this view",
        max_length=SavedView._meta.get_field("name").max_length,
        error_messages={"required": "Give it a name."},
    )

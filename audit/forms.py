from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from audit.models import Action, StaleVersionError

MOST = 2**63 - 1  # the largest number of a row
SAVED = "Saved meanwhile: "


class VersionedModelForm(forms.ModelForm):
    """A model form that remembers which version of the row it was opened on.

    The view passes `form.cleaned_data["version"]` to the action; on StaleVersionError it calls `show_conflict`, which
    keeps what was typed and says beside each changed field what the row holds now.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.setdefault("version", self.instance.version)

    def show_conflict(self, error: StaleVersionError) -> None:
        current = error.current
        self.add_error(
            None,
            "Someone else saved this while you were editing. What you typed is kept below; where it differs, the "
            "saved value is shown beside the field. Save again to put yours in its place.",
        )
        for name in self.fields:
            if name == "version" or not hasattr(current, name):
                continue
            saved = getattr(current, name)
            if isinstance(saved, models.Manager):
                continue
            if isinstance(saved, models.Model) and isinstance(self.cleaned_data.get(name), str):
                saved = str(saved)  # what is chosen by typing its name
            if self.cleaned_data.get(name, saved) != saved:
                words = getattr(current, f"get_{name}_display", lambda saved=saved: saved)()
                self.add_error(name, f"{SAVED}{self.words_of(name, words)}")
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("version")] = str(current.version)  # type: ignore[attr-defined]
        self.data = data

    def words_of(self, name: str, saved: Any) -> str:
        """A value of the row as people read it: a choice by its words, not by what stands for it in the database."""
        if saved in (None, "", []):
            return "empty"
        if isinstance(saved, bool) and hasattr(self.fields[name], "choices"):
            return "Yes" if saved else "No"
        if isinstance(saved, bool):
            return "ticked" if saved else "not ticked"
        if isinstance(saved, list):
            choices = dict(getattr(self.fields[name], "choices", ()))
            return ", ".join(str(choices.get(value, value)) for value in saved)
        if isinstance(saved, datetime):
            return date_format(timezone.localtime(saved), "j M Y H:i")
        return date_format(saved, "j M Y") if isinstance(saved, date) else str(saved)


def _day(label: str) -> forms.DateField:
    """A day of the calendar; the last one there is has no midnight behind it."""
    bounds = [MinValueValidator(date(1900, 1, 1), "Too early."), MaxValueValidator(date(2999, 12, 31), "Too late.")]
    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")
    return forms.DateField(required=False, label=label, widget=widget, validators=bounds)


class ChangeFilterForm(forms.Form):
    """Which part of the trail to show: by person, by patient (each by its id), by day at the site."""

    person = forms.ModelChoiceField(get_user_model()._default_manager.none(), required=False, empty_label="Everybody")
    patient = forms.IntegerField(
        required=False, min_value=1, max_value=MOST, label="Patient's number", widget=forms.NumberInput
    )
    since = _day("From")
    until = _day("To")
    before = forms.IntegerField(required=False, min_value=1, max_value=MOST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = get_user_model()._default_manager.order_by("name")  # type: ignore[attr-defined]
        for field in self.fields.values():
            is_choice = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        since, until = asked.get("since"), asked.get("until")
        if since and until and until < since:
            self.add_error("until", "This is before the first day.")
        return asked

    def chosen(self) -> dict[str, Any]:
        """What narrows the list, as it stands in the address."""
        asked = {name: self.cleaned_data.get(name) for name in self.fields if name != "before"}
        return {name: getattr(value, "pk", value) for name, value in asked.items() if value}

    def narrow(self, rows: Any) -> Any:
        """The rows that were asked for; what could not be read narrows nothing. Days are those of the site's clock."""
        asked = self.cleaned_data
        if person := asked.get("person"):
            rows = rows.filter(actor_id=person.pk)
        if patient := asked.get("patient"):
            rows = rows.filter(patient_id=patient)
        if action := asked.get("action"):
            rows = rows.filter(action=action)
        since, until = asked.get("since"), asked.get("until")
        return rows.between(_midnight(since), _midnight(until + timedelta(days=1)) if until else None)


class EventFilterForm(ChangeFilterForm):
    """The same, and by what happened."""

    action = forms.ChoiceField(required=False, choices=[("", "Everything"), *Action.choices], label="What")
    field_order = ("person", "action")


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None

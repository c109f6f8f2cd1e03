from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db import models

from audit.models import Action, StaleVersionError


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
                # A choice is shown by its words, not by what stands for it in the database.
                words = getattr(current, f"get_{name}_display", lambda saved=saved: saved)()
                self.add_error(name, f"Saved meanwhile: {words if words not in (None, '') else 'empty'}")
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("version")] = str(current.version)  # type: ignore[attr-defined]
        self.data = data


class EventFilterForm(forms.Form):
    """Which part of the trail to show: by person, by what happened, by patient (each by its id)."""

    person = forms.ModelChoiceField(get_user_model()._default_manager.none(), required=False, empty_label="Everybody")
    action = forms.ChoiceField(required=False, choices=[("", "Everything"), *Action.choices], label="What")
    patient = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = get_user_model()._default_manager.order_by("name")  # type: ignore[attr-defined]

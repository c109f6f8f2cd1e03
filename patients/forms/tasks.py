"""What the list of tasks shows, and what was done about one."""

from __future__ import annotations

from typing import Any

from django import forms

from patients.models import Task


class TaskFilterForm(forms.Form):
    """Which tasks: of one kind, one's own or nobody's, open or done. What an address says wrongly is left out."""

    SHOW = [("open", "Open"), ("done", "Done")]
    WHOSE = [("", "Everybody's"), ("mine", "Mine"), ("free", "Nobody's yet")]

    show = forms.ChoiceField(required=False, choices=SHOW)
    whose = forms.ChoiceField(required=False, choices=WHOSE, label="Whose")
    kind = forms.ChoiceField(required=False, choices=[("", "Every kind"), *Task.Kind.choices], label="Kind")

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class TaskDoneForm(forms.Form):
    note = forms.CharField(
        label="What came of it",
        max_length=200,
        required=False,
        error_messages={"max_length": "At most %(limit_value)d letters; this has %(show_value)d."},
    )

    def clean_note(self) -> str:
        if self.task.kind == Task.Kind.LOT_RECALL:
            raise forms.ValidationError("This one is done on the list of the lot recall, where it says how.")
        return " ".join(self.cleaned_data["note"].split())

    def __init__(self, *args: Any, task: Task, **kwargs: Any) -> None:
        self.task = task
        super().__init__(*args, auto_id=f"id_%s_{task.pk}", **kwargs)
        self.fields["note"].widget.attrs |= {"class": "form-control", "autocomplete": "off", "placeholder": "A note"}

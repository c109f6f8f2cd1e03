"""Beginning a lot recall, and what came of telling one patient."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.db.models import QuerySet

from accounts.models import User
from treatments.models import LotRecallPatient


class LotRecallStartForm(forms.Form):
    owner: forms.ModelChoiceField[User] = forms.ModelChoiceField(
        queryset=None,
        label="Who sees to it that everybody is told",
        empty_label=None,
        help_text="Each patient becomes a task of theirs; at a site where they do not work, of somebody there.",
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        self.helper = _helper("owner")


class AnswerForm(forms.Form):
    """How a patient was told. The buttons of the form are its answers; `call` says that nobody answered."""

    ANSWERS = [*LotRecallPatient.Answer.choices, ("call", "No answer")]

    answer = forms.ChoiceField(choices=ANSWERS, error_messages={"required": "Say how the patient was told."})
    note = forms.CharField(
        required=False,
        max_length=200,
        error_messages={"max_length": "At most %(limit_value)d letters; this has %(show_value)d."},
    )

    def __init__(self, *args: Any, row: LotRecallPatient, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_%s_{row.pk}", initial={"note": row.note}, **kwargs)
        self.fields["note"].widget.attrs |= {"class": "form-control", "autocomplete": "off", "placeholder": "A note"}


class CallOffForm(forms.Form):
    reason = forms.CharField(
        max_length=200, label="Why", help_text="For example: the notice names another lot.",
        error_messages={"required": "Say why it is called off."},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper("reason")


def _helper(*fields: str) -> FormHelper:
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True
    made.layout = Layout(*fields)
    return made

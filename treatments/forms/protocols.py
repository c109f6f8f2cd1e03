"""Saving a session as the clinic's own protocol."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from treatments.models import TreatmentCourse


class SaveProtocolForm(forms.Form):
    """Its name, a note, and, where a session treats several courses, of which one."""

    name = forms.CharField(max_length=100, error_messages={"required": "Give it a name."})
    course = forms.TypedChoiceField(label="Of", error_messages={"required": "Choose what it is for."})
    note = forms.CharField(max_length=300, required=False, help_text="Shown with the protocol, for example for whom.")

    def __init__(self, *args: Any, courses: list[TreatmentCourse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].choices = [(str(course.pk), course.condition.name) for course in courses]
        self.fields["course"].coerce = {str(course.pk): course for course in courses}.get
        if len(courses) == 1:
            del self.fields["course"]
        self.helper = FormHelper()
        self.helper.form_tag = False

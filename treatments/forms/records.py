from django import forms

from treatments.actions.records import MOST_TEXT


class AddendumForm(forms.Form):
    text = forms.CharField(
        label="What is added",
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write what is to be added."},
    )

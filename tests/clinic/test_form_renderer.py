"""Widgets from Jinja2 templates say the same as those from Django's."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting, get_default_renderer

from clinic.form_renderer import FormRenderer
from patients.forms.coverage import PayerInput

HOSTILE = "\"><script>alert(1)</script>&'"
CHOICES = [("", "None"), ("Numbers", [(1, "<one>"), (2, "two")]), (HOSTILE, HOSTILE)]


def squeezed(html: str) -> str:
    """Without the white space between tags, and with quotes escaped in one of the two ways."""
    html = html.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    return re.sub(r"\s+", " ", re.sub(r"\s*(<|>)\s*", r"\1", html))


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        (forms.TextInput(attrs={"class": "a", "title": HOSTILE, "disabled": True, "required": False}), HOSTILE),
        (forms.HiddenInput(), 1234567),
        (forms.NumberInput(attrs={"step": "0.01"}), "2.50"),
        (forms.CheckboxInput(), True),
        (forms.Textarea(), f"\n{HOSTILE}"),
        (forms.Select(choices=CHOICES), 2),
        (forms.SelectMultiple(choices=CHOICES), [1, HOSTILE]),
        (forms.RadioSelect(choices=CHOICES), HOSTILE),
        (forms.CheckboxSelectMultiple(choices=CHOICES), [2]),
        (forms.SplitDateTimeWidget(), None),
        (forms.ClearableFileInput(), None),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, forms.Widget) else "",
)
def test_each_widget_says_the_same(widget: forms.Widget, value: object) -> None:
    ours = widget.render("field", value, attrs={"id": "id_field"}, renderer=get_default_renderer())
    assert squeezed(ours) == squeezed(
        widget.render("field", value, attrs={"id": "id_field"}, renderer=TemplatesSetting())
    )
    assert "<script" not in ours


def test_djangos_widgets_come_from_jinja_and_our_own_from_our_templates(db: None) -> None:
    renderer = get_default_renderer()
    assert isinstance(renderer, FormRenderer)
    assert type(renderer.get_template("django/forms/widgets/text.html")).__module__.endswith("jinja2")
    assert "<datalist" in PayerInput().render("payer", "", renderer=renderer)

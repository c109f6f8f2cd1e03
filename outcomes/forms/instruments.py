from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError

from inventory.models import Confidence
from outcomes.models import Instrument, InstrumentText, InstrumentVersion
from outcomes.rules import plain
from treatments.models import Condition

WAYS = {
    "total": "the total alone",
    "sum": "the sum of its items",
    "mean": "the mean of its items",
    "scaled": "the sum of its items, brought to 0 to 100",
}
CONFIDENCE = [("", "–"), *Confidence.choices]
MOST_ITEMS = 60


class InstrumentForm(forms.Form):
    """An instrument with what it asks: a line for each item and each band, so that it needs no code."""

    name = forms.CharField(max_length=80)
    short_name = forms.CharField(max_length=30, label="Short name")
    unit = forms.CharField(max_length=40, required=False, help_text="For example points, mm, days.")
    better = forms.ChoiceField(choices=Instrument.Direction.choices, label="Direction")
    edition = forms.CharField(max_length=100, required=False, help_text="Which edition, anchor or recall is meant.")
    minimum = forms.DecimalField(max_digits=7, decimal_places=2, label="Lowest score")
    maximum = forms.DecimalField(max_digits=7, decimal_places=2, label="Highest score")
    step = forms.DecimalField(max_digits=5, decimal_places=2, initial=1, label="In steps of")
    scoring = forms.ChoiceField(choices=list(WAYS.items()), label="The score is")
    items = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="A line for each: name; lowest; highest; step. Or name; 0 = none; 1 = mild; 2 = severe.",
    )
    may_miss = forms.IntegerField(
        min_value=0,
        max_value=50,
        initial=0,
        label="Items that may be missing",
        help_text="Only where its source says so.",
    )
    bands = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="A line for each: from this score; what it is called. For example 50; some impact.",
    )
    bands_source = forms.CharField(max_length=300, required=False, label="Source of the bands")
    bands_confidence = forms.ChoiceField(choices=CONFIDENCE, required=False, label="Confidence")
    meaningful_points = forms.DecimalField(
        max_digits=7, decimal_places=2, min_value=0, required=False, label="Meaningful change, points"
    )
    meaningful_percent = forms.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False, label="or percent"
    )
    meaningful_change_words = forms.CharField(max_length=200, required=False, label="In words")
    change_source = forms.CharField(max_length=300, required=False, label="Source of the change")
    change_confidence = forms.ChoiceField(choices=CONFIDENCE, required=False, label="Confidence")
    conditions = forms.ModelMultipleChoiceField(
        Condition.objects.all(), required=False, widget=forms.CheckboxSelectMultiple, label="Asked of"
    )
    licence = forms.CharField(max_length=300, required=False)
    source = forms.CharField(max_length=300)
    confidence = forms.ChoiceField(
        choices=Confidence.choices, initial=Confidence.C, help_text="C until somebody has read the source."
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: InstrumentVersion | None = None, **kwargs: Any) -> None:
        """`version` is the one that a new version follows; unit and direction stay, and so does a way of its own."""
        self.version = version
        if version is not None:
            kwargs["initial"] = _initial(version) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if version is not None:
            for name in ("unit", "better"):
                self.fields[name].disabled = True
            if version.scoring not in WAYS or version.grades:
                for name in ("scoring", "items", "may_miss"):
                    del self.fields[name]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "seen",
            Fieldset(
                "What it is",
                Div("name", "short_name", css_class="form-row"),
                Div("unit", "better", css_class="form-row"),
                "edition",
                "conditions",
            ),
            Fieldset(
                "How it is scored",
                Div("minimum", "maximum", "step", css_class="form-row"),
                *(["scoring", "items", "may_miss"] if "scoring" in self.fields else []),
            ),
            Fieldset("Bands", "bands", Div("bands_source", "bands_confidence", css_class="form-row")),
            Fieldset(
                "Which change matters",
                Div("meaningful_points", "meaningful_percent", css_class="form-row"),
                "meaningful_change_words",
                Div("change_source", "change_confidence", css_class="form-row"),
            ),
            Fieldset("Where it comes from", Div("source", "confidence", css_class="form-row"), "licence"),
        )

    def clean_items(self) -> list[dict[str, Any]]:
        before = {row["label"]: row for row in self.version.items} if self.version else {}
        rows: list[dict[str, Any]] = []
        taken = {row["key"] for row in before.values()}
        lines = _lines(self.cleaned_data["items"])
        if len(lines) > MOST_ITEMS:
            raise ValidationError(f"At most {MOST_ITEMS} items.")
        for number, line in lines:
            row = _item(number, line)
            if any(row["label"] == other["label"] for other in rows):
                raise ValidationError(f"Line {number}: “{row['label']}” stands there twice.")
            if row["label"] in before:
                # The same item goes on under its key, with what the line does not say.
                row = (
                    {"key": before[row["label"]]["key"]}
                    | {name: before[row["label"]][name] for name in ("counts", "group") if name in before[row["label"]]}
                    | row
                )
            else:
                key = f"q{number}"
                while key in taken:
                    key += "x"
                row = {"key": key} | row
            taken.add(row["key"])
            rows.append(row)
        return rows

    def clean_bands(self) -> list[dict[str, str]]:
        rows = []
        for number, line in _lines(self.cleaned_data["bands"]):
            start, _, words = line.partition(";")
            rows.append({"from": plain(_number(number, start)), "words": _short(number, words, 80)})
        return rows

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, what in (("bands", "bands_source"), ("meaningful_points", "change_source"),
                           ("meaningful_percent", "change_source")):  # fmt: skip
            if cleaned.get(name) not in (None, []) and not cleaned.get(what):
                self.add_error(what, "Say where this comes from.")
        for source, confidence in (("bands_source", "bands_confidence"), ("change_source", "change_confidence")):
            if cleaned.get(source) and not cleaned.get(confidence):
                cleaned[confidence] = Confidence.C
        return cleaned

    def show_conflict(self, saved: InstrumentVersion) -> None:
        """Keep what was typed, say beside each field that differs what was saved meanwhile; sent again, it goes on."""
        self.add_error(
            None,
            "Somebody else changed this instrument meanwhile. What you typed is kept below; where it differs, the "
            "saved value is shown beside the field. Save again to put yours in its place.",
        )
        for name, value in _initial(saved).items():
            if name not in self.cleaned_data or name in ("unit", "better", "seen"):
                continue
            field, typed = self.fields[name], self.cleaned_data[name]
            there = getattr(saved, name) if name in ("items", "bands") else field.clean(value)
            if name == "conditions":
                there, typed, value = set(there), set(typed), ", ".join(condition.name for condition in value)
            if there != typed:
                words = dict(getattr(field, "choices", ())).get(value, value) if isinstance(value, str) else value
                self.add_error(name, f"Saved meanwhile: {'empty' if words in (None, '') else words}")
        data = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = saved.as_seen()
        self.data = data

    def definition(self) -> dict[str, Any]:
        """The columns of the version; call it on a valid form."""
        left_out = {"name", "short_name", "unit", "better", "conditions", "seen"}
        return {name: value for name, value in self.cleaned_data.items() if name not in left_out}


class InstrumentTextForm(forms.Form):
    """The text of an instrument that the clinic holds a licence for: a line for each item."""

    language = forms.ChoiceField(choices=InstrumentText._meta.get_field("language").choices)
    licence = forms.CharField(
        max_length=300, label="Licence held", help_text="Who gave it, its number or date, and what it allows."
    )
    instructions = forms.CharField(max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    questions = forms.CharField(widget=forms.Textarea(attrs={"rows": 10}), help_text="A line for each item, in order.")
    answers = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="A line for each choice, in order, where the items have choices.",
    )
    is_held = forms.BooleanField(
        label="The clinic holds this licence and may show the text to its patients.",
        error_messages={"required": "Without a licence the text may not be loaded."},
    )

    def clean_questions(self) -> list[str]:
        return _texts(self.cleaned_data["questions"], longest=300)

    def clean_answers(self) -> list[str]:
        return _texts(self.cleaned_data["answers"], longest=60)


def _initial(version: InstrumentVersion) -> dict[str, Any]:
    instrument = version.instrument
    return {field.name: getattr(version, field.name) for field in version._meta.concrete_fields} | {
        "name": instrument.name,
        "short_name": instrument.short_name,
        "unit": instrument.unit,
        "better": instrument.better,
        "conditions": list(instrument.conditions.all()),
        "items": "\n".join(_item_line(row) for row in version.items),
        "bands": "\n".join(f"{row['from']}; {row['words']}" for row in version.bands),
        "minimum": plain(version.minimum),
        "maximum": plain(version.maximum),
        "step": plain(version.step),
        **{
            name: None if (change := getattr(version, name)) is None else plain(change)
            for name in ("meaningful_points", "meaningful_percent")
        },
        "seen": version.as_seen(),
    }


def _item_line(row: dict[str, Any]) -> str:
    if row.get("choices"):
        return "; ".join([row["label"], *(f"{value} = {words}" for value, words in row["choices"])])
    return "; ".join([row["label"], str(row["minimum"]), str(row["maximum"]), str(row.get("step", 1))])


def _item(number: int, line: str) -> dict[str, Any]:
    label, *parts = [part.strip() for part in line.split(";")]
    if not label or not parts:
        raise ValidationError(f"Line {number}: name; lowest; highest, or name; 0 = words; 1 = words.")
    if "=" in parts[0]:
        choices = [part.partition("=") for part in parts]
        values = [_number(number, value) for value, _, _ in choices]
        return {
            "label": _short(number, label, 80),
            "minimum": plain(min(values)),
            "maximum": plain(max(values)),
            "step": "1",
            "choices": [
                [plain(value), _short(number, words, 60)] for value, (_, _, words) in zip(values, choices, strict=True)
            ],
        }
    if len(parts) not in (2, 3):
        raise ValidationError(f"Line {number}: name; lowest; highest; step.")
    numbers = [_number(number, part) for part in [*parts, "1"][:3]]
    return {"label": _short(number, label, 80)} | dict(
        zip(("minimum", "maximum", "step"), map(plain, numbers), strict=True)
    )


def _short(line: int, text: str, longest: int) -> str:
    if len(text.strip()) > longest:
        raise ValidationError(f"Line {line}: at most {longest} characters for a name or an answer.")
    return text.strip()


def _number(line: int, text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation as problem:
        raise ValidationError(f"Line {line}: “{text.strip()[:20]}” is no number.") from problem
    if not value.is_finite() or abs(value) >= 100000:
        raise ValidationError(f"Line {line}: “{text.strip()[:20]}” is no number.")
    return value


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(re.split(r"\r?\n", text), start=1) if line.strip()]


def _texts(text: str, *, longest: int) -> list[str]:
    lines = [line.strip() for _, line in _lines(text)]
    if any(len(line) > longest for line in lines):
        raise ValidationError(f"At most {longest} characters a line.")
    return lines

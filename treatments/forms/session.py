"""The forms of the charting page: one header, a table of sites, and how many vials of each lot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from audit.forms import VersionedModelForm
from treatments.models import InjectionSession, Muscle, Side

MOST_UNITS = Decimal(20_000)  # of any product; a guard against a slip of the hand, not a dose limit


# What is chosen by one press, in words that fit a button.
PILLS = {
    "guidance": [("none", "Landmarks"), ("emg", "EMG"), ("stimulation", "Stimulation"), ("ultrasound", "Ultrasound")],
    "numbing": [("none", "None"), ("ice", "Ice"), ("topical", "Topical"), ("both", "Ice and topical")],
    "complication": [
        ("none", "None"),
        ("faint", "Faint"),
        ("pain", "Pain"),
        ("haematoma", "Haematoma"),
        ("allergic", "Allergic"),
        ("other", "Other"),
    ],
    "bleeding": [("none", "None"), ("minor", "Minor"), ("prolonged", "Prolonged")],
    "last_response": [
        ("first", "First session"),
        ("good", "Good"),
        ("partial", "Partial"),
        ("none", "None"),
        ("unknown", "Not known"),
    ],
}
# What stands in an empty field beside them.
ASKED = {
    "guidance_reason": "Why guidance was needed",
    "complication_note": "What happened and what was done",
    "aftercare_note": "What was said about aftercare",
    "last_response_note": "In what way, and for how long",
    "touch_up_reason": "Why a touch-up",
}
# What is said at the least; the warning is the boxed one of every product's label.
AFTERCARE = (
    "Told what to expect and when to call. To seek help at once for trouble swallowing, speaking or breathing, or for "
    "weakness that spreads."
)


class SessionHeaderForm(VersionedModelForm):
    """Product, dilution, guidance, comfort, what happened and notes of a draft.

    Product and protocol are chosen from the lists the form is given, so that reading and checking it asks the database
    for nothing: it is posted after every change.
    """

    product = forms.TypedChoiceField(required=False, empty_value=None)
    protocol = forms.CharField(required=False, widget=forms.HiddenInput)
    dilution = forms.CharField(required=False, widget=forms.Select)

    class Meta:
        model = InjectionSession
        fields = [
            "product",
            "protocol",
            "guidance",
            "guidance_reason",
            "numbing",
            "discomfort",
            "started_at",
            "ended_at",
            "complication",
            "complication_note",
            "bleeding",
            "aftercare_given",
            "aftercare_note",
            "medication_guide_given",
            "last_response",
            "last_response_note",
            "notes",
            "is_touch_up",
            "touch_up_reason",
        ]
        widgets = {
            "notes": forms.Textarea(attrs={"rows": 3}),
            "guidance": forms.RadioSelect,
            "numbing": forms.RadioSelect,
            "discomfort": forms.RadioSelect(choices=[(number, number) for number in range(11)]),
            "started_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "ended_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "complication": forms.RadioSelect,
            "bleeding": forms.RadioSelect,
            "aftercare_note": forms.Textarea(attrs={"rows": 2}),
            "last_response": forms.RadioSelect,
        }
        labels = {
            "guidance_reason": "Why guidance was needed",
            "discomfort": "Pain of the injections, 0 to 10",
            "is_touch_up": "This is a touch-up",
            "touch_up_reason": "Why a touch-up",
        }
        help_texts = {
            "is_touch_up": "It counts for dose and stock and moves no window.",
        }
        error_messages = {"discomfort": {"invalid": "A whole number from 0 to 10."}}

    def __init__(self, *args: Any, products: Iterable[Any], protocols: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.products = list(products)
        self.protocols = {str(protocol.pk): protocol for protocol in protocols}
        product = self.fields["product"]
        product.choices = [("", "Choose the product"), *((p.pk, p.brand) for p in self.products)]
        product.coerce = {str(p.pk): p for p in self.products}.get
        self.fields["discomfort"].min_value = 0
        for name, choices in PILLS.items():
            self.fields[name].choices = choices
            self.fields[name].required = False
        for name, words in ASKED.items():
            self.fields[name].widget.attrs |= {"placeholder": words, "aria-label": words, "autocomplete": "off"}
        for name in (*ASKED, "notes", "started_at", "ended_at"):
            self.fields[name].widget.attrs["class"] = "form-control"
        session = self.instance
        if session.dilution_units and session.dilution_ml:
            self.initial["dilution"] = dilution_key(session.dilution_units, session.dilution_ml)
        self.fields["dilution"].widget.choices = self._dilutions()
        for name in ("product", "dilution"):
            self.fields[name].widget.attrs["class"] = "form-select"

    def ask_for_a_response(self) -> None:
        """There was a session before: "first session" is no answer."""
        field = self.fields["last_response"]
        first = InjectionSession.Response.FIRST
        field.choices = [choice for choice in field.choices if choice[0] != first]
        if self.initial.get("last_response") == first:
            self.initial["last_response"] = ""

    def chosen_product(self) -> Any:
        """The product as it stands in the form: what was posted, else what is stored; None when there is none."""
        value = self["product"].value()
        return next((product for product in self.products if str(product.pk) == str(value)), None)

    def _dilutions(self) -> list[tuple[str, str]]:
        product = self.chosen_product()
        choices = [
            (dilution_key(row.vial_units, row.diluent_ml), dilution_words(row.vial_units, row.diluent_ml))
            for row in (product.dilution_picks if product else [])
        ]
        session = self.instance
        kept = self.initial.get("dilution")
        if kept and session.product_id == getattr(product, "pk", None) and kept not in dict(choices):
            choices.append((kept, dilution_words(session.dilution_units, session.dilution_ml)))
        return [("", "Choose the dilution"), *choices]

    def clean_protocol(self) -> Any:
        # The field is hidden: a protocol that is no longer offered is let go, since nobody could correct it.
        return self.protocols.get(self.cleaned_data["protocol"])

    def clean_discomfort(self) -> int | None:
        value = self.cleaned_data["discomfort"]
        if value is not None and not 0 <= value <= 10:
            raise forms.ValidationError("From 0 to 10.")
        return value

    def clean_guidance(self) -> str:
        return self.cleaned_data["guidance"] or InjectionSession.Guidance.NONE

    def clean_numbing(self) -> str:
        return self.cleaned_data["numbing"] or InjectionSession.Numbing.NONE

    def clean_complication(self) -> str:
        return self.cleaned_data["complication"] or InjectionSession.Complication.NONE

    def clean_bleeding(self) -> str:
        return self.cleaned_data["bleeding"] or InjectionSession.Bleeding.NONE

    def clean_dilution(self) -> tuple[int, Decimal] | None:
        value = self.cleaned_data["dilution"]
        if value not in dict(self.fields["dilution"].widget.choices) or not value:
            # Also one that was chosen for another product: it does not carry over.
            return None
        units, _, ml = value.partition(":")
        return int(units), Decimal(ml)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("is_touch_up") and not data.get("touch_up_reason"):
            self.add_error("touch_up_reason", "Say why this is a touch-up.")
        started, ended = data.get("started_at"), data.get("ended_at")
        if started and ended and ended < started:
            self.add_error("ended_at", "It ended before it started.")
        return data

    def _get_validation_exclusions(self) -> set[str]:
        # A draft may be incomplete; signing checks it. The others were checked by their fields above.
        checked = {"touch_up_reason", "product", "protocol", "discomfort", "started_at", "ended_at"}
        return {*super()._get_validation_exclusions(), *checked}


def dilution_key(units: int, ml: Decimal) -> str:
    return f"{units}:{plain(ml)}"


def dilution_words(units: int, ml: Decimal) -> str:
    return f"{units} U in {plain(ml)} mL = {plain(Decimal(units) / ml / 10)} U/0.1 mL"


def plain(number: Decimal | int | None) -> str:
    """5 not 5.00, 2.5 not 2.50, at most three decimals; empty for None."""
    if number is None:
        return ""
    text = f"{Decimal(number):.3f}"
    return text.rstrip("0").rstrip(".")


class UnitsField(forms.DecimalField):
    """Units as people write them: digits and a point. 1e3 would be a slip of the hand that reads as a number."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if re.search(r"[^\d\s.+-]", str(value or "")):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        number: Decimal | None = super().to_python(value)
        return number


class InjectionForm(forms.Form):
    """One site. Muscles go by their key, as the body maps name them."""

    course = forms.ChoiceField(required=False)
    muscle = forms.CharField(widget=forms.Select, error_messages={"required": "Choose the muscle."})
    side = forms.ChoiceField(choices=[("", "Side"), *Side.choices], error_messages={"required": "Choose the side."})
    units = UnitsField(
        required=False,
        max_digits=7,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=MOST_UNITS,
        widget=forms.TextInput,
        error_messages={
            "invalid": "Enter a number.",
            "min_value": "Units must be more than 0.",
            "max_value": f"At most {MOST_UNITS} U.",
            "max_digits": f"At most {MOST_UNITS} U.",
            "max_whole_digits": f"At most {MOST_UNITS} U.",
            "max_decimal_places": "At most two decimals.",
        },
    )
    view = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    x = forms.IntegerField(required=False, min_value=0, max_value=1000, widget=forms.HiddenInput)
    y = forms.IntegerField(required=False, min_value=0, max_value=1000, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        muscles: Mapping[str, Muscle],
        offered: list[tuple[str, str]],
        courses: list[tuple[str, str]],
        views: Iterable[str],
        hints: Mapping[tuple[str, str], str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.muscles, self.views, self.offered, self.hints = muscles, views, offered, hints
        self.fields["course"].choices = courses
        if len(courses) == 1:
            self.fields["course"].widget = forms.HiddenInput()
        self.initial.setdefault("course", courses[0][0] if courses else "")

    def dress(self) -> InjectionForm:
        """The form with its choices, labels and hints, for a page; what is only checked and saved needs none."""
        key = self["muscle"].value() or ""
        known = key in self.muscles and key not in dict(self.offered)
        extra = [(key, self.muscles[key].name)] if known else []
        self.fields["muscle"].widget.choices = [("", "Muscle"), *self.offered, *extra]
        labels = {"course": "For", "muscle": "Muscle", "side": "Side", "units": "Units"}
        number = (self.prefix or "").rpartition("-")[2]
        for name, field in self.fields.items():
            field.widget.attrs["data-field"] = name
            if name in labels:
                field.widget.attrs["data-label"] = labels[name]
                shown = int(number) + 1 if number.isdigit() else ""
                field.widget.attrs["aria-label"] = f"{labels[name]}, site {shown}".strip()
        hint = self.hints.get((key, self["side"].value() or ""), "")
        self.fields["units"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "placeholder": hint or "U"}
        return self

    def is_blank(self) -> bool:
        """Whether nothing that names a site was filled in."""
        return not any(self[name].value() for name in ("muscle", "side", "units", "view"))

    def clean_muscle(self) -> Muscle:
        muscle = self.muscles.get(self.cleaned_data["muscle"])
        if muscle is None:
            raise forms.ValidationError("Choose a muscle of the list.")
        return muscle

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        muscle, side = data.get("muscle"), data.get("side")
        if muscle is not None and side:
            if muscle.is_midline:
                data["side"] = Side.MIDLINE.value
            elif side == Side.MIDLINE:
                self.add_error("side", f"{muscle.name} has a left and a right.")
        placed = [data.get(name) not in (None, "") for name in ("view", "x", "y")]
        if any(placed) and (not all(placed) or data["view"] not in self.views):
            self.add_error("muscle", "Its place on the body map is not readable; remove the site and place it again.")
        return data


class BaseInjectionFormSet(forms.BaseFormSet):
    """The table of sites; it replaces what is stored, so no row carries an id. A blank row is nothing."""

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def _should_delete_form(self, form: forms.Form) -> bool:
        return super()._should_delete_form(form) or form.is_blank()  # type: ignore[attr-defined, no-any-return]

    def rows(self) -> list[InjectionForm]:
        """The forms for the table of a page."""
        return [form.dress() for form in self.forms]

    def new_row(self) -> InjectionForm:
        """One without a number, for a row that a script adds."""
        return self.empty_form.dress()

    def sites(self) -> list[dict[str, Any]]:
        """The kept rows in order."""
        gone = {id(form) for form in self.deleted_forms}
        return [form.cleaned_data for form in self.forms if id(form) not in gone]


class VialPickForm(forms.Form):
    """How many vials of one lot and size to open; the vials themselves are found when the draft is saved."""

    lot = forms.IntegerField(widget=forms.HiddenInput)
    size = forms.IntegerField(widget=forms.HiddenInput)
    count = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=99,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "A whole number.",
            "min_value": "0 or more.",
            "max_value": "At most 99.",
        },
    )

    def clean_count(self) -> int:
        return self.cleaned_data["count"] or 0


InjectionFormSet = forms.formset_factory(
    InjectionForm, formset=BaseInjectionFormSet, extra=0, can_delete=True, max_num=400, absolute_max=400
)
VialFormSet = forms.formset_factory(VialPickForm, extra=0, max_num=200, absolute_max=200)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from accounts.models import Site, User
from interop.mappings import PATIENT_REQUIRED, ColumnMapping
from interop.models import ImportJob
from interop.rules.claims import SLOT_NOTES, SLOTS
from interop.sessions_import import REQUIRED as SESSION_REQUIRED

DATE_FORMATS = {
    "%Y-%m-%d": "1980-02-03",
    "%m/%d/%Y": "02/03/1980 (month first)",
    "%d/%m/%Y": "03/02/1980 (day first)",
    "%d.%m.%Y": "03.02.1980",
    "%Y%m%d": "19800203",
}
MOST_BYTES = 500 * 1024 * 1024


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label="What the file holds", choices=ImportJob.Kind.choices, widget=forms.RadioSelect)
    file = forms.FileField(
        label="CSV file",
        help_text="UTF-8, commas, the first line names the columns.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
    provider = forms.ModelChoiceField(
        User.objects.none(),
        label="Provider for new courses",
        required=False,
        help_text="For outside sessions: who leads a course that has to be started.",
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].queryset = User.objects.providers().filter(sites=site)  # type: ignore[attr-defined]
        self.initial.setdefault("kind", ImportJob.Kind.PATIENTS)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("Larger than 500 MB: split it, or use the command import_patients.")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == ImportJob.Kind.SESSIONS and not cleaned.get("provider"):
            self.add_error("provider", "Choose who leads a course that has to be started.")
        return cleaned


class MappingForm(forms.Form):
    """Which column holds what: one choice for each of our fields."""

    system = forms.SlugField(
        label="System these identifiers come from",
        max_length=60,
        help_text="The same word each time, so that a patient is known again.",
    )
    date_format = forms.ChoiceField(label="Dates look like", choices=list(DATE_FORMATS.items()))

    def __init__(self, *args: Any, job: ImportJob, header: Sequence[str], fields: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.job = job
        mapping = job.mapping
        self.initial = {**self.initial, "system": mapping["system"], "date_format": mapping["date_format"]}
        required = PATIENT_REQUIRED if job.kind == ImportJob.Kind.PATIENTS else SESSION_REQUIRED
        self.column_names = [f"column_{name}" for name in fields]
        for name in fields:
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=name.replace("_", " ").capitalize(),
                choices=[("", "not in the file"), *((column, column) for column in header)],
                required=name in required,
                initial=mapping["columns"].get(name, ""),
                error_messages={"required": "Needed: choose its column."},
            )
        if job.kind == ImportJob.Kind.SESSIONS:
            del self.fields["system"]

    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.column_names]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.job.kind == ImportJob.Kind.SESSIONS and not (
            cleaned.get("column_record_number") or cleaned.get("column_external_id")
        ):
            self.add_error("column_record_number", "Needed: the record number or the external id.")
        return cleaned

    def mapping(self) -> ColumnMapping:
        """The choices as a mapping, before or after they were posted."""
        if not self.is_bound or not self.is_valid():
            return ColumnMapping(**self.job.mapping)
        return ColumnMapping(
            name=self.job.mapping["name"],
            system=self.cleaned_data.get("system", "import"),
            columns={
                name.removeprefix("column_"): self.cleaned_data[name]
                for name in self.column_names
                if self.cleaned_data[name]
            },
            date_format=self.cleaned_data["date_format"],
            without_digits=self.job.mapping["without_digits"],
        )


MOST_DAYS = 366


class PeriodForm(forms.Form):
    """From which day to which the claims are shown."""

    from_ = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    to = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: Mapping[str, str], *, today: date) -> None:
        # In the address it is "from", which no field of a class can be called.
        first = data.get("from", today.replace(day=1).isoformat())
        super().__init__({"from": first, "to": data.get("to", today.isoformat())})

    def add_prefix(self, field_name: str) -> str:
        return field_name.rstrip("_")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("from_"), values.get("to")
        if first and last and last < first:
            self.add_error("to", "It ends before it begins.")
        elif first and last and (last - first).days > MOST_DAYS:
            self.add_error("to", "A year at the most.")
        return values


class ProcedureCodeForm(forms.Form):
    """The clinic's number for each use; beside each what stood there when the page was opened."""

    def __init__(self, *args: Any, codes: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slot, words in SLOTS.items():
            code = codes.get(slot, "")
            self.fields[slot] = forms.RegexField(
                r"^[0-9A-Za-z]{5}$",
                required=False,
                label=words,
                initial=code,
                help_text=SLOT_NOTES.get(slot, ""),
                widget=forms.TextInput(
                    attrs={"autocomplete": "off", "spellcheck": "false", "size": 8, "class": "form-control"}
                ),
                error_messages={"invalid": "Five letters or digits."},
            )
            self.fields[f"was-{slot}"] = forms.CharField(
                required=False, max_length=10, initial=code, widget=forms.HiddenInput
            )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[slot], self[f"was-{slot}"]) for slot in SLOTS]

    def changes(self) -> dict[str, tuple[str, str]]:
        data = self.cleaned_data
        found = {slot: (data[f"was-{slot}"], data[slot].upper()) for slot in SLOTS}
        return {slot: pair for slot, pair in found.items() if pair[0] != pair[1]}

    def show_conflict(self, current: Mapping[str, str]) -> None:
        """Keep what was typed and say what stands there now; sent again, it goes in its place."""
        data = self.data.copy()  # type: ignore[attr-defined]
        for slot, code in current.items():
            self.add_error(slot, f"Saved meanwhile: {code or 'empty'}. Save again to put yours in its place.")
            data[f"was-{slot}"] = code
        self.data = data

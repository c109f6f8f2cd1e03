from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict

from accounts.filters import FilterForm
from accounts.models import Site
from audit.forms import VersionedModelForm
from patients.models import Patient
from scheduling.forms.fields import DateInput
from scheduling.models import AttemptOutcome, RecallHold
from scheduling.recall_filters import (
    ATTEMPT_WORDS,
    AUTHORISATION_WORDS,
    NOT_RECORDED,
    Authorisation,
    Chosen,
    Menus,
)
from scheduling.recall_list import TABS
from scheduling.recall_page import CLOSES, MOVING, SORTS, Edge
from scheduling.rules.recalls import LONGEST_HOLD_DAYS

# What an address of the recall list may hold: ids, dates and known words. Nothing else is given back.
_PARAMS = {
    "tab": "|".join(TABS),
    "sort": "|".join(SORTS),
    "condition": r"[0-9]{1,18}",
    "provider": r"[0-9]{1,18}",
    "site": r"[0-9]{1,18}|all",
    "payer": r"[0-9]{1,18}",
    "authorisation": "|".join(Authorisation),
    "language": r"[\w .()'-]{1,20}",
    "attempts": "|".join(ATTEMPT_WORDS),
    "target_from": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "target_to": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "ready": "1",
    "after": r"[0-9]{1,18}",
    "before": r"[0-9]{1,18}",
    "place": r"[0-9]{1,18}",
}
_PAGING = ("after", "before", "place")
_LATEST_PLACE = 10**17  # of a time, in microseconds since 1970; a calendar ends at twice that


def list_query(text: str, *, paging: bool = True) -> str:
    """What of a query string the recall list may be given back: known words and numbers, nothing else."""
    params = QueryDict(text[:1000])
    return urlencode(
        {
            name: params[name]
            for name, known in _PARAMS.items()
            if name in params and re.fullmatch(known, params[name]) and (paging or name not in _PAGING)
        }
    )


class RecallFilterForm(FilterForm):
    """Which rows of the recall list are shown and in which order; lives in the URL and holds no patient's data."""

    tab = forms.ChoiceField(choices=[(key, tab.words) for key, tab in TABS.items()], widget=forms.HiddenInput)
    sort = forms.ChoiceField(choices=list(SORTS.items()), required=False)
    condition = forms.ChoiceField(required=False)
    provider = forms.ChoiceField(required=False)
    site = forms.ChoiceField(required=False)
    payer = forms.ChoiceField(required=False)
    authorisation = forms.ChoiceField(
        choices=[("", "Any"), *((key.value, words) for key, words in AUTHORISATION_WORDS.items())], required=False
    )
    language = forms.ChoiceField(required=False)
    attempts = forms.ChoiceField(choices=[("", "Any"), *ATTEMPT_WORDS.items()], required=False)
    target_from = forms.DateField(required=False, widget=DateInput())
    target_to = forms.DateField(required=False, widget=DateInput())
    ready = forms.BooleanField(required=False)
    after = forms.IntegerField(required=False, min_value=1, max_value=_LATEST_PLACE, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, min_value=1, max_value=_LATEST_PLACE, widget=forms.HiddenInput)
    place = forms.IntegerField(required=False, min_value=0, max_value=_LATEST_PLACE, widget=forms.HiddenInput)

    # Those behind "More filters".
    more = ("payer", "authorisation", "language", "attempts", "target_from", "target_to", "ready")
    labels_of = {
        "condition": "Condition",
        "provider": "Provider",
        "payer": "Payer",
        "authorisation": "Authorisation",
        "language": "Language",
        "attempts": "Attempts",
        "target_from": "Target from",
        "target_to": "Target until",
        "ready": "Ready to book",
    }

    def __init__(self, params: QueryDict, *, request: HttpRequest, menus: Menus, languages: list[str]) -> None:
        data = {name: params.get(name, "") for name in self.base_fields}
        data["tab"] = data["tab"] or "to-call"
        data["sort"] = data["sort"] or CLOSES
        sites, here = request.sites, request.site  # type: ignore[attr-defined]
        if here is not None:
            data["site"] = data["site"] or str(here.pk)
        super().__init__(data)
        choices = {
            "condition": [("", "All"), *menus.conditions.items()],
            "provider": [("", "All"), *menus.providers.items()],
            "payer": [("", "All"), *menus.payers.items()],
            "language": [("", "Any"), *((word, word) for word in languages), (NOT_RECORDED, "Not recorded")],
            "site": [
                *((str(site.pk), site.name) for site in sites),
                *([("all", "All my sites")] if len(sites) > 1 else []),
            ],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.is_valid()
        # A filter that is not understood is left out; the message beside it says so.
        known = getattr(self, "cleaned_data", {})
        self.active_tab = TABS[known.get("tab") or "to-call"]
        self.chosen_sort: str = known.get("sort") or CLOSES
        self.only_ready: bool = bool(known.get("ready"))
        self.chosen = Chosen(
            condition=_number(known.get("condition")),
            provider=_number(known.get("provider")),
            payer=_number(known.get("payer")),
            authorisation=Authorisation(known["authorisation"]) if known.get("authorisation") else None,
            language=known.get("language") or "",
            attempts=known.get("attempts") or "",
            target_from=known.get("target_from"),
            target_to=known.get("target_to"),
        )
        place: int | None = known.get("place") if self.chosen_sort in MOVING else None
        self.page_after = Edge(known["after"], place) if known.get("after") else None
        self.page_before = Edge(known["before"], place) if known.get("before") and not self.page_after else None
        chosen_site = known.get("site") or (str(here.pk) if here else "")
        self.sites: list[Site] = [site for site in sites if chosen_site in ("all", str(site.pk))]
        self._kept: dict[str, Any] = {
            "sort": self.chosen_sort if self.chosen_sort != CLOSES else None,
            "site": chosen_site if here and chosen_site != str(here.pk) else None,
            **{name: known.get(name) or None for name in self.labels_of if name != "ready"},
            "ready": "1" if self.only_ready else None,
        }

    def query(self, *, edge: tuple[str, Edge | None] | None = None, **changes: Any) -> str:
        """The query string of this list, with changes; `edge` is ("after" or "before", where)."""
        values: dict[str, Any] = {"tab": self.active_tab.key} | self._kept | changes
        if edge is not None and edge[1] is not None:
            values |= {edge[0]: edge[1].pk, "place": edge[1].place}
        if values["tab"] == "to-call":
            values["tab"] = None
        return urlencode(
            {
                name: value.isoformat() if isinstance(value, date) else value
                for name, value in values.items()
                if value is not None
            }
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chosen) or self.only_ready

    @property
    def shows_more(self) -> bool:
        """Whether a filter behind "More filters" is set or wrong."""
        return any(self._kept.get(name) is not None or name in self.errors for name in self.more)

    def narrowing(self) -> Iterator[dict[str, str]]:
        """Each filter that is set, in words, with the query string of the list without it."""
        for name, label in self.labels_of.items():
            value = self._kept.get(name)
            if value is None:
                continue
            if isinstance(value, date):
                words = f"{label} {value.day} {value:%b %Y}"
            elif name == "ready":
                words = label
            else:
                words = f"{label}: {dict(self.fields[name].choices)[value]}"  # type: ignore[attr-defined]
            yield {"words": words, "query": self.query(**{name: None})}

    def without_filters(self) -> str:
        return self.query(**dict.fromkeys(self.labels_of))


def _number(text: str | None) -> int | None:
    return int(text) if text else None


class AttemptForm(forms.Form):
    channel = forms.ChoiceField(label="How", choices=Patient.Channel.choices)
    outcome = forms.ChoiceField(
        label="What came of it",
        choices=AttemptOutcome.offered,
        error_messages={"required": "Choose what came of it."},
    )
    note = forms.CharField(label="Note", max_length=200, required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class HoldForm(forms.Form):
    kind = forms.ChoiceField(
        label="For how long",
        choices=[
            (RecallHold.Kind.SNOOZE, "Snooze: a short while"),
            (RecallHold.Kind.PAUSE, "Pause: longer, until a day"),
            (RecallHold.Kind.STOP, "Stop: until brought back or the next session"),
        ],
        initial=RecallHold.Kind.SNOOZE,
        required=False,
    )
    until = forms.DateField(label="Until", widget=DateInput(), required=False)
    reason = forms.CharField(label="Reason", max_length=200, error_messages={"required": "Say why."})
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("until", today + timedelta(days=14))
        self.fields["until"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(),
            "max": (today + timedelta(days=LONGEST_HOLD_DAYS)).isoformat(),
        }

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or RecallHold.Kind.SNOOZE


class OutcomeForm(VersionedModelForm):
    class Meta:
        model = AttemptOutcome
        fields = ["name", "patient_reached", "attempt_again", "hide_days", "closes_cycle"]
        labels = {
            "name": "What came of it",
            "patient_reached": "The patient was reached",
            "attempt_again": "Somebody has to try again",
            "hide_days": "Days off the list",
            "closes_cycle": "Nobody calls any more for this window",
        }
        help_texts = {
            "patient_reached": "Ends the count of attempts after which a letter is due.",
            "attempt_again": "",
            "hide_days": "0 keeps the row on the list.",
            "closes_cycle": "The next session starts anew.",
        }
        error_messages = {
            "name": {"unique": "An outcome is called that already.", "required": "Say what came of it."},
            "hide_days": {
                "max_value": f"At most {LONGEST_HOLD_DAYS} days.",
                "min_value": "Not fewer than 0.",
                "required": "0 keeps the row on the list.",
            },
        }

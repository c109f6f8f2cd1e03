"""A free time pressed in the calendar before anybody knows whom it is for: kept while the patient is looked up."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from scheduling.forms import providers_of
from scheduling.forms.placing import WantedForm

WANTED_TIME = "scheduling.wanted_time"
KEPT_FOR = timedelta(minutes=10)


def keep_wanted(request: HttpRequest) -> dict[str, Any] | None:
    """Keep the time that the address names for the booking that follows; returns what the page says of it."""
    form = WantedForm(request.GET)
    if not form.is_valid():
        return None
    wanted = form.cleaned_data
    sites = [site for site in request.sites if site.pk == wanted["site"]]  # type: ignore[attr-defined]
    provider = providers_of(sites).filter(pk=wanted["provider"]).first()
    if provider is None:
        return None
    request.session[WANTED_TIME] = {
        "site": wanted["site"],
        "provider": wanted["provider"],
        "day": wanted["day"].isoformat(),
        "time": f"{wanted['time']:%H:%M}",
        "kept_at": timezone.now().isoformat(),
    }
    return {"provider": provider, "day": wanted["day"], "time": wanted["time"]}


def wanted_time(request: HttpRequest) -> dict[str, Any] | None:
    """The kept time, once, where the address does not say itself when and with whom."""
    if request.method != "GET" or request.GET.get("provider") or request.GET.get("back"):
        return None
    kept = request.session.pop(WANTED_TIME, None)
    if kept is None or timezone.now() - datetime.fromisoformat(kept["kept_at"]) > KEPT_FOR:
        return None
    return kept | {"day": date.fromisoformat(kept["day"]), "time": time.fromisoformat(kept["time"])}


def with_wanted(params: QueryDict, wanted: dict[str, Any]) -> QueryDict:
    """The address as if it named that provider, site and day."""
    params = params.copy()
    params["provider"], params["site"] = str(wanted["provider"]), str(wanted["site"])
    params["looking_from"] = wanted["day"].isoformat()
    return params

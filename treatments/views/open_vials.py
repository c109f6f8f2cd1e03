"""Vials that are open: reconstituted for a session that nobody has signed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from treatments.models import VialUse
from treatments.rules.vials import Clock, in_use_clock

PAGE = 50  # rows


@dataclass(frozen=True)
class OpenVial:
    """A vial in use; the times are those of the wall clock at its site. `is_ours`: the patient may be named here."""

    use: VialUse
    clock: Clock
    mixed_at: datetime
    use_by: datetime
    is_mine: bool
    is_ours: bool


@require_http_methods(["GET"])
@permission_required("treatments.view_session", raise_exception=True)
def open_vials(request: HttpRequest) -> HttpResponse:
    """The open vials at one's sites with their time left, the one that runs out first at the top."""
    uses = VialUse.objects.open_at_sites_of(request.user)
    after = request.GET.get("after", "")
    behind = uses.filter(pk=int(after)).first() if after.isdecimal() and len(after) < 19 else None
    found = list(uses.after(behind)[: PAGE + 1])
    sites, now = set(request.user.sites.values_list("pk", flat=True)), timezone.now()
    context: dict[str, Any] = {
        "rows": [_row(use, me=request.user.pk, sites=sites, now=now) for use in found[:PAGE]],
        "today": request.site.today() if request.site else now.date(),
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "is_first": behind is None,
    }
    return render(request, "treatments/open_vials.html", context)


def _row(use: VialUse, *, me: int | None, sites: set[int], now: datetime) -> OpenVial:
    assert use.reconstituted_at is not None  # noqa: S101 - what makes a vial open
    clock = in_use_clock(use.reconstituted_at, hours=use.vial.size.product.in_use_hours, now=now)
    site, session = use.vial.site, use.session
    return OpenVial(
        use=use,
        clock=clock,
        mixed_at=site.localtime(use.reconstituted_at).replace(tzinfo=None),
        use_by=site.localtime(clock.use_by).replace(tzinfo=None),
        is_mine=session.provider_id == me,
        is_ours=session.patient.site_id in sites,
    )

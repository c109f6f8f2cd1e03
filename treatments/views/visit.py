"""What a session says about the visit beside its doses: what was pressed, and what is known without a press."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from treatments.views.charting import Charting
from treatments.views.plans import newest

PLACING = ("place", "last-time", "add-row", "shorthand")


def visit_of(posted: Charting, request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """The visit's part of the header after the button that was pressed.

    Started is the minute in which the first site was charted: only proposed, on the day itself, and what a person put
    there stays; when it ended is proposed by signing. "Same as last time" proposes guidance and numbing where none was
    chosen, and nothing that was found or done that day.
    """
    data = posted.header.cleaned_data
    session = posted.session
    action = request.POST.get("action", "").partition(":")[0]
    names = (
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
    )
    visit = {name: data[name] for name in names}
    last = newest(posted.same_again)
    if action == "last-time" and last is not None:
        visit |= {name: value for name, value in last.visit.items() if data[name] in ("", "none")}
    if visit["aftercare_given"] and not visit["aftercare_note"] and not session.aftercare_given:
        visit["aftercare_note"] = posted.usual_aftercare
    if session.performed_on == posted.today:
        minute = session.site.localtime(now).time().replace(second=0, microsecond=0)
        charted = action in PLACING or bool(posted.sites.sites())
        if charted and visit["started_at"] is None and not session.injections.all():
            visit["started_at"] = minute
    return visit

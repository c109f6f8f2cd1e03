"""The list of unsigned drafts."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from treatments.models import InjectionSession

PAGE = 50  # rows
OLD = timedelta(days=1)


@require_http_methods(["GET"])
@permission_required("treatments.view_session", raise_exception=True)
def draft_list(request: HttpRequest) -> HttpResponse:
    """Drafts that wait for this person, the oldest first: own ones and trainees', for administrators all."""
    after = request.GET.get("after", "")
    drafts = InjectionSession.objects.visible_to(request.user).unsigned_for(request.user)
    count = drafts.count()
    rows = drafts.for_list().with_condition_names().order_by("pk")
    if after.isdecimal() and len(after) < 19:
        rows = rows.filter(pk__gt=int(after))
    found = list(rows[: PAGE + 1])
    return render(
        request,
        "treatments/draft_list.html",
        {
            "drafts": [
                {
                    "session": row,
                    "is_old": timezone.now() - row.created_at > OLD,
                    "is_mine": row.provider_id == request.user.pk,
                    "saved_at": row.site.localtime(row.saved_at).replace(tzinfo=None),
                    "today": row.site.today(),
                }
                for row in found[:PAGE]
            ],
            "count": count,
            "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        },
    )

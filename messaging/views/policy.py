"""How a site writes to its patients. For administrators."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.models import StaleVersionError
from messaging.actions.queue import contact_policy
from messaging.actions.settings import change_policy
from messaging.desk_forms import PolicyForm
from messaging.queue_health import queue_health
from messaging.rules.wording import clinic_name, health_words


@require_http_methods(["GET", "POST"])
@permission_required("messaging.manage_messages", raise_exception=True)
def policy_edit(request: HttpRequest) -> HttpResponse:
    """The contact policy of the site one works at, and how its queue is doing."""
    site = request.site
    if site is None:
        return render(request, "clinic/no_role.html", status=403)
    policy = contact_policy(site)
    called = clinic_name(sender_name=policy.sender_name, site_name=site.name, language="en")
    form = PolicyForm(request.POST if request.method == "POST" else None, instance=policy)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_policy(site=site, version=form.cleaned_data["version"] or 0, by=request.user, **form.values())
            except StaleVersionError as error:
                form.show_conflict(error)
                status = 409
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "Saved. It counts for messages from now on.")
                return redirect("messaging:policy-edit")
    return render(
        request,
        "messaging/policy_edit.html",
        {
            "form": form,
            "site": site,
            "called": called,
            "bad_name": health_words(site.name),
            "health": queue_health(site=site, now=timezone.now()),
            "today": site.today(),
        },
        status=status,
    )

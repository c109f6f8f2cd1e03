"""What was written to patients: the list of a site, one message as it was sent, and what is done about it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from audit.actions import record
from messaging.actions.messages import AGAIN, cancel_message, decide_unknown, send_again
from messaging.desk_forms import MessageFilterForm
from messaging.models import Message
from messaging.queue_health import queue_health

PAGE = 50


@require_GET
@permission_required("messaging.view_messages", raise_exception=True)
def message_list(request: HttpRequest) -> HttpResponse:
    """The messages of the site, the newest first, a page at a time."""
    site = request.site
    if site is None:
        return render(request, "clinic/no_role.html", status=403)
    form = MessageFilterForm(request.GET)
    chosen = form.chosen()
    rows = Message.objects.filter(site=site).for_list()
    for name in ("status", "purpose", "channel"):
        if chosen[name]:
            rows = rows.filter(**{name: chosen[name]})
    if chosen["day"]:
        first = datetime.combine(chosen["day"], time(0), site.zone())
        rows = rows.filter(send_after__gte=first)
        if chosen["day"] < date.max:  # the last day there is has no next one
            rows = rows.filter(send_after__lt=datetime.combine(chosen["day"] + timedelta(days=1), time(0), site.zone()))
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    found = list((rows.behind(after) if after is not None else rows)[: PAGE + 1])
    now = timezone.now()
    return render(
        request,
        "messaging/message_list.html",
        {
            "form": form,
            "chosen": chosen,
            "query": urlencode(MessageFilterForm.in_address(chosen)),
            "messages_shown": found[:PAGE],
            "after": after,
            "next": found[PAGE - 1].pk if len(found) > PAGE else None,
            "today": site.today(),
            "now": now,
            "health": queue_health(site=site, now=now),
        },
    )


@require_GET
@permission_required("messaging.view_messages", raise_exception=True)
def message_detail(request: HttpRequest, message_id: int) -> HttpResponse:
    """Exactly what was sent, without the secret of its link; when, by which carrier, or why not."""
    return _detail(request, _message(request, message_id))


@require_POST
@permission_required("messaging.send_message", raise_exception=True)
def message_cancel(request: HttpRequest, message_id: int) -> HttpResponse:
    """Keep a message that waits from being sent."""
    message = _message(request, message_id)
    try:
        cancel_message(message=message, by=request.user)
    except ValidationError as error:
        return _detail(request, _message(request, message_id), refused=error)
    messages.success(request, "It is not sent.")
    return redirect("messaging:message-detail", message.pk)


@require_POST
@permission_required("messaging.send_message", raise_exception=True)
def message_again(request: HttpRequest, message_id: int) -> HttpResponse:
    """Send what did not arrive again, as a new message."""
    message = _message(request, message_id)
    try:
        new = send_again(message=message, by=request.user, now=timezone.now())
    except ValidationError as error:
        return _detail(request, _message(request, message_id), refused=error)
    messages.success(request, "It waits to be sent again; this is the new message.")
    return redirect("messaging:message-detail", new.pk)


@require_POST
@permission_required("messaging.send_message", raise_exception=True)
def message_decide(request: HttpRequest, message_id: int) -> HttpResponse:
    """Say of a message that was perhaps sent whether it arrived, or have it sent again."""
    message = _message(request, message_id)
    decision = request.POST.get("decision")
    try:
        if decision not in ("arrived", "again"):
            raise ValidationError("Say whether it arrived.")
        if message.status != Message.Status.UNKNOWN:
            raise ValidationError(f"This is known by now: {message.get_status_display()}.")
        counts = decide_unknown(message=message, arrived=decision == "arrived", by=request.user, now=timezone.now())
    except ValidationError as error:
        return _detail(request, _message(request, message_id), refused=error)
    messages.success(request, "Kept as sent." if counts.pk == message.pk else "This is the new message.")
    return redirect("messaging:message-detail", counts.pk)


def _message(request: HttpRequest, message_id: int) -> Message:
    rows = Message.objects.visible_to(request.user).select_related(
        "patient__site", "site", "template", "created_by", "letter_batch__made_by"
    )
    return get_object_or_404(rows, pk=message_id)


def _detail(request: HttpRequest, message: Message, *, refused: ValidationError | None = None) -> HttpResponse:
    again = Message.objects.filter(once=f"message {message.pk} again").values_list("pk", flat=True).first()
    record(action="chart-read", by=request.user, patient_id=message.patient_id, subject=message)
    context: dict[str, Any] = {
        "message": message,
        "patient": message.patient,
        "today": message.site.today(),
        "again": again,
        "may_go_again": message.status in AGAIN and again is None,
        "refused": " ".join(refused.messages) if refused else "",
    }
    return render(request, "messaging/message_detail.html", context, status=422 if refused else 200)

"""What carriers report of messages: open to them alone, each report signed or behind the webhook's secret."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messaging.actions.delivery import report_delivery
from messaging.carriers.text import REFUSALS, STOPPED, is_signed, report_url

# What Twilio calls the end of a message's way; the steps before it say nothing yet.
ARRIVED = ("sent", "delivered", "read")
NOT_ARRIVED = ("undelivered", "failed")


@csrf_exempt
@login_not_required
@require_http_methods(["POST"])
def text_report(request: HttpRequest, message_id: int) -> HttpResponse:
    """Twilio reports what became of a text message."""
    form = {name: request.POST[name] for name in request.POST}
    if not is_signed(report_url(message_id), form, request.headers.get("X-Twilio-Signature", "")):
        return HttpResponseForbidden("Not signed.", content_type="text/plain")
    status = form.get("MessageStatus", "")
    code = int(form["ErrorCode"]) if form.get("ErrorCode", "").isdecimal() else 0
    if status in ARRIVED or status in NOT_ARRIVED:
        report_delivery(
            message_id=message_id,
            carrier_id=form.get("MessageSid", ""),
            arrived=status in ARRIVED,
            bounced=status == "undelivered",
            why=f"{REFUSALS.get(code, 'The carrier could not deliver it.')} ({code})" if code else "",
            unsubscribed=code == STOPPED,
            now=timezone.now(),
        )
    return HttpResponse(status=204)


@csrf_exempt
@login_not_required
@require_http_methods(["POST", "HEAD"])
def mail_report(request: HttpRequest) -> HttpResponse:
    """The mail provider of the settings reports what became of mails; 404 where none may report."""
    webhook = _webhook()
    if webhook is None:
        raise Http404
    if request.method == "HEAD":  # some providers ask whether there is anybody
        return HttpResponse()
    webhook.run_validators(request)  # answers 400 by itself
    for event in webhook.parse_events(request):
        _mail_event(event)
    return HttpResponse()


def _webhook() -> Any:
    """Anymail's reader of this provider's reports, or None without a provider or without the webhook's secret."""
    backend = settings.EMAIL_BACKEND
    if not backend.startswith("anymail.backends.") or not getattr(settings, "ANYMAIL", {}).get("WEBHOOK_SECRET"):
        return None
    try:
        module = import_module(backend.replace(".backends.", ".webhooks.").rpartition(".")[0])
    except ImportError:
        return None
    for name, found in vars(module).items():
        if name.endswith(("TrackingWebhookView", "CombinedWebhookView")) and found.__module__ == module.__name__:
            return found()
    return None


def _mail_event(event: Any) -> None:
    kind = event.event_type
    if kind not in ("delivered", "bounced", "rejected", "failed", "complained", "unsubscribed"):
        return
    reference = str((event.metadata or {}).get("message", ""))
    report_delivery(
        message_id=int(reference) if reference.isdecimal() else None,
        carrier_id=event.message_id or "",
        # Who complains or wants no more has received it.
        arrived=kind in ("delivered", "complained", "unsubscribed"),
        bounced=kind == "bounced",
        why="The mail provider reports that it came back." if kind == "bounced" else "The mail provider refused it.",
        unsubscribed=kind in ("complained", "unsubscribed"),
        now=timezone.now(),
    )

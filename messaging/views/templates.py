"""The texts of messages: the list of them, and one with its preview beside it. For administrators."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import StaleVersionError
from messaging.actions.settings import change_template
from messaging.desk_forms import TemplateForm
from messaging.models import MessageTemplate, Purpose
from messaging.models.template import Language
from messaging.preview import preview_of
from messaging.reference_data import shipped_templates
from messaging.rules.channels import CHANNEL_WORDS, LETTER, WRITTEN
from messaging.rules.wording import PLACEHOLDERS, health_words, known_placeholders


@require_GET
@permission_required("messaging.manage_messages", raise_exception=True)
def template_list(request: HttpRequest) -> HttpResponse:
    """Every text by purpose, with the channels and languages it is there in, and what is missing."""
    texts = list(MessageTemplate.objects.select_related("changed_by"))
    shipped = _shipped()
    groups = []
    order = list(Purpose.values)
    texts.sort(key=lambda text: (order.index(text.purpose), text.attempt))
    for (purpose, attempt), rows in groupby(texts, key=lambda text: (text.purpose, text.attempt)):
        by_channel = {
            channel: {text.language: text for text in found}
            for channel, found in groupby(
                sorted(rows, key=lambda text: WRITTEN.index(text.channel)), key=lambda text: text.channel
            )
        }
        groups.append(
            {
                "purpose": Purpose(purpose).label,
                "key": f"{purpose}-{attempt}",
                "attempt": attempt,
                "channels": [
                    {
                        "words": CHANNEL_WORDS[channel],
                        "texts": [
                            {
                                "text": by_channel.get(channel, {}).get(language),
                                "language": label,
                                "is_shipped": _is_as_shipped(by_channel.get(channel, {}).get(language), shipped),
                            }
                            for language, label in Language.choices
                        ],
                    }
                    for channel in (WRITTEN if purpose != Purpose.LOT_RECALL else (LETTER,))
                ],
            }
        )
    missing = [
        f"{group['purpose']}{' ' + str(group['attempt']) if group['attempt'] else ''}, {channel['words']}: no "
        f"{text['language']} text"
        for group in groups
        for channel in group["channels"]
        for text in channel["texts"]
        if text["text"] is None
    ]
    return render(
        request,
        "messaging/template_list.html",
        {
            "groups": groups,
            "missing": missing,
            "languages": Language.labels,
            "unsendable": [text for text in texts if health_words(f"{text.subject} {text.body}")],
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("messaging.manage_messages", raise_exception=True)
def template_edit(request: HttpRequest, template_id: int) -> HttpResponse:
    """One text. `?as=shipped` fills the form with the words it shipped with; nothing changes before Save."""
    template = get_object_or_404(MessageTemplate.objects.select_related("changed_by"), pk=template_id)
    shipped = _shipped().get(_key(template))
    goes_back = request.method == "GET" and request.GET.get("as") == "shipped" and shipped is not None
    initial = {"subject": shipped[0], "body": shipped[1]} if goes_back and shipped else None
    form = TemplateForm(request.POST if request.method == "POST" else None, instance=template, initial=initial)
    saved, status = None, 200
    if request.method == "POST" and "preview" not in request.POST:
        status = 422
        if form.is_valid():
            try:
                change_template(
                    template=template,
                    version=form.cleaned_data["version"] or 0,
                    subject=form.cleaned_data.get("subject", ""),
                    body=form.cleaned_data["body"],
                    by=request.user,
                )
            except StaleVersionError as error:
                form.show_conflict(error)
                saved, status = error.current, 409
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "Saved. Messages that wait go out with these words.")
                return redirect("messaging:template-list")
    values = form.data if form.is_bound else form.initial
    return render(
        request,
        "messaging/template_edit.html",
        {
            "form": form,
            "template": template,
            "saved": saved,
            "goes_back": goes_back,
            "can_go_back": shipped is not None and shipped != (template.subject, template.body),
            "placeholders": [
                (name, PLACEHOLDERS[name])
                for name in known_placeholders(purpose=template.purpose, channel=template.channel)
            ],
            "preview": _preview(template, values.get("subject", ""), values.get("body", "")),
        },
        status=status,
    )


@require_POST
@permission_required("messaging.manage_messages", raise_exception=True)
def template_preview(request: HttpRequest, template_id: int) -> HttpResponse:
    """The preview alone, of words that are being typed; keeps nothing."""
    template = get_object_or_404(MessageTemplate, pk=template_id)
    return render(
        request,
        "messaging/_preview.html",
        {
            "template": template,
            "preview": _preview(template, request.POST.get("subject", ""), request.POST.get("body", "")),
        },
    )


def _preview(template: MessageTemplate, subject: object, body: object) -> object:
    return preview_of(
        purpose=template.purpose,
        channel=template.channel,
        language=template.language,
        subject=str(subject)[:500],
        body=str(body).replace("\r\n", "\n")[:8000],
    )


def _key(template: MessageTemplate) -> tuple[str, str, str, int]:
    return template.purpose, template.channel, template.language, template.attempt


def _shipped() -> dict[tuple[str, str, str, int], tuple[str, str]]:
    return {
        (row["purpose"], row["channel"], row["language"], row["attempt"]): (row["subject"], row["body"])
        for row in shipped_templates()
    }


def _is_as_shipped(template: MessageTemplate | None, shipped: dict[tuple[str, str, str, int], tuple[str, str]]) -> bool:
    return template is not None and shipped.get(_key(template)) == (template.subject, template.body)

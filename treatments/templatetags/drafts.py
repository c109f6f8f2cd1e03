from typing import Any

from django import template
from django.utils.crypto import salted_hmac

register = template.Library()


@register.simple_tag(takes_context=True)
def draft_key(context: dict[str, Any]) -> str:
    """The key with which this person's browser keeps unsaved changes of this draft; 64 hexadecimal digits."""
    return salted_hmac(
        "cadence.draft", f"{context['request'].user.pk}:{context['session'].pk}", algorithm="sha256"
    ).hexdigest()

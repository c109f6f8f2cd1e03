"""A text as it would reach somebody, for the people who write it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from messaging.rules.channels import TEXT
from messaging.rules.health_words import health_words
from messaging.rules.wording import (
    MAX_SEGMENTS,
    fill_roughly,
    for_text_message,
    known_placeholders,
    placeholders,
    segments,
    template_problems,
)


@dataclass(frozen=True)
class Preview:
    """The filled text in parts: (words, "") as they are, (words, "health") or (words, "unknown") to be marked."""

    subject: list[tuple[str, str]]
    body: list[tuple[str, str]]
    problems: dict[str, list[str]]
    letters: int = 0
    parts: int = 0
    most_parts: int = MAX_SEGMENTS
    health: list[str] = field(default_factory=list)


def preview_of(*, purpose: str, channel: str, language: str, subject: str, body: str) -> Preview:
    """What somebody would read, with what may not stay marked, and for a text message how long it is."""
    known = known_placeholders(purpose=purpose, channel=channel)
    unknown = [f"{{{name}}}" for name in placeholders(f"{subject} {body}") if name not in known]
    health = health_words(re.sub(r"\{[^{}]*\}", " ", f"{subject} {body}"))
    words = fill_roughly(body, language=language)
    if channel == TEXT:
        words = for_text_message(words)
    return Preview(
        subject=_marked(fill_roughly(subject, language=language), health, unknown),
        body=_marked(words, health, unknown),
        problems=template_problems(purpose=purpose, channel=channel, language=language, subject=subject, body=body),
        letters=len(words),
        parts=segments(words) if channel == TEXT else 0,
        health=health,
    )


def _marked(text: str, health: list[str], unknown: list[str]) -> list[tuple[str, str]]:
    if not (unknown or health):
        return [(text, "")] if text else []
    pattern = "|".join([*(re.escape(word) for word in unknown), *(rf"\b{re.escape(word)}\b" for word in health)])
    parts, end = [], 0
    for match in re.finditer(pattern, text):
        if match.start() > end:
            parts.append((text[end : match.start()], ""))
        parts.append((match.group(), "unknown" if match.group().startswith("{") else "health"))
        end = match.end()
    if end < len(text):
        parts.append((text[end:], ""))
    return parts

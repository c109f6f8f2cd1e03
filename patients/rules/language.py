"""The languages that patients read: what is written for them is there in both."""

from __future__ import annotations

# Each as it calls itself.
LANGUAGES = {"en": "English", "es": "Español"}


def asked_language(spoken: str) -> str:
    """English, where a patient's record names no other language; else empty: whoever asks says which it was."""
    word = spoken.strip().casefold()
    return "en" if word in ("", "en", "eng") or word.startswith("english") else ""


def message_language(spoken: str) -> str:
    """The one of LANGUAGES for what a patient's record names in free words; English where it names none."""
    word = spoken.strip().casefold()
    return "es" if word.startswith(("spanish", "español", "espanol", "castellano")) or word in ("es", "spa") else "en"

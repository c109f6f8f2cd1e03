"""Days and times as a patient reads them, in English and in Spanish.

Plain functions on plain values: no database, no clock.
"""

from __future__ import annotations

from datetime import date, datetime, time

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip


def day_words(day: date, language: str) -> str:
    """ "Monday 30 November", "lunes 30 de noviembre"."""
    weekday, month = _DAYS[language][day.weekday()], _MONTHS[language][day.month - 1]
    return f"{weekday} {day.day} de {month}" if language == "es" else f"{weekday} {day.day} {month}"


def time_words(at: time | datetime, language: str) -> str:
    """ "2:30 pm", "2:30 p. m."; noon and midnight are 12:00."""
    half = ("a. m.", "p. m.") if language == "es" else ("am", "pm")
    return f"{at.hour % 12 or 12}:{at.minute:02d} {half[at.hour >= 12]}"

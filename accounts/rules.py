from datetime import date

LICENCE_ENDS_SOON = 60  # days


def is_npi(number: str) -> bool:
    """Whether the text is a valid national provider identifier.

    Ten digits, the last a Luhn check digit over the number with 80840 before it (45 CFR 162.406).
    """
    if len(number) != 10 or not number.isascii() or not number.isdigit():
        return False
    total = 0
    for place, digit in enumerate(reversed("80840" + number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def licence_words(expires_on: date, *, on: date) -> tuple[str, str]:
    """How a licence stands on a date: "ok", "soon" or "expired", and the same in words.

    A licence is good through the day it expires on; "soon" is 60 days or less.
    """
    days = (expires_on - on).days
    if days < 0:
        return "expired", f"expired {_days(-days)} ago"
    words = "ends today" if days == 0 else f"{_days(days)} left"
    return ("soon" if days <= LICENCE_ENDS_SOON else "ok"), words


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"

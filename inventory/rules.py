from datetime import date

EXPIRES_SOON = 60  # days


def shelf_life(expires_on: date, *, recalled_on: date | None, on: date) -> str:
    """How a lot stands on a date: "recalled", "expired", "expiring" within 60 days, or "good".

    A lot may be used through the day it expires on; a recall counts from its day and comes before the rest.
    """
    if recalled_on is not None and recalled_on <= on:
        return "recalled"
    days = (expires_on - on).days
    if days < 0:
        return "expired"
    return "expiring" if days <= EXPIRES_SOON else "good"

"""A draft saved without what is refused of it: one wrong field holds up nothing else that was charted."""

from __future__ import annotations

from treatments.views.charting import Charting

# Without these nothing is saved: units belong to a product, and what is hidden cannot be corrected.
NEEDED = {"__all__", "product", "version", "lot", "size", "vial"}
# Refused for what another field says: both stay as they are stored.
BESIDE = {"touch_up_reason": "is_touch_up", "ended_at": "started_at"}


def rest_of(posted: Charting) -> Charting | None:
    """The posted page without what is refused of it; None when nothing can be saved without it.

    A refused number of units leaves its site without units, which stops signing until they are right; a site without
    its muscle or side is left out; anything else stays as it is stored. What was typed stays in the page and in the
    browser.
    """
    rest = dict((posted.data or {}).items())
    if not all(_left_out(name, rest, posted) for name, _ in posted.errors()):
        return None
    return Charting(posted.session, user=posted.user, today=posted.today, data=rest, known=posted)


def _left_out(name: str, rest: dict[str, str], posted: Charting) -> bool:
    """Take one refused field out of what is saved; False when nothing is saved without it."""
    of, _, field = name.rpartition("-")
    if field in NEEDED:
        return False
    if of.startswith(posted.sites.prefix):
        where, value = (name, "") if field == "units" else (f"{of}-DELETE", "on")
        rest[where] = value
    elif of.startswith(posted.vials.prefix):
        line = next(form.line for form in posted.vials.forms if form.prefix == of)
        rest[name] = str(min(line.count, line.available) if line else 0)
    elif of:
        forms = _stored(posted).mixings.forms
        same = next((form for form in forms if str(form["vial"].value()) == rest.get(f"{of}-vial")), None)
        rest[name] = str(same[field].value() or "") if same else ""
    else:
        header = _stored(posted).header
        for which in filter(None, (field, BESIDE.get(field))):
            value = header[which].value()
            rest[which] = "" if value in (None, False) else "on" if value is True else str(value)
    return True


def _stored(posted: Charting) -> Charting:
    return Charting(posted.session, user=posted.user, today=posted.today, known=posted)

"""A draft saved without what is refused of it: one wrong field holds up nothing else that was charted."""

from __future__ import annotations

from treatments.forms.session import InjectionForm, plain
from treatments.views.charting import Charting

# Without these nothing is saved: units belong to a product, and what is hidden cannot be corrected.
NEEDED = {"__all__", "product", "version", "lot", "size", "vial"}
# Refused for what another field says: both stay as they are stored.
BESIDE = {"touch_up_reason": "is_touch_up", "ended_at": "started_at"}


def rest_of(posted: Charting) -> Charting | None:
    """The posted page without what is refused of it; None when nothing can be saved without it.

    A refused number of units leaves its site without units, which stops signing until they are right; anything else
    stays as it is stored, and a site of which nothing is stored is left out. What was typed stays in the page and in
    the browser.
    """
    rest = dict((posted.data or {}).items())
    stored = Charting(posted.session, user=posted.user, today=posted.today, known=posted)
    sites = _stored_sites(posted, stored)
    if not all(_left_out(name, rest, posted, stored, sites) for name, _ in posted.errors()):
        return None
    return Charting(posted.session, user=posted.user, today=posted.today, data=rest, known=posted)


def _left_out(
    name: str, rest: dict[str, str], posted: Charting, stored: Charting, sites: dict[str, dict[str, str]]
) -> bool:
    """Take one refused field out of what is saved; False when nothing is saved without it."""
    of, _, field = name.rpartition("-")
    if field in NEEDED:
        return False
    if of.startswith(posted.sites.prefix):
        if field == "units":
            rest[name] = ""
        else:
            rest |= {f"{of}-{key}": value for key, value in sites.get(of, {"DELETE": "on"}).items()}
    elif of.startswith(posted.vials.prefix):
        line = next(form.line for form in posted.vials.forms if form.prefix == of)
        rest[name] = str(min(line.count, line.available) if line else 0)
    elif of:
        forms = stored.mixings.forms
        same = next((form for form in forms if str(form["vial"].value()) == rest.get(f"{of}-vial")), None)
        rest[name] = str(same[field].value() or "") if same else ""
    else:
        header = stored.header
        for which in filter(None, (field, BESIDE.get(field))):
            value = header[which].value()
            rest[which] = "" if value in (None, False) else "on" if value is True else str(value)
    return True


def _stored_sites(posted: Charting, stored: Charting) -> dict[str, dict[str, str]]:
    """By prefix each refused site as stored: the first that no other row stands for and that else says the same."""
    free = [{name: _text(value) for name, value in row.items()} for row in stored.site_values()]
    refused = [form for form in posted.sites.forms if form.errors]
    for form in posted.sites.forms:
        if form not in refused and (said := _said(form)) in free:
            free.remove(said)
    found = {}
    for form in refused:
        said = {name: value for name, value in _said(form).items() if name not in form.errors}
        if (row := next((row for row in free if said.items() <= row.items()), None)) is not None:
            free.remove(row)
            found[form.prefix or ""] = row
    return found


def _said(form: InjectionForm) -> dict[str, str]:
    """What the row says, written as a stored one is; a muscle by its key."""
    units = form.cleaned_data.get("units")
    return {name: _text(form[name].value()) for name in form.fields if name != "DELETE"} | {"units": plain(units)}


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()

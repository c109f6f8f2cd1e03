"""The clinic's own protocols: a session saved as one, retired and taken up again. Shipped ones are never touched."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from inventory.models import Confidence
from treatments.models import Condition, InjectionSession, Protocol, ProtocolSite, TreatmentCourse

OWN = "clinic"  # what the keys of own protocols begin with; no shipped one does


@transaction.atomic
def save_protocol(
    *, session: InjectionSession, course: TreatmentCourse, name: str, by: User, note: str = ""
) -> Protocol:
    """Keep the sites a session has of one of its courses as a protocol of the clinic: places, units and product.

    Always a new row of a new key. Raises ValidationError without a name or a site, for an outside session or one that
    was voided, and when a protocol in use for that condition has the name.
    """
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": "Give it a name."})
    if session.is_outside or session.status == InjectionSession.Status.VOIDED:
        raise ValidationError("Only a session charted here, and not voided, can be saved as a protocol.")
    # Two people may save at once: the condition is the gate.
    condition = Condition.objects.select_for_update().get(pk=course.condition_id)
    sites = list(session.injections.filter(course=course).order_by("order"))
    if not sites:
        raise ValidationError(f"This session has no site for {condition.name}.")
    _refuse_taken(condition, name)
    protocol = Protocol(
        key=_free_key(condition, name),
        version=1,
        name=name,
        condition=condition,
        product=session.product,
        source=f"This clinic: {by.name}, from a session of {session.performed_on:%-d %b %Y}",
        confidence=Confidence.C,
        note=note.strip(),
        made_by=by,
        made_from=session,
    )
    protocol.full_clean()
    protocol.save()
    ProtocolSite.objects.bulk_create(
        ProtocolSite(
            protocol=protocol,
            order=order,
            muscle_id=site.muscle_id,
            side=site.side,
            view=site.view,
            x=site.x,
            y=site.y,
            units=site.units,
        )
        for order, site in enumerate(sites, start=1)
    )
    return protocol


@transaction.atomic
def retire_protocol(*, protocol: Protocol, by: User) -> Protocol:
    """Offer an own protocol no longer; sessions that name it keep it. Raises ValidationError for a shipped one."""
    return _own(protocol, current=False)


@transaction.atomic
def restore_protocol(*, protocol: Protocol, by: User) -> Protocol:
    """Offer a retired own protocol again; raises ValidationError for a shipped one, or when its name was taken."""
    return _own(protocol, current=True)


def _own(protocol: Protocol, *, current: bool) -> Protocol:
    condition = Condition.objects.select_for_update().get(pk=protocol.condition_id)
    protocol = Protocol.objects.select_for_update(of=("self",)).get(pk=protocol.pk)
    if protocol.made_by_id is None:
        raise ValidationError(f"{protocol.name} ships with Cadence: only the clinic's own protocols are retired.")
    if protocol.is_current == current:
        return protocol
    if current:
        _refuse_taken(condition, protocol.name)
    protocol.is_current = current
    protocol.save(update_fields=["is_current"])
    return protocol


def _refuse_taken(condition: Condition, name: str) -> None:
    if condition.protocols.filter(name__iexact=name, is_current=True).exists():
        raise ValidationError({"name": f"{condition.short_name} has a protocol of this name already."})


def _free_key(condition: Condition, name: str) -> str:
    stem = f"{OWN}_{condition.key}_{slugify(name).replace('-', '_')}"[:54].rstrip("_")
    taken = set(Protocol.objects.filter(key__startswith=stem).values_list("key", flat=True))
    return next(key for key in (stem, *(f"{stem}_{at}" for at in range(2, len(taken) + 3))) if key not in taken)

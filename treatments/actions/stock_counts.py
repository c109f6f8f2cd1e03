"""Counting what is in stock: begin, count line by line, resolve what differs, close.

Locks in this order: the count, its line, vials by id. Whoever closes waits for who counts or resolves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Site, User
from audit.actions import lock_version
from inventory.actions import bring_back_vials, lose_vials, receive_vials, remove_vials
from inventory.models import Lot, Product, StockMovement, Vial, VialSize
from treatments.models import StockCount, StockCountLine, StockCountResolution
from treatments.querysets.stock_counts import in_stock_lines, lost_before, missing_candidates

How = StockCountResolution.How


@transaction.atomic
def start_count(*, site: Site, product: Product | None, by: User, now: datetime) -> StockCount:
    """Begin counting a site's stock, of one product or all, with a line for every lot, size and buyer in the record.

    A second press, or a second person, finds the count that is open already.
    """
    # Two who begin at once: the site's row lets one go first.
    Site.objects.select_for_update().get(pk=site.pk)
    if (standing := StockCount.objects.still_open().filter(site=site).first()) is not None:
        return standing
    count = StockCount.objects.create(site=site, product=product, started_at=now, started_by=by)
    vials = Vial.objects.filter(site=site)
    lines = in_stock_lines(vials.filter(size__product=product) if product else vials)
    StockCountLine.objects.bulk_create(
        StockCountLine(count=count, lot_id=line["lot_id"], size_id=line["size_id"], source=line["source"])
        for line in lines
    )
    return count


@transaction.atomic
def add_line(*, count: StockCount, lot: Lot, size: VialSize, source: str) -> StockCountLine:
    """Put vials on the count that the record does not know here; a line that is there already is the answer.

    Raises ValidationError for a size of another product, or when the count is closed.
    """
    count = _lock(count)
    if size.product_id != lot.product_id:
        raise ValidationError({"size": f"{lot} is not of {size}."})
    line, _ = StockCountLine.objects.get_or_create(count=count, lot=lot, size=size, source=source)
    return line


@transaction.atomic
def count_line(
    *, line: StockCountLine, counted: int, at: datetime, version: int, by: User, now: datetime
) -> StockCountLine:
    """Say how many unopened vials of a line were there at a moment.

    The same number again changes nothing. Raises StaleVersionError when somebody counted the line since the page was
    opened and found another number, ValidationError for a moment before the count began, after now, or before what was
    resolved of the line, and when the count is closed.
    """
    count = _lock(line.count)
    current = StockCountLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    if current.counted == counted and current.version != version:
        return current
    if not count.started_at <= at <= now:
        raise ValidationError({"counted": "Counted after the count began, and not in the future."})
    resolved = current.resolutions.order_by("-at").first()
    if resolved is not None and resolved.at >= at:
        raise ValidationError({"counted": "Vials of this line were resolved after that moment. Count them again now."})
    current = lock_version(current, version=version)
    current.counted, current.counted_at, current.counted_by = counted, at, by
    current.save()
    return current


@transaction.atomic
def resolve_difference(
    *,
    line: StockCountLine,
    how: str,
    vials: int,
    note: str,
    by: User,
    now: datetime,
    chosen: Iterable[Vial] = (),
) -> StockCountResolution:
    """Resolve so many vials of what a line differs by, and bring the stock in line with it.

    Those that are missing, broken and the like leave the stock; `chosen` says which where it matters whose they were.
    Those found come back: first what was said to be missing before, never a used vial; the rest is received anew, by
    the rules of receiving. "explained" leaves the stock as it is. Raises ValidationError by field when the line does
    not differ by so many, no reason is given, or the vials are not there to be taken.
    """
    count = _lock(line.count)
    StockCountLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    line = (
        StockCountLine.objects.with_record()
        .select_related("lot__product", "size__product", "count__site")
        .get(pk=line.pk)
    )
    remaining = line.remaining
    if how not in How.values or (how != How.EXPLAINED and (how == How.FOUND) != (remaining > 0)):
        raise ValidationError({"how": "Say what came of it."})
    if not 1 <= vials <= abs(remaining):
        raise ValidationError({"vials": f"From 1 to {abs(remaining)}." if remaining else "Nothing differs any more."})
    note = note.strip()
    if not note and how in (How.MISSING, How.OTHER, How.EXPLAINED):
        raise ValidationError({"note": "Say why."})
    words = f"stock count {count.pk}: {note}" if note else f"stock count {count.pk}"
    if how == How.FOUND:
        _bring_back(line, vials, note=words, by=by, now=now)
    elif how != How.EXPLAINED:
        taken = _taken(line, vials, chosen)
        if how == How.MISSING:
            lose_vials(vials=taken, note=words, by=by)
        else:
            remove_vials(vials=taken, reason=StockMovement.Reason(how), note=words, by=by)
    change = vials if remaining > 0 else -vials
    return StockCountResolution.objects.create(line=line, how=how, change=change, note=note, at=now, by=by)


@transaction.atomic
def close_count(*, count: StockCount, by: User, now: datetime) -> StockCount:
    """End the count and keep what was found; closed already, nothing happens.

    Raises ValidationError while a line is not counted or a difference not resolved.
    """
    count = StockCount.objects.select_for_update(of=("self",)).get(pk=count.pk)
    if count.closed_at is not None:
        return count
    lines = list(count.lines.with_record())
    waiting = sum(not line.is_counted for line in lines)
    differing = sum(line.remaining != 0 for line in lines)
    if waiting or differing:
        parts = [f"{_many(waiting, 'line')} not counted"] if waiting else []
        parts += [f"{_many(differing, 'difference')} not resolved"] if differing else []
        raise ValidationError(f"Not yet: {' and '.join(parts)}.")
    for line in lines:
        line.in_record, line.opened = line.recorded_now, line.opened_now
    StockCountLine.objects.bulk_update(lines, ["in_record", "opened"])
    count.closed_at, count.closed_by = now, by
    count.save()
    return count


@transaction.atomic
def call_off_count(*, count: StockCount, reason: str, by: User, now: datetime) -> StockCount:
    """End a count that will not be finished. What was resolved by it stays as it is.

    Raises ValidationError without a reason, or when it is closed already.
    """
    count = _lock(count)
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    count.closed_at, count.closed_by, count.called_off_reason = now, by, reason.strip()
    count.save()
    return count


def _lock(count: StockCount) -> StockCount:
    locked = StockCount.objects.select_for_update(of=("self",)).get(pk=count.pk)
    if locked.closed_at is not None:
        raise ValidationError("This count is closed.")
    return locked


def _taken(line: StockCountLine, vials: int, chosen: Iterable[Vial]) -> list[Vial]:
    """The vials that leave: those chosen, or the first that no draft waits for; one vial of a lot is like another."""
    candidates = missing_candidates(line)
    wanted = {vial.pk for vial in chosen}
    if line.source == Vial.Source.PHARMACY:
        taken = list(candidates.filter(pk__in=wanted))
        if len(taken) != vials:
            raise ValidationError({"chosen": f"Choose which: {_many(vials, 'vial')}."})
        return taken
    taken = list(candidates[:vials])
    if len(taken) < vials:
        raise ValidationError(
            {"vials": "Drafts that are not signed picked the others: sign those, or pick others there."}
        )
    return taken


def _bring_back(line: StockCountLine, vials: int, *, note: str, by: User, now: datetime) -> None:
    lost = list(lost_before(line)[:vials])
    if lost:
        bring_back_vials(vials=lost, note=note, by=by)
    if len(lost) < vials:
        try:
            receive_vials(
                product=line.size.product,
                number=line.lot.number,
                expires_on=line.lot.expires_on,
                size=line.size,
                vials=vials - len(lost),
                site=line.count.site,
                on=line.count.site.today(now=now),
                by=by,
                source=line.source,
            )
        except ValidationError as problem:
            words = " ".join(problem.messages)
            raise ValidationError(
                {"how": f"They cannot come into stock. {words} Put them aside and say so."}
            ) from problem


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"

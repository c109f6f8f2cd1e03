"""What the demo clinic buys, and which vials a session opens: first expiry first, as the picker offers them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from accounts.models import Site, User
from clinic.demo.doses import BOTOX, DAXXIFY, DYSPORT, MYOBLOC, XEOMIN
from inventory.actions import enter_cost, receive_lot, set_reorder_levels
from inventory.models import Product, Vial, VialSize
from treatments.actions.stock_counts import close_count, count_line, resolve_difference, start_count
from treatments.rules.vials import Stock, suggest

QUARTER = timedelta(days=91)
# Vials of each size on the shelf beside what the next quarter's sessions need.
SPARE = {
    (BOTOX, 100): 6,
    (BOTOX, 200): 14,
    (DYSPORT, 300): 2,
    (DYSPORT, 500): 4,
    (XEOMIN, 50): 2,
    (XEOMIN, 100): 3,
    (XEOMIN, 200): 2,
    (DAXXIFY, 100): 2,
    (DAXXIFY, 50): 1,
    (MYOBLOC, 2500): 1,
    (MYOBLOC, 5000): 1,
}
# At how many vials left the first site orders.
LEVELS = {(BOTOX, 200): 10, (XEOMIN, 50): 3}
# No price of anybody; Xeomin, Myobloc and Daxxify have none, as in a clinic that has not entered all.
COSTS = {
    (BOTOX, 100): Decimal(500),
    (BOTOX, 200): Decimal(1000),
    (DYSPORT, 300): Decimal(300),
    (DYSPORT, 500): Decimal(500),
}
LOT_STARTS = {BOTOX: "C", DYSPORT: "L", XEOMIN: "X", MYOBLOC: "M", DAXXIFY: "D"}

Need = Counter[int]


def vials_for(total: Decimal, sizes: Mapping[int, VialSize]) -> Need:
    """How many vials of each size a session of `total` units opens, when all are on the shelf."""
    return Counter(
        {int(key): count for key, count in suggest(total, [Stock(str(size), size, 40) for size in sizes]).items()}
    )


def keep_stock(site: Site, *, by: User) -> None:
    """What the administrator says of the stock: when the site orders, and what some vials cost."""
    sizes = {(size.product.key, size.units): size for size in VialSize.objects.select_related("product")}
    set_reorder_levels(site=site, levels={sizes[key]: vials for key, vials in LEVELS.items()})
    for key, amount in COSTS.items():
        enter_cost(size=sizes[key], holds_from=date(2020, 1, 1), amount=Decimal(amount), by=by)


def count_stock(site: Site, *, by: User, now: datetime) -> None:
    """Count the site's stock as the record has it, but for one vial that is missing; closed an hour ago."""
    begun = now - timedelta(hours=2)
    count = start_count(site=site, product=None, by=by, now=begun)
    at = now - timedelta(minutes=90)
    for line in count.lines.all():
        count_line(line=line, counted=0, at=at, version=line.version, by=by, now=now)
    lines = [line for line in count.lines.with_record() if line.expected]
    for line in lines:
        is_short = line == max(lines, key=lambda line: (line.source == Vial.Source.CLINIC, line.expected, line.pk))
        there = line.expected - is_short
        count_line(line=line, counted=there, at=at, version=line.version, by=by, now=now)
    done = now - timedelta(minutes=60)
    for line in count.lines.with_record():
        if line.remaining:
            note = "Searched the fridge and the treatment rooms"
            resolve_difference(line=line, how="missing", vials=abs(line.remaining), note=note, by=by, now=done)
    close_count(count=count, by=by, now=done)


class Shelf:
    """The vials of the clinic as its history goes by; the days asked for never go back."""

    def __init__(self, rng: Random, *, sites: Mapping[str, Site], by: User) -> None:
        self.rng, self.sites, self.by = rng, sites, by
        self.products = {product.key: product for product in Product.objects.all()}
        self.sizes: dict[str, dict[int, VialSize]] = defaultdict(dict)
        for size in VialSize.objects.select_related("product").order_by("units"):
            self.sizes[size.product.key][size.units] = size
        self.vials: dict[tuple[str, str, int], list[Vial]] = defaultdict(list)
        self.numbers: set[str] = set()

    def buy(self, *, coast: str, day: date, needs: Mapping[tuple[str, int], int]) -> None:
        """Receive what the coming quarter needs beyond what is there, and a little to spare."""
        for product, units in sorted({*needs, *SPARE}):
            there = len(self.vials[coast, product, units])
            missing = needs.get((product, units), 0) + SPARE.get((product, units), 0) - there
            if missing > 0:
                self.receive(
                    coast=coast,
                    product=product,
                    units=units,
                    vials=missing,
                    day=day,
                    expires_on=day + timedelta(days=self.rng.randrange(480, 820)),
                )

    def receive(
        self, *, coast: str, product: str, units: int, vials: int, day: date, expires_on: date, on_shelf: bool = True
    ) -> None:
        """Take a new lot into stock; with `on_shelf` False no demo session will open it."""
        size = self.sizes[product][units]
        lot = receive_lot(
            product=self.products[product],
            number=self._number(product),
            expires_on=expires_on,
            size=size,
            vials=vials,
            site=self.sites[coast],
            on=day,
            by=self.by,
        )
        if on_shelf:
            row = self.vials[coast, product, units]
            row.extend(lot.vials.select_related("size__product", "lot").order_by("pk"))
            row.sort(key=lambda vial: (vial.lot.expires_on, vial.pk))

    def take(self, *, coast: str, product: str, total: Decimal, day: date) -> list[Vial]:
        """Take down the vials for so many units, buying when the shelf is short of a size."""
        taken = []
        for units, count in sorted(vials_for(total, self.sizes[product]).items(), reverse=True):
            row = self.vials[coast, product, units]
            row[:] = [vial for vial in row if vial.lot.expires_on >= day]
            if len(row) < count:
                self.buy(coast=coast, day=day, needs={(product, units): count})
            taken += [row.pop(0) for _ in range(count)]
        return taken

    def _number(self, product: str) -> str:
        while True:
            number = f"{LOT_STARTS[product]}{self.rng.randrange(1000, 9999)}{self.rng.choice('ABCDEFGHJKLM')}"
            if number not in self.numbers:
                self.numbers.add(number)
                return number

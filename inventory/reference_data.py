"""Loads the products that ship with Cadence: inventory/reference/products.json, made from the clinical reference."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from inventory.models import Dilution, LabelInterval, LabelMaximum, Product, VialSize
from inventory.shipped import Report, Shipped, load_rows, read, silent

FOLDER = Path(__file__).with_name("reference")

PARTS: dict[str, tuple[Any, list[str]]] = {
    "vial_sizes": (VialSize, ["units"]),
    "dilutions": (Dilution, ["vial_units", "diluent_ml"]),
    "label_intervals": (LabelInterval, ["indication", "under_18"]),
    "label_maxima": (LabelMaximum, ["indications", "window_days", "under_18", "limbs"]),
}


def load(*, report: Report = silent, folder: Path = FOLDER) -> dict[str, Counter[str]]:
    """Bring the products, vial sizes, dilutions and label limits up to what ships; what happened to the rows of each.

    Safe to repeat; runs in the caller's transaction.
    """
    shipped = read(folder / "products.json")
    products = load_rows(Product, [Shipped.of(entry, ["key"], leave_out=PARTS) for entry in shipped], report=report)
    counts = {"products": products.counts}
    for part, (model, key) in PARTS.items():
        counts[part.replace("_", " ")] = load_rows(
            model,
            [
                Shipped.of(row, ["product_id", *key], product_id=products.rows[(entry["key"],)].pk)
                for entry in shipped
                for row in entry[part]
            ],
            report=report,
        ).counts
    return counts

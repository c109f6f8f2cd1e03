"""Loads the conditions, muscles, doses, policies, codes and protocols that ship, from treatments/reference/."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from inventory.models import Product
from inventory.shipped import Loaded, Report, Shipped, load_rows, read, silent
from treatments.models import (
    Condition,
    ConditionPolicy,
    DiagnosisCode,
    FollowUpStep,
    Muscle,
    MuscleDose,
    Protocol,
    ProtocolSite,
)

FOLDER = Path(__file__).with_name("reference")

Counts = dict[str, Counter[str]]


def load(*, report: Report = silent, folder: Path = FOLDER) -> Counts:
    """Bring conditions, muscles, policies, diagnosis codes and protocols up to what ships; what happened to each.

    Products are loaded before. Safe to repeat; runs in the caller's transaction.
    """
    muscles = load_rows(Muscle, [Shipped.of(entry, ["key"]) for entry in read(folder / "muscles.json")], report=report)
    conditions = _conditions(folder, muscles, report)
    counts = {"muscles": muscles.counts, "conditions": conditions.counts}
    counts |= _policies(folder, conditions, report)
    counts["diagnosis codes"] = load_rows(
        DiagnosisCode,
        [
            Shipped.of(row, ["condition_id", "code"], condition_id=conditions.rows[(condition,)].pk)
            for group in read(folder / "diagnosis_codes.json")["groups"]
            for condition in group["conditions"]
            for row in group["codes"]
        ],
        report=report,
    ).counts
    counts["muscle doses"] = _muscle_doses(folder, conditions, muscles, report)
    return counts | _protocols(folder, conditions, muscles, report)


def _muscle_doses(folder: Path, conditions: Loaded[Condition], muscles: Loaded[Muscle], report: Report) -> Counter[str]:
    """What labels and studies give for a muscle. A muscle that is not there is a mistake in the file: KeyError."""
    products = dict(Product.objects.values_list("key", "pk"))
    return load_rows(
        MuscleDose,
        [
            Shipped.of(
                entry | {"muscles": [muscles.rows[(key,)].key for key in entry["muscles"]]},
                ["product_id", "condition_id", "muscles", "under_18"],
                leave_out=["product", "condition"],
                product_id=products[entry["product"]],
                condition_id=conditions.rows[(entry["condition"],)].pk,
            )
            for entry in read(folder / "muscle_doses.json")
        ],
        report=report,
    ).counts


def _conditions(folder: Path, muscles: Loaded[Muscle], report: Report) -> Loaded[Condition]:
    """The conditions. Muscles and labelled products come with a new one, and are the clinic's from then."""
    entries = read(folder / "conditions.json")
    conditions = load_rows(
        Condition,
        [Shipped.of(entry, ["key"], leave_out=["muscles", "on_label_products"]) for entry in entries],
        report=report,
    )
    products = dict(Product.objects.values_list("key", "pk"))
    of_muscles, of_products = Condition.muscles.through, Condition.on_label_products.through
    fresh = [entry for entry in entries if (entry["key"],) in conditions.new]
    of_muscles.objects.bulk_create(
        of_muscles(condition=conditions.rows[(entry["key"],)], muscle=muscles.rows[(key,)])
        for entry in fresh
        for key in entry["muscles"]
    )
    of_products.objects.bulk_create(
        of_products(condition=conditions.rows[(entry["key"],)], product_id=products[key])
        for entry in fresh
        for key in entry["on_label_products"]
    )
    return conditions


def _policies(folder: Path, conditions: Loaded[Condition], report: Report) -> Counts:
    """Policies by version. A version's follow-up steps come with it: those of a version already there are its own."""
    entries = read(folder / "policies.json")
    policies = load_rows(
        ConditionPolicy,
        [
            Shipped.of(
                entry,
                ["condition_id", "version"],
                leave_out=["condition", "follow_up_steps"],
                condition_id=conditions.rows[(entry["condition"],)].pk,
            )
            for entry in entries
        ],
        report=report,
    )
    steps = [
        FollowUpStep(policy=policies.rows[key], **step)
        for entry in entries
        if (key := (conditions.rows[(entry["condition"],)].pk, entry["version"])) in policies.new
        for step in entry["follow_up_steps"]
    ]
    FollowUpStep.objects.bulk_create(steps)
    return {"policies": policies.counts, "follow-up steps": Counter(created=len(steps))}


def _protocols(folder: Path, conditions: Loaded[Condition], muscles: Loaded[Muscle], report: Report) -> Counts:
    """Protocols by version; the newest one shipped is current, unless the clinic made its own version current."""
    entries = read(folder / "protocols.json")
    products = dict(Product.objects.values_list("key", "pk"))
    shipped: dict[str, set[int]] = {}
    for entry in entries:
        shipped.setdefault(entry["key"], set()).add(entry["version"])
    current = {row.key: row for row in Protocol.objects.filter(is_current=True)}
    there = set(Protocol.objects.values_list("key", "version"))

    def becomes_current(entry: dict[str, Any]) -> bool:
        key, version = entry["key"], entry["version"]
        now = current.get(key)
        return version == max(shipped[key]) and (now is None or now.version in shipped[key])

    replaced = [
        current[entry["key"]].pk
        for entry in entries
        if entry["key"] in current and (entry["key"], entry["version"]) not in there and becomes_current(entry)
    ]
    Protocol.objects.filter(pk__in=replaced).update(is_current=False)
    protocols = load_rows(
        Protocol,
        [
            Shipped.of(
                entry,
                ["key", "version"],
                leave_out=["sites", "condition", "product"],
                first={"is_current": becomes_current(entry)},
                condition_id=conditions.rows[(entry["condition"],)].pk,
                product_id=products[entry["product"]] if entry["product"] else None,
            )
            for entry in entries
        ],
        report=report,
    )
    sites = [
        ProtocolSite(
            protocol=protocols.rows[key],
            muscle=muscles.rows[(site["muscle"],)],
            **{name: raw for name, raw in site.items() if name != "muscle"},
        )
        for entry in entries
        if (key := (entry["key"], entry["version"])) in protocols.new
        for site in entry["sites"]
    ]
    ProtocolSite.objects.bulk_create(sites)
    return {"protocols": protocols.counts, "protocol sites": Counter(created=len(sites))}

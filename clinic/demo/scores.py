"""Plausible scores: a baseline, and how it moves after each session."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

# Instrument -> lowest and highest baseline.
BASELINES = {"headache_days": (16, 26), "hit6": (60, 72), "twstrs": (30, 52), "mas": (2, 4), "nrs": (6, 9)}
INSTRUMENTS = {
    "chronic_migraine": ("headache_days", "hit6"),
    "cervical_dystonia": ("twstrs",),
    "upper_limb_spasticity": ("mas",),
    "lower_limb_spasticity": ("mas",),
    "tmj_bruxism": ("nrs",),
    "myofascial_neck_shoulder": ("nrs",),
    "low_back_pain": ("nrs",),
}
# The share of patients who do well, about what the trials behind each use found.
DO_WELL = {
    "chronic_migraine": 0.62,
    "cervical_dystonia": 0.7,
    "upper_limb_spasticity": 0.65,
    "lower_limb_spasticity": 0.6,
    "tmj_bruxism": 0.5,
    "myofascial_neck_shoulder": 0.45,
    "low_back_pain": 0.5,
}


@dataclass
class Response:
    """How one patient answers for one condition."""

    rng: Random
    condition: str
    baselines: dict[str, int]
    does_well: bool

    @classmethod
    def of(cls, rng: Random, condition: str) -> Response:
        return cls(
            rng=rng,
            condition=condition,
            baselines={key: rng.randint(*BASELINES[key]) for key in INSTRUMENTS[condition]},
            does_well=rng.random() < DO_WELL[condition],
        )

    def baseline(self, instrument: str) -> Decimal:
        return Decimal(self.baselines[instrument])

    def score(self, instrument: str, *, cycle: int, is_late: bool) -> Decimal:
        """The score after the cycle-th session (1 is the first); by `is_late` the effect is wearing off."""
        start, rng = self.baselines[instrument], self.rng
        # Benefit in migraine accumulates over the first cycles (NICE TA260 judges after two).
        growth = min(1.0, 0.65 + 0.2 * cycle)
        fall = (rng.uniform(0.45, 0.72) if self.does_well else rng.uniform(-0.05, 0.28)) * growth
        if is_late and instrument != "headache_days":
            fall *= 0.7
        if instrument == "mas":
            steps = rng.choice([1, 1, 2]) if self.does_well else rng.choice([0, 0, 0, 1])
            return Decimal(max(0, start - steps))
        if instrument == "hit6":
            return Decimal(max(36, round(start - 22 * fall)))
        if instrument == "twstrs":
            return Decimal(max(0, round(start * (1 - 0.55 * fall))))
        return Decimal(max(0, min(28 if instrument == "headache_days" else 10, round(start * (1 - fall)))))

    def impression(self) -> int:
        """Patient global impression of change, 1 to 7."""
        return self.rng.choice([1, 2, 2, 2, 3] if self.does_well else [3, 3, 4, 4, 5])

"""What a claim for one session says: billing units, waste, diagnoses, and which procedure codes are needed.

Sources: the clinical reference, sections 1.8 (HCPCS, JW and JZ), 2.8 (muscles and their groups) and 4.2 (procedure
codes). Numbers and descriptors of procedure codes belong to their publisher: none is shipped. A slot says in our own
words what a code is needed for, and the clinic enters the number it uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MIGRAINE, DYSTONIA, JAW, MYOFASCIAL = "chronic_migraine", "cervical_dystonia", "tmj_bruxism", "myofascial_neck_shoulder"

# Slots in the order in which they are entered and billed.
SLOTS = {
    "head-neck-migraine": "Head and neck, both sides, for migraine",
    "neck-dystonia": "Neck muscles on one side, for dystonia",
    "limb-first-1-4": "First arm or leg, 1 to 4 muscles",
    "limb-further-1-4": "Each further arm or leg, 1 to 4 muscles",
    "limb-first-5": "First arm or leg, 5 muscles or more",
    "limb-further-5": "Each further arm or leg, 5 muscles or more",
    "trunk-1-5": "Trunk, 1 to 5 muscles",
    "trunk-6": "Trunk, 6 muscles or more",
    "other-jaw": "Jaw muscles",
    "other-myofascial": "Neck and shoulder muscles, for myofascial pain",
    "other-head-neck": "Head or neck muscles, for another use",
    "guidance-emg": "Guidance by EMG, beside the injection",
    "guidance-stimulation": "Guidance by electrical stimulation, beside the injection",
    "guidance-ultrasound": "Guidance by ultrasound, beside the injection",
}
PAYER_SPECIFIC = "Which number is right differs between payers (confidence C): ask the payer."
SLOT_NOTES = {
    "head-neck-migraine": "Both sides by its meaning, once a session, no modifier for both sides.",
    "neck-dystonia": "Modifier 50 for both sides, or RT and LT where the payer wants them.",
    "limb-first-1-4": "The limb with the most muscles; no modifier for both sides.",
    "limb-first-5": "The limb with the most muscles; no modifier for both sides.",
    "trunk-1-5": "One trunk code a session. The low back is trunk.",
    "trunk-6": "One trunk code a session. The low back is trunk.",
    "other-jaw": PAYER_SPECIFIC,
    "other-myofascial": PAYER_SPECIFIC,
    "other-head-neck": PAYER_SPECIFIC,
    "guidance-emg": "One guidance code, and not beside the one for stimulation.",
    "guidance-stimulation": "One guidance code, and not beside the one for EMG.",
    "guidance-ultrasound": "Needs a permanently recorded image; payers often deny it.",
}

_JAW_MUSCLES = frozenset({"masseter", "temporalis", "medial_pterygoid", "lateral_pterygoid", "digastric"})
# The two heads are one muscle for counting (section 2.8, confidence C).
_ONE_MUSCLE = {"gastroc_med": "gastroc", "gastroc_lat": "gastroc"}
_LIMBS = {"upper limb": "arm", "lower limb": "leg"}


@dataclass(frozen=True)
class VialFacts:
    """One vial of a session. Units are the product's; `is_billed` is False for samples and the patient's own drug."""

    opened: Decimal
    given: Decimal
    discarded: Decimal
    is_billed: bool = True
    source: str = "bought by the clinic"
    lot: str = ""
    ndc: str = ""


@dataclass(frozen=True)
class SiteFacts:
    """One injection site: the key of its muscle, its region, its side and the key of the condition it is for."""

    muscle: str
    region: str
    side: str
    condition: str


@dataclass(frozen=True)
class DrugLine:
    """Billing units of a product on one line of the claim, with JW, JZ."""

    hcpcs: str
    modifier: str
    units: int


@dataclass(frozen=True)
class ProcedureLine:
    """A procedure code that is needed, by its slot; `number` is the clinic's, empty until it is entered."""

    slot: str
    number: str = ""
    modifier: str = ""
    quantity: int = 1
    what: str = ""

    @property
    def words(self) -> str:
        return SLOTS[self.slot]

    @property
    def note(self) -> str:
        return SLOT_NOTES.get(self.slot, "")


@dataclass(frozen=True)
class Claim:
    """One session's claim: lines, diagnoses, and what a person has to look at before it is sent."""

    drugs: tuple[DrugLine, ...]
    procedures: tuple[ProcedureLine, ...]
    diagnoses: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())


def drug_lines(hcpcs: str, per: int, vials: Iterable[VialFacts]) -> list[DrugLine]:
    """The product's lines: given units rounded up to billing units, and whole billing units of waste on a line of JW.

    When the rounded-up units already cover all that was opened, or no whole unit is left over, the one line carries
    JZ (section 1.8). The dose itself is never rounded. Samples and the patient's own drug are not billed. `per` is
    the product's units in one billing unit.
    """
    billed = [vial for vial in vials if vial.is_billed]
    given = sum((vial.given for vial in billed), Decimal(0))
    opened = sum((vial.opened for vial in billed), Decimal(0))
    if given <= 0:
        return []
    units = int((given / per).to_integral_value(ROUND_CEILING))
    discarded = sum((vial.discarded for vial in billed), Decimal(0))
    waste = 0 if units * per >= opened else int((discarded / per).to_integral_value(ROUND_FLOOR))
    if waste < 1:
        return [DrugLine(hcpcs, "JZ", units)]
    return [DrugLine(hcpcs, "", units), DrugLine(hcpcs, "JW", waste)]


def slot_of(site: SiteFacts) -> str:
    """The kind of procedure a site belongs to: "arm left", "leg right", "trunk", or a slot of the head and neck."""
    if site.region in _LIMBS:
        return f"{_LIMBS[site.region]} {site.side}"
    if site.region == "trunk":
        return "trunk"
    if site.condition == MIGRAINE:
        return "head-neck-migraine"
    if site.condition == DYSTONIA and site.muscle not in _JAW_MUSCLES and site.region != "head":
        return "neck-dystonia"
    if site.condition == JAW or (site.condition == DYSTONIA and site.muscle in _JAW_MUSCLES):
        return "other-jaw"
    return "other-myofascial" if site.condition == MYOFASCIAL else "other-head-neck"


def procedure_lines(sites: Iterable[SiteFacts], *, guidance: str, numbers: Mapping[str, str]) -> list[ProcedureLine]:
    """The procedure codes that the charted muscles need (sections 2.8 and 4.2), with the clinic's numbers.

    Muscles are counted, not sites. The arm or leg with the most muscles comes first; each further one is added to it.
    `guidance` is none, emg, stimulation or ultrasound: one code for it. `numbers` are the clinic's, by slot.
    """
    sites = list(sites)
    groups: dict[str, set[str]] = {}
    sides: dict[str, set[str]] = {}
    for site in sites:
        slot = slot_of(site)
        groups.setdefault(slot, set()).add(_ONE_MUSCLE.get(site.muscle, site.muscle))
        sides.setdefault(slot, set()).add(site.side)
    lines = []
    if "head-neck-migraine" in groups:
        lines.append(_line("head-neck-migraine", numbers))
    if "neck-dystonia" in groups:
        both = {"left", "right"} <= sides["neck-dystonia"]
        lines.append(
            _line("neck-dystonia", numbers, modifier="50" if both else "", what=_side_words(sides["neck-dystonia"]))
        )
    limbs = sorted(
        ((limb, len(muscles)) for limb, muscles in groups.items() if limb.startswith(("arm ", "leg "))),
        key=lambda row: (-row[1], row[0]),
    )
    for place, (limb, count) in enumerate(limbs):
        slot = f"limb-{'further' if place else 'first'}-{'5' if count >= 5 else '1-4'}"
        lines.append(_line(slot, numbers, what=f"{_limb_words(limb)}, {_muscles(count)}"))
    if "trunk" in groups:
        count = len(groups["trunk"])
        lines.append(_line("trunk-6" if count >= 6 else "trunk-1-5", numbers, what=_muscles(count)))
    for slot in ("other-jaw", "other-myofascial", "other-head-neck"):
        if slot in groups:
            lines.append(_line(slot, numbers, what=_side_words(sides[slot])))
    if lines and f"guidance-{guidance}" in SLOTS:
        lines.append(_line(f"guidance-{guidance}", numbers))
    return lines


def _line(slot: str, numbers: Mapping[str, str], *, modifier: str = "", what: str = "") -> ProcedureLine:
    return ProcedureLine(slot, numbers.get(slot, ""), modifier, 1, what)


def _side_words(sides: set[str]) -> str:
    return "both sides" if {"left", "right"} <= sides else f"{min(sides)} side" if sides <= {"left", "right"} else ""


def _limb_words(limb: str) -> str:
    part, _, side = limb.partition(" ")
    return f"{side} {part}"


def _low(words: str) -> str:
    """The words as they go on within a sentence; TMJ stays TMJ."""
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def _muscles(count: int) -> str:
    return "1 muscle" if count == 1 else f"{count} muscles"


def _not_billed(vials: Iterable[VialFacts]) -> list[str]:
    """What was opened beside the billed vials, by source and lot."""
    groups: dict[tuple[str, str], list[VialFacts]] = {}
    for vial in vials:
        if not vial.is_billed and vial.lot:
            groups.setdefault((vial.source, vial.lot), []).append(vial)
    return [
        f"Not billed, {source}: lot {lot}, {_units(vial.opened for vial in rows)} U opened, {_drawn(rows)}."
        for (source, lot), rows in groups.items()
    ]


def _two_sizes(vials: Iterable[VialFacts]) -> list[str]:
    """The units of each NDC where the billed vials have several: the lines of the claim count them together."""
    groups: dict[str, list[VialFacts]] = {}
    for vial in vials:
        if vial.is_billed:
            groups.setdefault(vial.ndc, []).append(vial)
    if len(groups) < 2:
        return []
    return [f"NDC {ndc or 'not known'}: {_drawn(rows)}." for ndc, rows in groups.items()]


def _drawn(vials: Sequence[VialFacts]) -> str:
    given, discarded = (vial.given for vial in vials), (vial.discarded for vial in vials)
    return f"{_units(given)} U given, {_units(discarded)} U discarded"


def _units(values: Iterable[Decimal]) -> str:
    return f"{sum(values, Decimal(0)).normalize():f}"


def claim(
    *,
    hcpcs: str,
    per: int,
    vials: Sequence[VialFacts],
    sites: Sequence[SiteFacts],
    guidance: str,
    numbers: Mapping[str, str],
    diagnoses: Mapping[str, str],
    off_label: Sequence[str],
    is_touch_up: bool,
    replaces: int | None = None,
    coded_later: Sequence[str] = (),
) -> Claim:
    """The claim of one session. `diagnoses` holds the ICD-10-CM code of each treated course by the name of its
    condition, "" where none was chosen; `off_label` names the conditions the product has no label for; `replaces` is
    the number of the voided session that this one stands for, `coded_later` names the conditions that had no code when
    it was signed.
    """
    drugs = drug_lines(hcpcs, per, vials)
    procedures = procedure_lines(sites, guidance=guidance, numbers=numbers)
    slots = {line.slot for line in procedures}
    notes = []
    if replaces is not None:
        notes.append(f"Replaces session {replaces}: if that was billed, send a corrected claim.")
    notes += [f"Off-label: the product has no label for {_low(name)}." for name in off_label]
    if is_touch_up:
        notes.append("This session is a touch-up.")
    notes += [f"{name} was coded after signing: the note has no code. Write an addendum." for name in coded_later]
    notes += [f"{name} has no diagnosis code." for name, code in diagnoses.items() if not code]
    if any(not vial.is_billed for vial in vials):
        notes.append("Samples and the patient's own drug are not billed: their units are left out.")
        notes += _not_billed(vials)
    notes += _two_sizes(vials)
    if not drugs:
        notes.append("Nothing of a billed vial was given: there is no line for the drug.")
    if {"head-neck-migraine", "other-jaw"} <= slots:
        notes.append(
            "The migraine code does not stand beside a code for facial muscles on one side (A): if the jaw is coded "
            "with that one, leave one of the two out."
        )
    trunk = {(site.muscle, site.side) for site in sites if site.region == "trunk"}
    if len({muscle for muscle, _ in trunk}) < 6 <= len(trunk):
        notes.append("A trunk muscle of both sides is counted once here; counted by side there would be 6 or more.")
    notes += [f"{line.words}: {line.note}" for line in procedures if line.note.endswith(PAYER_SPECIFIC)]
    if "guidance-ultrasound" in slots:
        notes.append(f"{SLOTS['guidance-ultrasound']}: {_low(SLOT_NOTES['guidance-ultrasound'])}")
    notes += [f"No procedure code number is entered for: {_low(line.words)}." for line in procedures if not line.number]
    codes = tuple(dict.fromkeys(code for code in diagnoses.values() if code))
    return Claim(tuple(drugs), tuple(procedures), codes, tuple(notes))

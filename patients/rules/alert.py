"""What is known of a patient that must be seen.

The clinical wording follows the screening questions and rule R9 of the clinical reference; a row marked B or C there
is never more than a warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Protocol

from patients.rules.names import fold


class Severity(StrEnum):
    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


_WEIGHT = {Severity.STOP: 0, Severity.WARN: 1, Severity.NOTE: 2}


@dataclass(frozen=True)
class Alert:
    """Something known of a patient that bears on treatment.

    `label` is a word or two for a tag, `words` the whole sentence. What `affects_booking` is shown to the front desk.
    `source` names the row of the clinical reference with its confidence.
    """

    code: str
    label: str
    words: str
    severity: Severity
    affects_booking: bool
    source: str
    # What the words are made of, where they are made of a meaning and what is known in particular.
    meaning: str = ""
    details: tuple[str, ...] = ()
    requires: str = ""

    @staticmethod
    def said(meaning: str, details: tuple[str, ...], requires: str = "") -> str:
        """The whole sentence: the meaning, what is known in particular, and what somebody then has to do."""
        words = meaning + (f" ({', '.join(details)})" if details else "") + "."
        return f"{words} {requires}" if requires else words


@dataclass(frozen=True)
class _Meaning:
    label: str
    words: str
    severity: Severity
    affects_booking: bool
    source: str


class _Ends(Protocol):
    @property
    def ended_on(self) -> date | None: ...


class AllergyFacts(_Ends, Protocol):
    @property
    def substance(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def reaction(self) -> str: ...


class MedicationFacts(_Ends, Protocol):
    @property
    def drug_class(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def started_on(self) -> date | None: ...


class HistoryFacts(_Ends, Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def note(self) -> str: ...


STOP, WARN, NOTE = Severity.STOP, Severity.WARN, Severity.NOTE
_STAFF = "recorded by staff; the clinical reference has no rule for it"

_ALLERGIES = {
    "botulinum_toxin": _Meaning(
        "allergy: botulinum toxin",
        "Allergy to a botulinum toxin product: contraindicated, all products",
        STOP,
        True,
        "intake screening: allergy to toxin, rule R9 (A)",
    ),
    # The contraindication itself is marked B, so it warns; it concerns one product only.
    "milk_protein": _Meaning(
        "allergy: cow's milk protein",
        "Allergy to cow's milk protein: Dysport is contraindicated",
        WARN,
        True,
        "intake screening: allergy to cow's milk, rule R9 (B)",
    ),
    "albumin": _Meaning(
        "allergy: albumin",
        "Reaction or objection to human albumin: BOTOX, Dysport, Xeomin and Myobloc contain it, Daxxify does not",
        WARN,
        True,
        "intake screening: human albumin (A BOTOX, Myobloc, Daxxify; B Dysport, Xeomin)",
    ),
    "local_anaesthetic": _Meaning(
        "allergy: local anaesthetic", "Allergy to a local anaesthetic: numb another way", NOTE, False, _STAFF
    ),
    "latex": _Meaning("allergy: latex", "Allergy to latex: gloves and room without latex", NOTE, True, _STAFF),
    "skin_antiseptic": _Meaning(
        "allergy: skin antiseptic", "Allergy to a skin antiseptic: clean with another one", NOTE, False, _STAFF
    ),
}
_OTHER_ALLERGY = _Meaning("allergy", "Allergy", NOTE, False, _STAFF)
_BRUISING = "bruising and haematoma; press longer, ultrasound for deep muscles"
_MEDICATIONS = {
    "anticoagulant": _Meaning(
        "anticoagulant", f"Anticoagulant: {_BRUISING}", WARN, True, "intake screening: anticoagulants (B)"
    ),
    "antiplatelet": _Meaning(
        "antiplatelet", f"Antiplatelet: {_BRUISING}", WARN, True, "intake screening: anticoagulants (B)"
    ),
    "aminoglycoside": _Meaning(
        "aminoglycoside",
        "Aminoglycoside antibiotic: can strengthen the effect of the toxin",
        WARN,
        True,
        "intake screening: aminoglycosides (A)",
    ),
    "neuromuscular_blocker": _Meaning(
        "neuromuscular blocker",
        "Interferes with neuromuscular transmission: can strengthen the effect of the toxin",
        WARN,
        False,
        "intake screening: neuromuscular blockers (A aminoglycoside, curare-like; C others)",
    ),
    "muscle_relaxant": _Meaning(
        "muscle relaxant",
        "Muscle relaxant: can worsen excessive weakness",
        WARN,
        False,
        "intake screening: muscle relaxants (A)",
    ),
    "anticholinergic": _Meaning(
        "anticholinergic",
        "Anticholinergic: the toxin can strengthen its systemic effects",
        WARN,
        False,
        "intake screening: anticholinergics (A)",
    ),
}
_HISTORY = {
    "neuromuscular": _Meaning(
        "neuromuscular disorder",
        "Neuromuscular disorder: more risk of severe swallowing and breathing trouble; the provider acknowledges it",
        WARN,
        False,
        "intake screening: neuromuscular disorder (A-)",
    ),
    "swallowing_breathing": _Meaning(
        "swallowing or breathing",
        "Swallowing or breathing problem: the toxin can worsen it",
        WARN,
        False,
        "intake screening: swallowing or breathing (A-)",
    ),
    "bleeding": _Meaning(
        "bleeding disorder", f"Bleeding disorder: {_BRUISING}", WARN, True, "intake screening: anticoagulants (B)"
    ),
    "cardiac": _Meaning(
        "heart disease",
        "Heart disease: arrhythmia and infarction were reported after treatment",
        WARN,
        False,
        "intake screening: heart disease (A Daxxify, B BOTOX)",
    ),
    "pregnancy": _Meaning(
        "pregnant or breast-feeding",
        "Pregnant or breast-feeding: no adequate human data; the provider decides",
        WARN,
        True,
        "intake screening: pregnancy (A-)",
    ),
    "surgery": _Meaning(
        "surgery",
        "Surgery or anaesthesia planned, or changed anatomy: blockers may be given, landmarks may be moved",
        WARN,
        True,
        "intake screening: surgery (B)",
    ),
    "lost_response": _Meaning(
        "lost response",
        "Lost response to toxin before: neutralising antibodies are possible",
        WARN,
        False,
        "intake screening: lost response (A)",
    ),
}


def is_current(fact: _Ends, *, on: date) -> bool:
    """Whether the fact holds on that day: it has not ended by then, and a medication has been started."""
    started = getattr(fact, "started_on", None)
    return (fact.ended_on is None or on < fact.ended_on) and (started is None or started <= on)


def alerts(
    allergies: Iterable[AllergyFacts],
    medications: Iterable[MedicationFacts],
    history_items: Iterable[HistoryFacts],
    *,
    on: date,
) -> list[Alert]:
    """What must be seen on that day, the gravest first; facts of one kind make one alert.

    Source: the screening questions of the clinical reference and its rule R9; every alert names its own.
    """
    found: dict[str, tuple[_Meaning, list[str]]] = {}

    def add(code: str, meaning: _Meaning | None, detail: str) -> None:
        if meaning is not None:
            details = found.setdefault(code, (meaning, []))[1]
            if detail and detail not in details:
                details.append(detail)

    for allergy in allergies:
        if is_current(allergy, on=on):
            other = allergy.substance not in _ALLERGIES
            # What no rule knows is named in its tag, so each makes an alert of its own.
            code = f"allergy_{fold(allergy.name).replace(' ', '_')}" if other else allergy.substance
            meaning = replace(_OTHER_ALLERGY, label=f"allergy: {allergy.name}") if other else _ALLERGIES[code]
            detail = ": ".join(part for part in (allergy.name, allergy.reaction) if part)
            add(code, meaning, detail)
    for medication in medications:
        if is_current(medication, on=on):
            add(medication.drug_class, _MEDICATIONS.get(medication.drug_class), medication.name)
    for item in history_items:
        if is_current(item, on=on):
            add(item.kind, _HISTORY.get(item.kind), item.note)

    made = [
        Alert(
            code,
            meaning.label,
            Alert.said(meaning.words, tuple(details)),
            meaning.severity,
            meaning.affects_booking,
            meaning.source,
            meaning.words,
            tuple(details),
        )
        for code, (meaning, details) in found.items()
    ]
    return sorted(made, key=lambda alert: _WEIGHT[alert.severity])

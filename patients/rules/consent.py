"""Whether a consent holds for a session.

That a consent is signed, says whether it covers use outside the label, and is recorded, is the row "consent" of section
1.7 of the clinical reference (B: a missing one asks for a reason and never stops). How long it holds is said by its
form; that somebody else signs for a person under 18, and that whoever withdraws a consent falls back on none signed
before it, is our reading of common law.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol, TypeVar

OF_AGE = 18  # years
PATIENT = "patient"


class ConsentFacts(Protocol):
    @property
    def signed_on(self) -> date: ...
    @property
    def expires_on(self) -> date: ...
    @property
    def withdrawn_on(self) -> date | None: ...
    @property
    def conditions(self) -> Collection[str]: ...
    @property
    def covers_off_label(self) -> bool: ...
    @property
    def signer(self) -> str: ...


AnyConsent = TypeVar("AnyConsent", bound=ConsentFacts)


def of_age_on(born: date) -> date:
    """The 18th birthday; for somebody born on 29 February, 1 March of a year that has none."""
    try:
        return born.replace(year=born.year + OF_AGE)
    except ValueError:
        return date(born.year + OF_AGE, 3, 1)


def is_under_age(born: date | None, *, on: date) -> bool:
    """Whether somebody else signs for this person on that day."""
    return born is not None and on < of_age_on(born)


def in_date(consent: ConsentFacts, *, on: date) -> bool:
    """Whether it was signed by then, has not run out (its last day counts) and has not been withdrawn by then."""
    return consent.signed_on <= on <= consent.expires_on and (consent.withdrawn_on is None or on < consent.withdrawn_on)


def covers(consent: ConsentFacts, conditions: Collection[str]) -> bool:
    """Whether it is for all these conditions; one that names none is for every one."""
    return not consent.conditions or set(conditions) <= set(consent.conditions)


def signed_rightly(consent: ConsentFacts, *, born: date | None) -> bool:
    """Whether the one who signed may: a patient who was under 18 on that day may not sign alone."""
    return consent.signer != PATIENT or not is_under_age(born, on=consent.signed_on)


def withdrawn_by(consents: Iterable[AnyConsent], *, on: date) -> list[AnyConsent]:
    """Those withdrawn by that day."""
    return [consent for consent in consents if consent.withdrawn_on is not None and consent.withdrawn_on <= on]


def _covered(
    consent: ConsentFacts,
    conditions: Collection[str],
    beyond_label: Collection[str],
    withdrawn: Collection[ConsentFacts],
) -> set[str]:
    """Which of the conditions it is for; of those treated outside the label only when it covers that.

    Not those that a consent signed after it was for and is withdrawn.
    """
    return {
        condition
        for condition in conditions
        if covers(consent, [condition])
        and (consent.covers_off_label or condition not in beyond_label)
        and not any(covers(other, [condition]) and consent.signed_on < other.signed_on for other in withdrawn)
    }


def valid_consent(
    consents: Iterable[AnyConsent],
    *,
    on: date,
    conditions: Collection[str],
    off_label: bool | Collection[str],
    born: date | None = None,
) -> AnyConsent | None:
    """The consent a session on that day goes by: in date, signed by the right person.

    Several that hold may cover the conditions together; it is then the one that covers most of them, of equals the
    latest signed. None when a condition is left. `off_label` are the conditions treated outside the label, or whether
    all of them are: only a consent for such use covers those. `born` is the patient's date of birth; without it the
    patient counts as of age.
    """
    consents, wanted = list(consents), set(conditions)
    withdrawn = withdrawn_by(consents, on=on)
    beyond_label = (wanted if off_label else set()) if isinstance(off_label, bool) else set(off_label)
    fitting = [
        (consent, _covered(consent, wanted, beyond_label, withdrawn))
        for consent in consents
        if in_date(consent, on=on) and signed_rightly(consent, born=born)
    ]
    if not wanted:
        fitting = [row for row in fitting if row[0].covers_off_label or not off_label]
    if wanted - {condition for _, covered in fitting for condition in covered}:
        return None
    return max(fitting, key=lambda row: (len(row[1]), row[0].signed_on), default=(None, set()))[0]


def consent_problem(
    consents: Iterable[ConsentFacts],
    *,
    on: date,
    conditions: Collection[str],
    off_label: bool | Collection[str],
    born: date | None = None,
) -> str:
    """Why no consent holds for that session, in words that say what to do; empty when one does, or several together."""
    known = list(consents)
    if valid_consent(known, on=on, conditions=conditions, off_label=off_label, born=born) is not None:
        return ""
    if not known:
        return "No consent is on file."
    current = [consent for consent in known if in_date(consent, on=on)]
    if not current:
        last = max(known, key=lambda consent: (consent.signed_on, consent.expires_on))
        if last.signed_on > on:
            return f"The consent was signed on {_day(last.signed_on)}, after this session."
        if last.withdrawn_on is not None and last.withdrawn_on <= on:
            return f"The consent was withdrawn on {_day(last.withdrawn_on)}."
        return f"The consent ran out on {_day(last.expires_on)}."
    by_the_right_person = [consent for consent in current if signed_rightly(consent, born=born)]
    if not by_the_right_person:
        return "The patient was under 18: a parent, guardian or representative signs."
    withdrawn = [other for other in withdrawn_by(known, on=on) if any(covers(other, [each]) for each in conditions)]
    if withdrawn and valid_consent(current, on=on, conditions=conditions, off_label=off_label, born=born) is not None:
        day = max(other.withdrawn_on for other in withdrawn if other.withdrawn_on is not None)
        return f"The consent was withdrawn on {_day(day)}; one signed before it holds no longer."
    if valid_consent(by_the_right_person, on=on, conditions=conditions, off_label=False, born=born) is None:
        return "No consent in date covers every condition of this session."
    return "The consent does not cover use outside the label, and this session is."


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"

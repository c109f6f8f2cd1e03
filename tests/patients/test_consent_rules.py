from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.rules import consent_problem, is_under_age, valid_consent
from patients.rules.consent import of_age_on

DAY = date(2026, 11, 21)
MIGRAINE, JAW = "chronic_migraine", "tmd"


@dataclass(frozen=True)
class Signed:
    signed_on: date = date(2026, 1, 10)
    expires_on: date = date(2027, 1, 10)
    withdrawn_on: date | None = None
    conditions: tuple[str, ...] = ()
    covers_off_label: bool = False
    signer: str = "patient"


def ask(*consents: Signed, conditions=(MIGRAINE,), off_label=False, on=DAY, born=None):
    return (
        valid_consent(consents, on=on, conditions=conditions, off_label=off_label, born=born),
        consent_problem(consents, on=on, conditions=conditions, off_label=off_label, born=born),
    )


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        (Signed(), ""),
        (Signed(signed_on=DAY, expires_on=DAY), ""),
        (Signed(expires_on=DAY), ""),
        (Signed(expires_on=date(2026, 11, 20)), "The consent ran out on 20 Nov 2026."),
        (Signed(signed_on=date(2026, 11, 22)), "The consent was signed on 22 Nov 2026, after this session."),
        (Signed(withdrawn_on=DAY), "The consent was withdrawn on 21 Nov 2026."),
        (Signed(withdrawn_on=date(2026, 11, 22)), ""),
        (Signed(conditions=(MIGRAINE,)), ""),
        (Signed(conditions=(JAW,)), "No consent in date covers every condition of this session."),
        (Signed(covers_off_label=True), ""),
    ],
)
def test_one_consent(consent: Signed, words: str):
    found, problem = ask(consent)
    assert problem == words
    assert (found is None) == bool(words)


def test_none_on_file():
    assert ask() == (None, "No consent is on file.")


def test_one_consent_covers_all_conditions_of_the_session():
    both = Signed(conditions=(MIGRAINE, JAW))
    assert ask(both, conditions=(MIGRAINE, JAW)) == (both, "")
    one = Signed(conditions=(MIGRAINE,))
    assert ask(one, conditions=(MIGRAINE, JAW))[1] == "No consent in date covers every condition of this session."


def test_use_outside_the_label_needs_its_own_consent():
    plain, wide = Signed(), Signed(covers_off_label=True)
    assert ask(plain, off_label=True) == (
        None,
        "The consent does not cover use outside the label, and this session is.",
    )
    assert ask(plain, wide, off_label=True) == (wide, "")


def test_of_several_the_latest_signed_counts():
    old, new = Signed(), Signed(signed_on=date(2026, 6, 1))
    assert ask(new, old)[0] is new


def test_who_withdraws_falls_back_on_none_signed_before():
    old = Signed()
    new = Signed(signed_on=date(2026, 6, 1), withdrawn_on=date(2026, 11, 20))
    words = "The consent was withdrawn on 20 Nov 2026; one signed before it holds no longer."
    assert ask(old, new) == (None, words)
    assert ask(old, new, on=date(2026, 11, 19)) == (new, "")
    # One signed after it, or on its day, was given knowing of it; one for something else was not withdrawn.
    again = Signed(signed_on=date(2026, 11, 21), expires_on=date(2027, 11, 21))
    assert ask(old, new, again) == (again, "")
    twice = Signed(signed_on=new.signed_on)
    assert ask(old, new, twice) == (twice, "")
    jaw = Signed(signed_on=date(2026, 6, 1), withdrawn_on=date(2026, 11, 20), conditions=(JAW,))
    assert ask(old, jaw) == (old, "")
    assert ask(old, jaw, conditions=(MIGRAINE, JAW)) == (None, words)


@pytest.mark.parametrize(
    ("born", "signer", "holds"),
    [
        (date(2008, 1, 11), "patient", False),  # 18 the day after signing
        (date(2008, 1, 10), "patient", True),  # 18 on the day
        (date(2015, 5, 5), "patient", False),
        (date(2015, 5, 5), "parent", True),
        (date(2015, 5, 5), "representative", True),
        (date(1960, 5, 5), "representative", True),
    ],
)
def test_under_18_somebody_else_signs(born: date, signer: str, holds: bool):
    found, problem = ask(Signed(signer=signer), born=born)
    assert (found is not None) == holds
    assert problem == ("" if holds else "The patient was under 18: a parent, guardian or representative signs.")


def test_the_day_of_coming_of_age():
    assert of_age_on(date(2008, 11, 21)) == DAY
    assert of_age_on(date(2008, 2, 29)) == date(2026, 3, 1)
    assert is_under_age(date(2008, 11, 22), on=DAY)
    assert not is_under_age(date(2008, 11, 21), on=DAY)
    assert not is_under_age(None, on=DAY)


days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
consents = st.builds(
    lambda first, second, withdrawn, **rest: Signed(min(first, second), max(first, second), withdrawn, **rest),
    days,
    days,
    st.none() | days,
    conditions=st.sets(st.sampled_from([MIGRAINE, JAW, "spasticity"])).map(tuple),
    covers_off_label=st.booleans(),
    signer=st.sampled_from(["patient", "parent"]),
)


@given(
    st.lists(consents, max_size=4),
    days,
    st.sets(st.sampled_from([MIGRAINE, JAW]), min_size=1),
    st.booleans(),
    st.none() | st.dates(date(2005, 1, 1), date(2020, 1, 1)),
)
def test_there_is_a_problem_exactly_when_there_is_no_valid_consent(signed, on, conditions, off_label, born):
    found, problem = ask(*signed, conditions=conditions, off_label=off_label, on=on, born=born)
    assert (found is None) == bool(problem)
    if found is not None:
        assert found.signed_on <= on <= found.expires_on
        assert found.withdrawn_on is None or found.withdrawn_on > on
        assert not found.conditions or conditions <= set(found.conditions)


def test_several_consents_cover_the_conditions_together():
    migraine = Signed(conditions=(MIGRAINE,), signed_on=date(2026, 2, 1))
    jaw = Signed(conditions=(JAW,), signed_on=date(2026, 3, 1))
    assert ask(migraine, jaw, conditions=(MIGRAINE, JAW)) == (jaw, "")
    every = Signed(signed_on=date(2026, 1, 1))
    assert ask(jaw, every, conditions=(MIGRAINE, JAW)) == (every, "")
    past = Signed(conditions=(MIGRAINE,), expires_on=date(2026, 11, 20))
    assert ask(past, jaw, conditions=(MIGRAINE, JAW))[0] is None


def test_only_what_is_outside_the_label_needs_the_wider_consent():
    migraine = Signed(conditions=(MIGRAINE,))
    jaw = Signed(conditions=(JAW,), covers_off_label=True, signed_on=date(2026, 3, 1))
    assert ask(migraine, jaw, conditions=(MIGRAINE, JAW), off_label={JAW}) == (jaw, "")
    beyond = "The consent does not cover use outside the label, and this session is."
    assert ask(migraine, jaw, conditions=(MIGRAINE, JAW), off_label={MIGRAINE})[1] == beyond
    assert ask(migraine, jaw, conditions=(MIGRAINE, JAW), off_label=True)[1] == beyond


def test_a_childs_own_signature_covers_nothing_beside_a_parents():
    own, parents = Signed(conditions=(MIGRAINE,)), Signed(conditions=(JAW,), signer="parent")
    born = date(2012, 1, 1)
    assert ask(own, parents, conditions=(MIGRAINE, JAW), born=born)[0] is None
    assert ask(own, parents, conditions=(JAW,), born=born) == (parents, "")

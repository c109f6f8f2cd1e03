"""The lights of "ready to book": every state of each, with its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.known import KnownConsent
from patients.rules.screening import QUESTIONS
from scheduling.rules.ready import (
    NAMES,
    LightState,
    Order,
    Paying,
    ReadyFacts,
    Stock,
    lights,
    target_day,
)
from treatments.rules.facts import AuthorizationFacts

TODAY = date(2026, 11, 21)
TARGET = date(2026, 12, 3)
BOTOX, XEOMIN = "onabotulinumtoxinA", "incobotulinumtoxinA"
NO = {question.key: {"answer": "no", "note": ""} for question in QUESTIONS}


def allowed(**changes: Any) -> AuthorizationFacts:
    row = AuthorizationFacts(
        id=1,
        number="PA-1",
        payer="Aetna",
        status="approved",
        product=BOTOX,
        condition="chronic_migraine",
        starts_on=date(2026, 3, 1),
        ends_on=date(2027, 2, 28),
        units_approved=800,
        visits_approved=4,
        units_used=Decimal(310),
        visits_used=2,
    )
    return replace(row, **changes)


def consent(**changes: Any) -> KnownConsent:
    row = KnownConsent(
        id=1,
        title="Treatment",
        form_version=1,
        covers_off_label=False,
        conditions=("chronic_migraine",),
        signed_on=date(2026, 3, 1),
        expires_on=date(2027, 3, 1),
        withdrawn_on=None,
        signer="patient",
        signer_name="Joye Koch",
        method="paper",
    )
    return replace(row, **changes)


READY = ReadyFacts(
    on=TODAY,
    target_on=TARGET,
    condition="chronic_migraine",
    is_labelled=True,
    born=date(1982, 8, 25),
    last_session_on=date(2026, 9, 1),
    eligible_on=date(2026, 11, 24),
    window_closes_on=date(2027, 3, 1),
    product=BOTOX,
    brand="BOTOX",
    last_units=Decimal(155),
    last_total=Decimal(155),
    coverages=(Paying("Aetna", True),),
    ask_by=date(2026, 11, 19),
    authorizations=(allowed(),),
    stock=(Stock(BOTOX, 2, 400, date(2027, 5, 1)),),
    screened_on=date(2026, 9, 1),
    answers=NO,
    is_responded=True,
    consents=(consent(),),
)


def light(key: str, **changes: Any) -> tuple[str, str]:
    found = {one.key: one for one in lights(replace(READY, **changes))}[key]
    return found.state.value, found.words


def test_everything_ready() -> None:
    assert [(one.name, one.state.value, one.words) for one in lights(READY)] == [
        ("Window", "ok", "allowed from 24 Nov 2026, closes 1 Mar 2027"),
        ("Authorisation", "ok", "to 28 Feb 2027, 2 visits left, 490 U left"),
        ("Drug", "ok", "BOTOX in stock, 2 vials"),
        ("Screening", "ok", "asked 1 Sep 2026, 81 days ago"),
        ("Response", "ok", "recorded since 1 Sep 2026"),
        ("Consent", "ok", "to 1 Mar 2027"),
    ]


@pytest.mark.parametrize(
    ("visits_used", "booked", "state", "words"),
    [
        (2, [TARGET], "ok", "1 visit left beside 1 booked"),
        (3, [TARGET], "ok", "0 visits left beside 1 booked"),
        (3, [TARGET, date(2027, 2, 25)], "unsure", "490 U left; none for 25 Feb 2027"),
    ],
)
def test_a_booked_visit_counts_against_those_left(visits_used: int, booked: list[date], state: str, words: str) -> None:
    rows = (allowed(visits_used=visits_used),)
    found = light("authorization", booked_on=TARGET, booked_days=booked, authorizations=rows)
    assert found[0] == state
    assert words in found[1]


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"eligible_on": None, "last_session_on": None}, "not_needed", "first session, any day"),
        ({"eligible_on": TODAY}, "ok", "allowed now, closes 1 Mar 2027"),
        ({"eligible_on": TODAY + timedelta(days=1)}, "ok", "allowed from 22 Nov 2026, closes 1 Mar 2027"),
        (
            {"booked_on": date(2026, 11, 23), "target_on": date(2026, 11, 23)},
            "missing",
            "booked 23 Nov 2026, too early; allowed from 24 Nov 2026",
        ),
        ({"booked_on": date(2026, 11, 24)}, "ok", "allowed from 24 Nov 2026, closes 1 Mar 2027"),
        ({"booked_on": date(2027, 3, 2)}, "unsure", "booked 2 Mar 2027, after it closes 1 Mar 2027"),
        ({"window_closes_on": date(2026, 11, 20)}, "unsure", "closed 20 Nov 2026; allowed from 24 Nov 2026"),
        # What a payer asks for today does not move the window, and is said: 93 days end on the target, 94 do not.
        ({"coverages": (Paying("Aetna", True, min_interval_days=93),)}, "ok", None),
        (
            {"coverages": (Paying("Aetna", True, min_interval_days=94),)},
            "unsure",
            "allowed from 24 Nov 2026; Aetna asks for 94 days, to 4 Dec 2026",
        ),
        ({"coverages": (Paying("Aetna", True, ends_on=TODAY, min_interval_days=94),)}, "ok", None),
    ],
)
def test_window(changes: dict[str, Any], state: str, words: str | None) -> None:
    found = light("window", **changes)
    assert found[0] == state
    assert words is None or found[1] == words


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"coverages": ()}, "unsure", "who pays is not recorded"),
        ({"coverages": (Paying("Aetna", True, ends_on=date(2026, 12, 2)),)}, "unsure", "no coverage on 3 Dec 2026"),
        ({"coverages": (Paying("Aetna", False), Paying("Blue", False))}, "not_needed", "Aetna and Blue asks for none"),
        ({"authorizations": (allowed(ends_on=TARGET),)}, "ok", "to 3 Dec 2026, 2 visits left, 490 U left"),
        (
            {"authorizations": (allowed(ends_on=date(2026, 12, 2)),)},
            "missing",
            "ends 2 Dec 2026, before 3 Dec 2026; should have been asked for by 19 Nov 2026",
        ),
        (
            {"authorizations": (allowed(starts_on=date(2026, 12, 4)),)},
            "missing",
            "begins 4 Dec 2026, after 3 Dec 2026; should have been asked for by 19 Nov 2026",
        ),
        ({"authorizations": (allowed(visits_used=4),)}, "missing", None),
        ({"authorizations": (allowed(units_used=Decimal(800)),)}, "missing", None),
        ({"authorizations": (allowed(units_used=Decimal(645)),)}, "ok", "to 28 Feb 2027, 2 visits left, 155 U left"),
        (
            {"authorizations": (allowed(units_used=Decimal(646)),)},
            "unsure",
            "to 28 Feb 2027, 2 visits left, 154 U left: fewer than the last session took",
        ),
        (
            {"authorizations": (allowed(visits_approved=None, units_approved=None),)},
            "ok",
            "to 28 Feb 2027",
        ),
        ({"authorizations": (allowed(status="submitted"),)}, "unsure", "asked for, no answer yet"),
        ({"authorizations": (allowed(status="appeal"),)}, "unsure", "denied, in appeal"),
        ({"authorizations": (allowed(status="denied"),)}, "missing", None),
        ({"authorizations": (allowed(product=XEOMIN),)}, "missing", None),
        ({"authorizations": (allowed(condition="tmj_bruxism"),)}, "missing", None),
        (
            {"authorizations": (), "ask_by": date(2026, 11, 21)},
            "missing",
            "Aetna wants one; ask by 21 Nov 2026",
        ),
        # Two that overlap: the one that ends first and has enough is used.
        (
            {"authorizations": (allowed(id=2, ends_on=date(2027, 9, 9)), allowed(visits_used=4))},
            "ok",
            "to 9 Sep 2027, 2 visits left, 490 U left",
        ),
    ],
)
def test_authorization(changes: dict[str, Any], state: str, words: str | None) -> None:
    found = light("authorization", **changes)
    assert found[0] == state, found
    assert words is None or found[1] == words


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"product": "", "brand": ""}, "not_needed", "no product chosen yet"),
        ({"stock": ()}, "missing", "no BOTOX in stock, none ordered"),
        ({"stock": (Stock(XEOMIN, 9, 900, date(2027, 5, 1)),)}, "missing", None),
        ({"stock": (Stock(BOTOX, 1, 200, TARGET),)}, "ok", "BOTOX in stock, 1 vial"),
        ({"stock": (Stock(BOTOX, 1, 200, TARGET - timedelta(days=1)),)}, "missing", None),
        ({"stock": (Stock(BOTOX, 1, 200, date(2027, 5, 1), recalled_on=TODAY),)}, "missing", None),
        (
            {"stock": (Stock(BOTOX, 1, 100, date(2027, 5, 1)),)},
            "unsure",
            "BOTOX in stock, 1 vial: fewer than last time",
        ),
        (
            {"stock": (Stock(BOTOX, 1, 200, date(2027, 5, 1), is_named=True),)},
            "ok",
            "1 vial of BOTOX here for this patient",
        ),
        ({"orders": (Order(BOTOX, "ordered", TARGET),)}, "ok", "BOTOX ordered, expected 3 Dec 2026"),
        (
            {"orders": (Order(BOTOX, "shipped", TARGET + timedelta(days=1)),)},
            "unsure",
            "BOTOX shipped, expected 4 Dec 2026, after 3 Dec 2026",
        ),
        (
            {"orders": (Order(BOTOX, "ordered", TODAY - timedelta(days=1)),)},
            "unsure",
            "BOTOX ordered, expected 20 Nov 2026, not here yet",
        ),
        ({"orders": (Order(BOTOX, "ordered", None),)}, "unsure", "BOTOX ordered, no day given"),
        ({"orders": (Order(XEOMIN, "ordered", TARGET),)}, "ok", "BOTOX in stock, 2 vials"),
    ],
)
def test_drug(changes: dict[str, Any], state: str, words: str | None) -> None:
    found = light("drug", **changes)
    assert found[0] == state, found
    assert words is None or found[1] == words


def said(**answers: str) -> dict[str, dict[str, str]]:
    return NO | {key: {"answer": answer, "note": "a private word"} for key, answer in answers.items()}


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"screened_on": None, "answers": None}, "missing", "never asked"),
        ({"screened_on": TODAY}, "ok", "asked 21 Nov 2026, today"),
        (
            {"answers": said(site_infection="yes")},
            "missing",
            "asked 1 Sep 2026, 81 days ago: a provider has to look at it first",
        ),
        (
            {"answers": said(anticoagulants="unsure")},
            "unsure",
            "asked 1 Sep 2026, 81 days ago: a provider should look at it",
        ),
        # What does not bear on booking is not said at all.
        ({"answers": said(muscle_relaxants="yes")}, "ok", "asked 1 Sep 2026, 81 days ago"),
    ],
)
def test_screening(changes: dict[str, Any], state: str, words: str) -> None:
    assert light("screening", **changes) == (state, words)


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"last_session_on": None, "is_responded": False}, "not_needed", "first session"),
        ({"is_responded": False}, "missing", "not recorded"),
        ({"is_responded": False, "asked_next_on": TODAY}, "unsure", "follow-up on 21 Nov 2026"),
        (
            {"is_responded": False, "asked_next_on": TODAY - timedelta(days=1)},
            "missing",
            "not recorded; follow-up was due 20 Nov 2026",
        ),
    ],
)
def test_response(changes: dict[str, Any], state: str, words: str) -> None:
    assert light("response", **changes) == (state, words)


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"consents": ()}, "missing", "none on file"),
        ({"consents": (consent(expires_on=TARGET),)}, "ok", "to 3 Dec 2026"),
        (
            {"consents": (consent(expires_on=TARGET - timedelta(days=1)),)},
            "missing",
            "runs out 2 Dec 2026, before 3 Dec 2026",
        ),
        ({"consents": (consent(expires_on=date(2026, 11, 1)),)}, "missing", "ran out on 1 Nov 2026"),
        ({"consents": (consent(withdrawn_on=TODAY),)}, "missing", "was withdrawn on 21 Nov 2026"),
        ({"is_labelled": False}, "missing", "does not cover use outside the label"),
        ({"is_labelled": False, "consents": (consent(covers_off_label=True),)}, "ok", "to 1 Mar 2027"),
        ({"consents": (consent(conditions=("tmj_bruxism",)),)}, "missing", "none in date for this condition"),
        ({"born": date(2012, 1, 1)}, "missing", "a parent or guardian has to sign"),
    ],
)
def test_consent(changes: dict[str, Any], state: str, words: str) -> None:
    assert light("consent", **changes) == (state, words)


@pytest.mark.parametrize(
    ("booked", "target", "eligible", "day"),
    [
        (None, None, None, TODAY),
        (None, TODAY - timedelta(days=9), TODAY - timedelta(days=20), TODAY),
        (None, TODAY + timedelta(days=9), TODAY + timedelta(days=5), TODAY + timedelta(days=9)),
        (None, TODAY + timedelta(days=3), TODAY + timedelta(days=5), TODAY + timedelta(days=5)),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=9), None, TODAY + timedelta(days=1)),
    ],
)
def test_the_day_aimed_at(booked: date | None, target: date | None, eligible: date | None, day: date) -> None:
    assert target_day(on=TODAY, booked_on=booked, target_on=target, eligible_on=eligible) == day


@given(
    keys=st.lists(st.sampled_from([question.key for question in QUESTIONS]), unique=True),
    units=st.decimals(1, 2000, places=2),
)
def test_no_light_says_a_note_or_a_dose(keys: list[str], units: Decimal) -> None:
    facts = replace(
        READY,
        answers=said(**dict.fromkeys(keys, "yes")),
        last_units=units,
        last_total=units,
        authorizations=(),
        is_responded=False,
    )
    found = lights(facts)
    assert [one.key for one in found] == list(NAMES)
    assert all(isinstance(one.state, LightState) and one.words for one in found)
    words = " ".join(one.words for one in found)
    assert "private" not in words
    assert " U" not in words.replace("Unless", "")

"""From the database to the rules and to the pick lists: that the few wide queries bring the right rows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import Product, Vial
from patients.models import (
    Allergy,
    HistoryItem,
    Medication,
    Screening,
    Weight,
)
from patients.rules.screening import QUESTIONS, VERSION
from tests.cast import Cast
from tests.treatments.charted import BOTOX, _Always, draft, moment, signed, vials_in_stock
from treatments.actions.records import replace_session
from treatments.actions.sessions import DraftSite, record_outside_session, sign_session, void_session
from treatments.checks import facts_of, findings_of
from treatments.models import InjectionSession, LabelConfirmation, Muscle, PatientVial, TreatmentCourse
from treatments.rules.chosen import record_links
from treatments.rules.facts import Finding
from treatments.views.picks import read_picks


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return cast.course()


def charted(cast: Cast, course: TreatmentCourse) -> InjectionSession:
    return draft(cast, course, on=cast.harbour.today(), vials=vials_in_stock(cast))


def found_in(session: InjectionSession, cast: Cast) -> list[Finding]:
    fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
    return findings_of(fresh, by=cast.ito, today=cast.harbour.today())


def test_what_is_known_of_the_patient_is_found(cast: Cast, course: TreatmentCourse) -> None:
    yesterday = cast.harbour.today() - timedelta(days=1)
    Allergy.objects.create(patient=cast.joye, substance="albumin", reaction="rash")
    Allergy.objects.create(patient=cast.joye, substance="latex", ended_on=yesterday)
    Medication.objects.create(patient=cast.joye, drug_class="anticoagulant", name="apixaban", started_on=yesterday)
    Medication.objects.create(patient=cast.joye, drug_class="aminoglycoside", name="tobramycin", ended_on=yesterday)
    HistoryItem.objects.create(patient=cast.joye, kind="cardiac", note="infarction 2019")
    Allergy.objects.create(patient=cast.omar, substance="botulinum_toxin")
    session = charted(cast, course)
    found = {finding.key: finding.words for finding in found_in(session, cast)}
    assert set(found) == {"albumin", "alert-anticoagulant", "alert-cardiac"}
    assert "(apixaban)" in found["alert-anticoagulant"]
    assert "(infarction 2019)" in found["alert-cardiac"]


def test_a_label_maximum_and_an_unlisted_use_are_found(cast: Cast, course: TreatmentCourse) -> None:
    product = Product.objects.get(key=BOTOX)
    session = charted(cast, course)
    assert found_in(session, cast) == []
    product.label_maxima.create(indications=["chronic_migraine"], units=150, confidence="A", words="w", source="s")
    product.label_maxima.create(indications=["tmj_bruxism"], units=1, confidence="A", words="w", source="s")
    course.condition.on_label_products.remove(product)
    assert [(finding.key, finding.severity.value) for finding in found_in(session, cast)] == [
        ("maximum-0-chronic_migraine", "stop"),
        (f"off-label-{course.pk}", "note"),
    ]


def test_two_sessions_count_together_for_the_interval_of_their_label(cast: Cast) -> None:
    """Daxxify's label asks for 90 days between sessions, in which a maximum for one session is held against both."""
    today = cast.harbour.today()
    neck = cast.course(condition="cervical_dystonia")
    daxxify = Product.objects.get(key="daxibotulinumtoxinA-lanm")
    for days, warns in ((90, False), (89, True)):
        on = today - timedelta(days=days)
        record_outside_session(
            course=neck, performed_on=on, product=daxxify, units=Decimal(200), source="letter", on=today, by=cast.ito
        )
        vials = vials_in_stock(cast, 1, units=100, product=daxxify.key)
        site = DraftSite(neck.pk, Muscle.objects.get(key="scm").pk, "left", Decimal(51))
        session = draft(cast, neck, on=today, vials=vials, product=daxxify.key, sites=[site])
        assert ("rolling-total" in {finding.key for finding in found_in(session, cast)}) is warns


def test_the_window_that_counts_is_the_last_one_before_the_session(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    for days in (200, 60):
        signed(cast, course, on=today - timedelta(days=days))
    session = charted(cast, course)
    key = f"interval-{course.pk}"
    (early,) = [finding for finding in found_in(session, cast) if finding.key == key]
    window = course.windows.get(last_session_on=today - timedelta(days=60))
    assert f"{window.eligible_on.day} {window.eligible_on:%b %Y}" in early.words
    course.windows.filter(pk=window.pk).update(voided=True)
    assert key not in {finding.key for finding in found_in(session, cast)}


def test_a_childs_weight_makes_the_maximum_and_is_kept(cast: Cast) -> None:
    today = cast.harbour.today()
    cast.joye.birth_date = today - timedelta(days=8 * 366)
    cast.joye.save()
    arm = cast.course(condition="upper_limb_spasticity")
    biceps = Muscle.objects.get(key="biceps")
    old = Weight.objects.create(patient=cast.joye, kg="40", measured_on=today - timedelta(days=31))
    sites = [DraftSite(arm.pk, biceps.pk, "left", Decimal(15)) for _ in range(9)]
    session = draft(cast, arm, on=today, vials=vials_in_stock(cast), sites=sites)
    assert {"weight", f"muscle-range-{arm.pk}"} <= {finding.key for finding in found_in(session, cast)}
    new = Weight.objects.create(patient=cast.joye, kg="22.4", measured_on=today)
    found = {finding.key: finding for finding in found_in(session, cast)}
    # 6 U/kg at 22.4 kg: 134.4 U.
    stop = found["maximum-0-upper_limb_spasticity-child"]
    assert stop.severity == "stop"
    assert "135 U in this session, 0.6 U over the label's 134.4 U" in stop.words
    assert "weight" not in found
    fewer = draft(cast, arm, on=today, vials=vials_in_stock(cast), sites=sites[:8])
    assert "maximum-0-upper_limb_spasticity-child" not in {finding.key for finding in found_in(fewer, cast)}
    facts = facts_of(InjectionSession.objects.for_chart().get(pk=fewer.pk), by=cast.ito, today=today)
    assert record_links(facts).weight_id == new.pk != old.pk


def test_a_vial_of_another_patient_and_one_nobody_is_named_for_stop(cast: Cast, course: TreatmentCourse) -> None:
    vials = vials_in_stock(cast, 1)
    session = draft(cast, course, on=cast.harbour.today(), vials=vials)
    key = f"vial-patient-{vials[0].size} lot {vials[0].lot.number}"
    assert found_in(session, cast) == []
    Vial.objects.filter(pk=vials[0].pk).update(source=Vial.Source.PHARMACY)
    assert [finding.key for finding in found_in(session, cast)] == [key]
    owner = PatientVial.objects.create(vial=vials[0], patient=cast.omar, named_by=cast.ito)
    assert [finding.key for finding in found_in(session, cast)] == [key]
    owner.patient = cast.joye
    owner.save()
    assert found_in(session, cast) == []


@pytest.mark.parametrize(("minutes", "stops"), [(24 * 60, False), (24 * 60 + 1, True)])
def test_the_in_use_time_runs_until_the_session_ended(
    cast: Cast, course: TreatmentCourse, minutes: int, stops: bool
) -> None:
    on = cast.harbour.today() - timedelta(days=3)
    session = draft(cast, course, on=on, vials=vials_in_stock(cast), ended_at=time(15, 30))
    ended = datetime.combine(on, time(15, 30), cast.harbour.zone())
    session.vial_uses.update(reconstituted_at=ended - timedelta(minutes=minutes))
    fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
    # Signed three days later: what counts is when it was given.
    found = {finding.key for finding in findings_of(fresh, by=cast.ito, today=cast.harbour.today())}
    assert any(key.startswith("vial-hours") for key in found) is stops


def test_without_an_end_the_vial_counts_until_now_and_never_beyond_the_day(cast: Cast, course: TreatmentCourse) -> None:
    on = cast.harbour.today() - timedelta(days=3)
    session = draft(cast, course, on=on, vials=vials_in_stock(cast))
    session.vial_uses.update(reconstituted_at=datetime.combine(on, time(9), cast.harbour.zone()))

    def clock(now: datetime) -> set[str]:
        fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
        found = findings_of(fresh, by=cast.ito, today=cast.harbour.today(), now=now)
        return {finding.key.rsplit("-", 1)[0] for finding in found if finding.key.startswith("vial-")}

    noon = datetime.combine(on, time(12), cast.harbour.zone())
    assert clock(noon) == set()
    assert clock(noon + timedelta(days=2)) == set()
    assert clock(noon - timedelta(hours=4)) == {"vial-clock"}


def test_the_screening_of_the_day_speaks_and_one_of_another_day_does_not(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    answers = {question.key: {"answer": "no", "note": ""} for question in QUESTIONS}
    answers |= {key: {"answer": "yes", "note": ""} for key in ("site_infection", "albumin_objection", "milk_allergy")}
    session = charted(cast, course)

    def screened(on: date) -> dict[str, str]:
        Screening.objects.create(
            patient=cast.joye, answered_on=on, questionnaire=VERSION, answers=answers, recorded_by=cast.ito
        )
        return {finding.key: finding.severity for finding in found_in(session, cast)}

    assert screened(today - timedelta(days=1)) == {}
    # Milk protein concerns Dysport alone; albumin is in BOTOX.
    assert screened(today) == {"alert-site_infection": "stop", "alert-albumin": "warn"}
    del answers["cardiac"]
    assert screened(today)["screening"] == "warn"
    # Toxin from elsewhere is answered by a session from elsewhere, not by those given here.
    answers["prior_toxin"] = {"answer": "yes", "note": ""}
    signed(cast, course, on=today - timedelta(days=90))
    assert screened(today)["alert-prior_toxin"] == "warn"
    on, botox = today - timedelta(days=85), Product.objects.get(key=BOTOX)
    record_outside_session(
        course=cast.course(condition="tmj_bruxism"), performed_on=on, product=botox, units=Decimal(50), source="letter",
        on=today, by=cast.ito,
    )  # fmt: skip
    assert screened(today)["alert-prior_toxin"] == "note"
    dysport = Product.objects.get(key="abobotulinumtoxinA")
    InjectionSession.objects.filter(pk=session.pk).update(product=dysport)
    milk = f"{dysport.key}/ingredient/milk_protein"
    LabelConfirmation.objects.create(subject=milk, value="contained", label_revision="7/2023", confirmed_by=cast.ito)
    assert screened(today)["alert-milk_protein"] == "stop"
    answers["milk_allergy"] = {"answer": "unsure", "note": ""}
    assert screened(today)["alert-milk_protein"] == "warn"


def test_toxin_given_for_another_course_is_shown_and_that_of_this_course_is_not(
    cast: Cast, course: TreatmentCourse
) -> None:
    today = cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=100))
    session = charted(cast, course)
    # Beside what the scores say of the session before, which asks for nothing.
    assert [found.rule for found in found_in(session, cast)] == ["R14"]
    neck = cast.course(condition="cervical_dystonia")
    record_outside_session(
        course=neck,
        performed_on=today - timedelta(days=112),
        product=Product.objects.get(key=BOTOX),
        units=Decimal(200),
        source="letter",
        on=today,
        by=cast.ito,
    )
    shown, measured = found_in(session, cast)
    assert (shown.key, shown.severity) == ("interval-other", "note")
    assert measured.words.endswith("not assessable: no 28-day diary before the first session.")


def arm_sites(course: TreatmentCourse, left: int, right: int) -> list[DraftSite]:
    biceps = Muscle.objects.get(key="biceps")
    each = {"left": left, "right": right}
    return [DraftSite(course.pk, biceps.pk, side, Decimal(units)) for side, units in each.items() if units]


def dose_findings(session: InjectionSession, cast: Cast) -> dict[str, str]:
    found = found_in(session, cast)
    return {row.key: str(row.severity) for row in found if row.key.startswith(("maximum", "rolling", "interval"))}


def test_what_was_given_counts_while_its_record_is_written_again(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    arm = cast.course(condition="upper_limb_spasticity")
    first = signed(cast, arm, on=today - timedelta(days=3), sites=arm_sites(arm, 100, 100))
    second = draft(cast, arm, on=today, vials=vials_in_stock(cast, 2), sites=arm_sites(arm, 200, 100))
    before = dose_findings(second, cast)
    assert before == {"maximum-84": "stop", f"interval-{arm.pk}": "warn"}
    first = void_session(session=first, reason="a typo", by=cast.ito, now=timezone.now())
    assert dose_findings(second, cast) == {}  # voided alone: entered in error, nothing was given
    again = replace_session(session=first, by=cast.ito)
    assert dose_findings(second, cast) == {"maximum-84": "stop", "interval-any": "warn"}
    # The replacement is that visit: what it replaces does not count beside its own sites.
    assert dose_findings(again, cast) == {}
    sign_session(
        session=again, by=cast.ito, version=again.version, reasons=_Always(), now=moment(cast, today)
    )  # fmt: skip
    assert dose_findings(second, cast) == before
    # A replacement thrown away leaves a session that was entered in error.
    other = void_session(session=again, reason="a typo", by=cast.ito, now=timezone.now())
    draft_of_it = replace_session(session=other, by=cast.ito)
    void_session(session=draft_of_it, reason="not needed", by=cast.ito, now=timezone.now())
    assert dose_findings(second, cast) == {}


@pytest.mark.parametrize(
    ("days", "found"),
    [(1, {"maximum-84": "stop", "interval-later": "warn"}), (83, {"maximum-84": "stop", "interval-later": "warn"}),
     (84, {"maximum-near-84": "warn"}), (92, {})],
)  # fmt: skip
def test_a_session_entered_late_sees_what_was_given_after_it(cast: Cast, days: int, found: dict[str, str]) -> None:
    today = cast.harbour.today()
    arm = cast.course(condition="upper_limb_spasticity")
    signed(cast, arm, on=today, sites=arm_sites(arm, 100, 100))
    late = draft(
        cast, arm, on=today - timedelta(days=days), vials=vials_in_stock(cast, 2), sites=arm_sites(arm, 200, 100)
    )
    assert dose_findings(late, cast) == found


@pytest.mark.parametrize(("days", "shown"), [(112, True), (113, False)])
def test_other_toxin_given_later_is_read_as_far_as_it_is_shown(
    cast: Cast, course: TreatmentCourse, days: int, shown: bool
) -> None:
    today = cast.harbour.today()
    neck = cast.course(condition="cervical_dystonia")
    outside_session(cast, neck, product="incobotulinumtoxinA", units=100, on=today)
    late = draft(cast, course, on=today - timedelta(days=days), vials=vials_in_stock(cast))
    assert dose_findings(late, cast) == ({"interval-other-later": "note"} if shown else {})


def outside_session(cast: Cast, course: TreatmentCourse, *, product: str, units: int, on: date) -> InjectionSession:
    return record_outside_session(
        course=course, performed_on=on, product=Product.objects.get(key=product), units=Decimal(units), source="letter",
        on=cast.harbour.today(), by=cast.ito,
    )  # fmt: skip


def test_where_the_units_of_other_sessions_went_is_read(cast: Cast) -> None:
    today = cast.harbour.today()
    arm = cast.course(condition="upper_limb_spasticity")
    leg = cast.course(condition="lower_limb_spasticity")
    soleus = Muscle.objects.get(key="soleus")
    given = [*arm_sites(arm, 20, 30), *arm_sites(arm, 10, 0), DraftSite(leg.pk, soleus.pk, "right", Decimal("12.5"))]
    signed(cast, arm, leg, on=today, sites=given)
    outside_session(cast, leg, product=BOTOX, units=40, on=today - timedelta(days=9))
    session = draft(cast, arm, on=today, vials=vials_in_stock(cast), sites=arm_sites(arm, 5, 0), by=cast.okafor)
    fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
    facts = facts_of(fresh, by=cast.ito, today=today)
    limbs = {row.performed_on: [(limb.condition, limb.side, limb.units) for limb in row.limbs] for row in facts.earlier}
    assert limbs == {
        today: [
            ("lower_limb_spasticity", "right", Decimal("12.5")),
            ("upper_limb_spasticity", "left", Decimal(30)),
            ("upper_limb_spasticity", "right", Decimal(30)),
        ],
        today - timedelta(days=9): [("lower_limb_spasticity", "", Decimal(40))],
    }


def test_two_sessions_of_a_child_on_one_day_are_one_visit(cast: Cast) -> None:
    today = cast.harbour.today()
    cast.joye.birth_date = today - timedelta(days=8 * 366)
    cast.joye.save()
    Weight.objects.create(patient=cast.joye, kg="20", measured_on=today)
    arm = cast.course(condition="upper_limb_spasticity")
    signed(cast, arm, on=today, sites=arm_sites(arm, 0, 70))
    key = "maximum-0-upper_limb_spasticity-child"  # 6 U/kg: 120 U
    for units, stops in ((50, False), (51, True)):
        session = draft(
            cast, arm, on=today, vials=vials_in_stock(cast), sites=arm_sites(arm, units, 0), by=cast.okafor
        )  # fmt: skip
        assert (dose_findings(session, cast).get(key) == "stop") is stops


def test_the_pick_lists_are_the_reference_data(cast: Cast, course: TreatmentCourse) -> None:
    migraine = course.condition
    picks = read_picks(charted(cast, course))
    muscles = Muscle.objects.prefetch_related("conditions")
    assert [(key, muscle.pk, muscle.name, muscle.is_midline) for key, muscle in picks.muscles.items()] == [
        (muscle.key, muscle.pk, muscle.name, muscle.is_midline) for muscle in muscles
    ]
    assert {key: muscle.treated_in for key, muscle in picks.muscles.items()} == {
        muscle.key: {condition.pk for condition in muscle.conditions.all()} for muscle in muscles
    }
    assert [(p, [(d.vial_units, d.diluent_ml) for d in p.dilution_picks]) for p in picks.products] == [
        (product, [(dilution.vial_units, dilution.diluent_ml) for dilution in product.dilutions.all()])
        for product in Product.objects.all()
    ]
    protocols = migraine.protocols.filter(is_current=True).order_by("name")
    assert [
        (p, p.product_id, [(s.muscle, s.side, s.units, s.units_max, s.view, s.x, s.y) for s in p.site_list])
        for p in picks.protocols
    ] == [
        (
            protocol,
            protocol.product_id,
            [(s.muscle, s.side, s.units, s.units_max, s.view, s.x, s.y) for s in protocol.sites.all()],
        )
        for protocol in protocols
    ]
    assert picks.protocols


def test_a_later_screening_does_not_hide_the_stop_of_the_day(cast: Cast, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    day = today - timedelta(days=2)
    no = {question.key: {"answer": "no", "note": ""} for question in QUESTIONS}
    infected = next(question.key for question in QUESTIONS if "infection" in question.key)
    yes = no | {infected: {"answer": "yes", "note": "forehead"}}
    for on, answers in ((day, yes), (today, no)):
        Screening.objects.create(
            patient=cast.joye, answered_on=on, questionnaire=VERSION, answers=answers, recorded_by=cast.ito
        )
    session = draft(cast, course, on=day, vials=vials_in_stock(cast))
    found = {finding.key: finding.severity for finding in found_in(session, cast)}
    assert "screening" not in found
    assert "stop" in found.values()
    kept = facts_of(InjectionSession.objects.for_chart().get(pk=session.pk), by=cast.ito, today=today)
    assert record_links(kept).screening_id == cast.joye.screenings.get(answered_on=day).pk


def test_the_end_of_the_session_stops_the_clock_of_a_vial(cast: Cast, course: TreatmentCourse) -> None:
    day = cast.harbour.today() - timedelta(days=1)
    session = draft(cast, course, on=day, vials=vials_in_stock(cast))
    key, zone = "vial-hours-", cast.harbour.zone()
    mixed = datetime.combine(day - timedelta(days=1), time(23, 30), zone)
    session.vial_uses.update(reconstituted_at=mixed)

    def said() -> str:
        return next((finding.words for finding in found_in(session, cast) if finding.key.startswith(key)), "")

    assert said().endswith("Record when the session ended.")
    InjectionSession.objects.filter(pk=session.pk).update(ended_at=time(23, 30))
    assert said() == ""
    InjectionSession.objects.filter(pk=session.pk).update(ended_at=time(23, 31))
    assert "24 h 1 min before it was given" in said()


def test_the_words_of_the_diagnosis_reach_the_rules(cast: Cast) -> None:
    arm = cast.course(condition="upper_limb_spasticity")
    arm.diagnosis = arm.condition.diagnosis_codes.filter(display__icontains="left").first()
    arm.save()
    biceps = Muscle.objects.get(key="biceps")
    session = draft(
        cast,
        arm,
        on=cast.harbour.today(),
        vials=vials_in_stock(cast),
        sites=[DraftSite(arm.pk, biceps.pk, "right", Decimal(100))],
    )
    words = {finding.key: finding.words for finding in found_in(session, cast)}
    assert words[f"diagnosis-side-{arm.pk}"] == "The diagnosis says left; all sites are on the right."

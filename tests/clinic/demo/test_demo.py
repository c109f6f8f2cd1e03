"""The demo clinic: what must be there on the day it is made, and that its rows are such as the actions leave."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Q, Sum

from accounts.models import Site, User
from clinic.demo import SIGN_INS
from clinic.demo.build import NotEmptyError, make_demo_clinic
from clinic.demo.plan import EAST, WEST, make_cases
from inventory.models import StockMovement, Vial
from messaging.models import Message
from messaging.rules.wording import health_words
from outcomes.models import Assessment
from patients.likely_pairs import likely_pairs
from patients.models import Patient, Task
from scheduling.models import Appointment, RecallAttempt, RecallHold
from tests.clinic.demo import NOW, PATIENTS
from treatments.actions.windows import rebuild_windows
from treatments.checks import facts_of
from treatments.models import (
    AdverseEvent,
    Condition,
    FollowUp,
    Injection,
    InjectionSession,
    LotRecall,
    RetreatmentWindow,
    StockCount,
    StockCountResolution,
    TreatmentCourse,
    VialUse,
)
from treatments.models.course import DATE_FIELDS
from treatments.querysets.courses import site_days
from treatments.rules.findings import find_all
from treatments.rules.windows import State, state_on
from treatments.seals import verify_records

pytestmark = pytest.mark.django_db


def test_every_state_is_there_at_both_sites() -> None:
    for site in Site.objects.all():
        found = TreatmentCourse.objects.filter(site=site).with_state(on=site_days(now=NOW))
        assert set(found.values_list("state_now", flat=True)) == set(map(str, State)), site


def test_every_condition_is_treated_and_some_sessions_treat_two() -> None:
    treated = InjectionSession.objects.given().values_list("courses__condition__key", flat=True)
    assert set(treated) == set(Condition.objects.values_list("key", flat=True))
    assert InjectionSession.objects.given().annotate(n=Count("courses")).filter(n=2).exists()


def test_nobody_has_a_digit_in_the_name() -> None:
    names = [
        *Patient.objects.values_list("given_name", flat=True),
        *Patient.objects.values_list("family_name", flat=True),
        *Patient.objects.values_list("former_name", flat=True),
        *User.objects.values_list("name", flat=True),
        *Site.objects.values_list("name", flat=True),
    ]
    assert Patient.objects.count() == PATIENTS + 1, "one of them is here twice"
    assert not [name for name in names if any(letter.isdigit() for letter in name)]
    assert Patient.objects.values("given_name", "family_name").distinct().count() == PATIENTS + 1


def test_somebody_is_here_twice_and_waits_to_be_looked_at() -> None:
    by = User.objects.get(email=dict((role, email) for role, email, _ in SIGN_INS)["administrator"])
    (pair,) = likely_pairs(by=by, most=PATIENTS).pairs
    assert pair.words == "the same date of birth and a similar name"
    assert pair.older.sessions.exists()
    assert not pair.newer.courses.exists()
    assert pair.newer.allergies.exists()


def test_people_to_sign_in_as() -> None:
    users = [authenticate(username=email, email=email, password=password) for _, email, password in SIGN_INS]
    assert [user and list(user.roles) for user in users] == [
        ["provider"],
        ["trainee"],
        ["front_desk"],
        ["administrator"],
    ]
    assert all(user.sites.count() == 2 for user in User.objects.all())
    providers = User.objects.providers()
    assert providers.count() == 3
    for provider in providers:
        provider.credential.full_clean()
        assert provider.signing_problem(on=NOW.date()) is None
        assert provider.availabilities.exists()
    assert len({site.time_zone for site in Site.objects.all()}) == 2


def test_stored_windows_are_what_the_rules_say() -> None:
    """Made again from the sessions, no window and no course differs; this holds the written-down sessions, too."""
    dates = {row.pk: [getattr(row, name) for name in DATE_FIELDS] for row in TreatmentCourse.objects.all()}
    unlike_calculated = set(RetreatmentWindow.objects.exclude(target_chosen_on=None).values_list("course", flat=True))
    with transaction.atomic():
        for course in TreatmentCourse.objects.select_related("condition", "patient"):
            windows = list(course.windows.order_by("pk").values())
            rebuild_windows(course=course, on=NOW.date())
            assert list(course.windows.order_by("pk").values()) == windows
            assert [getattr(course, name) for name in DATE_FIELDS] == dates[course.pk]
        # From nothing, under the same policy, the same dates; the target may know of wear-offs recorded since.
        RecallAttempt.objects.all().delete()
        RecallHold.objects.all().delete()
        RetreatmentWindow.objects.all().delete()
        for course in TreatmentCourse.objects.select_related("condition", "patient"):
            rebuild_windows(course=course, on=NOW.date())
            if course.pk not in unlike_calculated:
                assert [getattr(course, name) for name in DATE_FIELDS] == dates[course.pk]
        transaction.set_rollback(True)


def test_states_in_the_database_are_those_of_the_rules() -> None:
    days = site_days(now=NOW)
    for course in TreatmentCourse.objects.select_related("patient").with_state(on=days):
        closed_from = [course.closed_on, course.patient.died_on, course.patient.left_on]
        assert course.state_now == state_on(course, closed_from=closed_from, on=days[course.site_id])


def test_stock_adds_up() -> None:
    assert not Vial.objects.exclude(
        Q(status=Vial.Status.IN_STOCK, uses=None)
        | Q(status=Vial.Status.IN_STOCK, uses__session__status="draft")
        | Q(status=Vial.Status.USED, uses__session__status="signed")
        | Q(status=Vial.Status.MISSING, uses=None)
    ).exists()
    # One finished count, at which one vial was missing.
    count = StockCount.objects.get()
    assert count.closed_at
    assert [resolution.how for resolution in StockCountResolution.objects.all()] == ["missing"]
    assert Vial.objects.filter(status=Vial.Status.MISSING).count() == 1
    moved = Counter(StockMovement.objects.values_list("kind", flat=True))
    assert moved["received"] == Vial.objects.count()
    uses = VialUse.objects.exclude(session__status="draft").select_related(
        "vial__size__product", "vial__lot", "session__product"
    )
    assert moved["used"] == uses.count() == Vial.objects.filter(status=Vial.Status.USED).count()
    for use in uses:
        assert use.units_given + use.units_discarded == use.vial.size.units
        assert use.units_given > 0
        assert use.vial.size.product == use.session.product
        assert use.vial.site_id == use.session.site_id
        assert use.vial.received_on <= use.session.performed_on <= use.vial.lot.expires_on
    given = dict(uses.values_list("session").annotate(Sum("units_given")))
    charted = dict(Injection.objects.exclude(session__status="draft").values_list("session").annotate(Sum("units")))
    assert given == charted
    for site in Site.objects.all():
        assert Vial.objects.filter(site=site, size__units=200).in_stock().count() >= 6


def test_a_lot_is_recalled_and_half_of_the_work_done() -> None:
    recall = LotRecall.objects.for_list().get()
    assert recall.closed_at is None
    assert 0 < recall.told_count < recall.patient_count
    assert recall.patients.filter(answer="letter").exists()
    assert recall.patients.open().filter(calls=1).exists()
    blocked = Vial.objects.in_stock().filter(lot=recall.lot).select_related("site", "size")
    assert blocked
    for vial in blocked:
        pickable = Vial.objects.pickable(product=vial.size.product, site=vial.site, on=vial.site.today(now=NOW))
        assert pickable.exists()
        assert vial not in pickable
    # No draft of today stands with a vial that cannot be given any more.
    assert not VialUse.objects.filter(vial__lot=recall.lot, session__status="draft").exists()
    tasks = Task.objects.open().filter(kind="lot_recall")
    assert tasks.count() == recall.patient_count - recall.told_count
    assert {task.assigned_to for task in tasks} == {recall.patients.told()[0].acknowledged_by}


def test_doses_stay_within_the_labels() -> None:
    limits = {"BOTOX": 400, "Xeomin": 400, "Dysport": 1500, "Daxxify": 250, "Myobloc": 5000}
    for session in InjectionSession.objects.given().for_list():
        assert session.product is not None
        assert 0 < session.units_total <= limits[session.product.brand]


def test_today_is_busy() -> None:
    statuses = set()
    for provider in User.objects.providers():
        mine = [row for row in Appointment.objects.filter(provider=provider) if row.on == row.site.today(now=NOW)]
        assert mine, provider
        assert len({row.site_id for row in mine}) == 1
        statuses |= {row.shown_status for row in mine}
    assert statuses >= {"arrived", "in_room", "done"}
    drafts = InjectionSession.objects.drafts()
    assert drafts.count() >= 2
    assert all(draft.appointments.exists() for draft in drafts)


def test_a_trainees_draft_waits_for_the_providers_signature() -> None:
    draft = InjectionSession.objects.drafts().get(provider__roles=["trainee"])
    provider = User.objects.get(email=dict((role, email) for role, email, _ in SIGN_INS)["provider"])
    assert draft in InjectionSession.objects.unsigned_for(provider)
    found = find_all(facts_of(draft, by=provider, today=draft.performed_on, now=NOW))
    assert [finding for finding in found if finding.severity == "stop"] == []


def test_bookings_lie_in_the_window_before_it_and_after_it() -> None:
    bookings = set(TreatmentCourse.objects.with_state(on=site_days(now=NOW)).values_list("booking_now", flat=True))
    assert bookings == {"none", "booked in the window", "booked too early", "booked too late"}
    early = Appointment.objects.exclude(override_reason="").filter(starts_at__gt=NOW)
    assert early.exists()


def test_there_is_work_to_do() -> None:
    assert FollowUp.objects.due(on=NOW.date()).exists()
    assert FollowUp.objects.filter(status="done").exclude(wear_off_on=None).exists()
    assert FollowUp.objects.filter(adverse_event=True).exists()
    assert AdverseEvent.objects.unseen().filter(triage="danger").exists()
    assert AdverseEvent.objects.filter(outcome="recovered").exists()
    assert RecallAttempt.objects.exists()
    for site in Site.objects.all():
        waiting = TreatmentCourse.objects.filter(site=site).with_state(on=site_days(now=NOW))
        assert waiting.filter(state_now=State.DUE, booking_now="none").exists()


def test_nothing_happened_after_now() -> None:
    last = max(site_days(now=NOW).values())
    assert not InjectionSession.objects.filter(Q(performed_on__gt=last) | Q(signed_at__gt=NOW)).exists()
    assert not FollowUp.objects.filter(Q(done_on__gt=last) | Q(done_on__lt=F("session__performed_on"))).exists()
    assert not FollowUp.objects.filter(
        Q(onset_on__gt=F("done_on")) | Q(peak_on__gt=F("done_on")) | Q(wear_off_on__gt=F("done_on"))
    ).exists()
    assert not Assessment.objects.filter(assessed_on__gt=last).exists()
    assert not RecallAttempt.objects.filter(at__gt=NOW).exists()


def test_scores_are_such_as_their_instruments_take() -> None:
    for row in Assessment.objects.select_related("version__instrument"):
        assert row.version.minimum <= row.value <= row.version.maximum
        assert row.version.scoring == "principal" or row.label == row.version.grade_labels().get(row.value, "")
    migraine = Assessment.objects.filter(instrument__key="headache_days")
    before = [row.value for row in migraine.filter(follow_up=None)]
    after = [row.value for row in migraine.exclude(follow_up=None)]
    assert sum(after) / len(after) < Decimal("0.8") * sum(before) / len(before)


def test_written_down_sessions_equal_signed_ones() -> None:
    """Each signed session, however it came to be, has what signing leaves: signature, follow-ups, window, no gaps."""
    for session in InjectionSession.objects.filter(status="signed").select_related("signed_by__credential"):
        assert session.signed_by is not None
        assert session.signature.startswith(f"{session.signed_by.name}, {session.signed_by.credential.title}")
        assert session.version == 3
        if session.is_touch_up:
            continue
        assert session.windows.count() == session.courses.count()
        for course in session.courses.all():
            steps = course.condition.policy_in_force(on=session.performed_on).follow_up_steps
            rows = session.follow_ups.filter(course=course)
            assert set(rows.values_list("step", "name", "purpose")) == set(steps.values_list("key", "name", "purpose"))
            due = {row.step: (row.due_on - session.performed_on).days for row in rows}
            assert due == dict(steps.values_list("key", "day"))


def test_a_database_with_people_is_left_alone() -> None:
    with pytest.raises(NotEmptyError):
        make_demo_clinic(now=NOW, report=lambda line: None)
    with pytest.raises(CommandError, match="not empty"):
        call_command("demo_clinic", verbosity=0)
    assert Patient.objects.count() == PATIENTS + 1


@pytest.mark.parametrize(
    "today", [date(2026, 11, 20) + timedelta(days=day) for day in range(7)] + [date(2028, 2, 29), date(2027, 5, 31)]
)
def test_the_plan_works_on_any_day(today: date) -> None:
    """Month ends, leap days, weekends: the states asked for are found, and sessions keep the label's distance."""
    cases = make_cases(Random(str(today)), patients=60, today={EAST: today, WEST: today - timedelta(days=1)})
    for coast in (EAST, WEST):
        assert {case.state for case in cases if case.coast == coast} == set(State)
    for case in cases:
        days = [visit.on for visit in case.visits if not visit.is_touch_up]
        assert days == sorted(set(days))
        assert all(day < case.today for day in days)
        if len(case.conditions) == 1 and case.conditions[0] not in ("chronic_migraine", "tmj_bruxism"):
            gaps = [(later - earlier).days for earlier, later in pairwise(days)]
            assert all(gap >= case.shortest for gap in gaps)


def test_same_seed_and_day_make_the_same_plan() -> None:
    today = {EAST: date(2026, 11, 20), WEST: date(2026, 11, 20)}
    first, second, other = (make_cases(Random(seed), patients=60, today=today) for seed in ("a", "a", "b"))
    assert first == second != other
    assert datetime.now(tz=UTC) >= NOW


def test_every_record_is_sealed_and_none_differs() -> None:
    given = InjectionSession.objects.exclude(status="draft")
    assert not given.filter(as_signed={}).exists()
    found = verify_records()
    assert found.problems == []
    assert found.sessions == InjectionSession.objects.given().count() == found.seals


def test_messages_of_every_end_are_there_and_none_without_consent() -> None:
    found = Counter(Message.objects.values_list("status", flat=True))
    assert {"sent", "bounced", "failed", "unknown"} <= set(found)
    for message in Message.objects.select_related("patient"):
        assert message.patient.contact_consents.filter(channel=message.channel, agreed=True).exists()
        assert health_words(f"{message.subject} {message.body}") == []
    assert Task.objects.filter(about="message", done_at=None).count() == 3

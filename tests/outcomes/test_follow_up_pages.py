from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEvent
from outcomes.models import Assessment
from patients.models import Patient
from tests.cast import Cast
from tests.outcomes.cycles import Visit, score, sign
from treatments.models import FollowUp, TreatmentCourse

LIST = reverse("outcomes:follow-up-list")


def plan(cast: Cast, course: TreatmentCourse, *, days_ago: int, due_in: int, step: str = "evaluation") -> FollowUp:
    today = course.site.today()
    visit = Visit(course, today - timedelta(days=days_ago), cast.ito)
    sign([visit], cast)
    return FollowUp.objects.create(
        course=course,
        session=visit.session,
        step=step,
        name="Week 11 evaluation",
        due_on=today + timedelta(days=due_in),
    )


@pytest.fixture
def follow_up(cast: Cast) -> FollowUp:
    """Joye's evaluation of a session 77 days ago, due today; her baseline is 19 headache days."""
    course = cast.course()
    planned = plan(cast, course, days_ago=77, due_in=0)
    score(course, "headache_days", 19, planned.session.performed_on, cast.ito)
    return FollowUp.objects.select_related("session", "course").get(pk=planned.pk)


def address(follow_up: FollowUp) -> str:
    return reverse("outcomes:follow-up-record", args=[follow_up.pk])


def answers(follow_up: FollowUp, **changes: object) -> dict[str, object]:
    session_on = follow_up.session.performed_on
    return {
        "version": follow_up.version,
        "done_on": follow_up.course.site.today().isoformat(),
        "onset_on": (session_on + timedelta(days=5)).isoformat(),
        "peak_on": "",
        "wear_off_on": (session_on + timedelta(days=70)).isoformat(),
        "impression": "2",
        "score_headache_days": "8",
        "score_hit6": "",
        "adverse_event": "no",
        "adverse_event_text": "",
        "note": "",
    } | changes


# --- the list


def test_due_upcoming_and_recorded_stand_apart(cast, sign_in):
    course = cast.course()
    due = plan(cast, course, days_ago=80, due_in=-3)
    upcoming = FollowUp.objects.create(
        course=course, session=due.session, step="x", name="Later", due_on=cast.harbour.today() + timedelta(days=1)
    )
    done = FollowUp.objects.create(
        course=course, session=due.session, step="y", name="Call", due_on=due.due_on, status="done",
        done_on=due.due_on, done_by=cast.ito,
    )  # fmt: skip
    client = sign_in(cast.ito)
    assert client.get(LIST).context["follow_ups"] == [due]
    assert client.get(LIST, {"tab": "upcoming"}).context["follow_ups"] == [upcoming]
    assert not AuditEvent.objects.filter(action="search").exists()
    assert client.get(LIST, {"tab": "recorded"}).context["follow_ups"] == [done]
    assert AuditEvent.objects.get(action="search").detail == "follow-ups recorded"
    assert [count for _, _, count, _ in client.get(LIST).context["tabs"]] == [1, 1, None]


def test_provider_sees_own_courses_first_and_all_on_request(cast, sign_in):
    plan(cast, cast.course(provider=cast.okafor), days_ago=80, due_in=0)
    assert sign_in(cast.ito).get(LIST).context["follow_ups"] == []
    assert len(sign_in(cast.ito).get(LIST, {"who": "all"}).context["follow_ups"]) == 1
    assert len(sign_in(cast.okafor).get(LIST).context["follow_ups"]) == 1
    assert len(sign_in(cast.ada).get(LIST).context["follow_ups"]) == 1


def test_list_leaves_out_what_nobody_needs_any_more(cast, sign_in):
    course = cast.course()
    old = plan(cast, course, days_ago=100, due_in=-20)
    sign([Visit(course, cast.harbour.today() - timedelta(days=2), cast.ito)], cast)
    assert sign_in(cast.ito).get(LIST).context["follow_ups"] == []
    left = plan(cast, cast.course(cast.omar), days_ago=80, due_in=0)
    Patient.objects.filter(pk=cast.omar.pk).update(left_on=cast.mesa.today())
    assert sign_in(cast.ito).get(LIST).context["follow_ups"] == []
    assert {old.status, left.status} == {"planned"}


def test_front_desk_reads_no_finding_and_other_sites_are_unseen(cast, follow_up, sign_in):
    assert sign_in(cast.robin).get(address(follow_up)).status_code == 403
    assert sign_in(cast.robin).get(LIST, {"tab": "recorded"}).status_code == 404
    assert sign_in(cast.max).get(LIST, {"who": "all"}).context["follow_ups"] == []


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "9" * 30}, {"after": "77777"}])
def test_wrong_address_of_the_list_is_not_found(cast, sign_in, query):
    assert sign_in(cast.ito).get(LIST, query).status_code == 404


@pytest.mark.parametrize("tab", ["due", "upcoming", "recorded"])
def test_list_is_paged_by_key_with_few_queries(cast, sign_in, tab):
    course = cast.course()
    first = plan(cast, course, days_ago=80, due_in=0 if tab != "upcoming" else 1)
    recorded = {"status": "done", "done_on": cast.harbour.today(), "done_by": cast.ito} if tab == "recorded" else {}
    FollowUp.objects.filter(pk=first.pk).update(**recorded or {"status": "planned"})
    client = sign_in(cast.ito)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(LIST, {"tab": tab}).status_code == 200
        return len(found)

    queries()
    with_one = queries()
    FollowUp.objects.bulk_create(
        FollowUp(course=course, session=first.session, step=f"s{number}", name="Call",
                 due_on=first.due_on + timedelta(days=number % 3 if tab == "upcoming" else -(number % 3)), **recorded)
        for number in range(60)
    )  # fmt: skip
    assert queries() == with_one <= 12
    page = client.get(LIST, {"tab": tab})
    rest = client.get(page.context["more"])
    assert (len(page.context["follow_ups"]), len(rest.context["follow_ups"])) == (50, 11)
    assert not set(page.context["follow_ups"]) & set(rest.context["follow_ups"])


# --- recording


def test_recording_keeps_the_findings_and_the_scores(cast, follow_up, sign_in):
    response = sign_in(cast.ito).post(address(follow_up), answers(follow_up))
    assert response.headers["Location"] == reverse("clinic:course", args=[follow_up.course_id])
    found = FollowUp.objects.get(pk=follow_up.pk)
    assert (found.status, found.done_by, found.impression, found.adverse_event) == ("done", cast.ito, 2, False)
    recorded = Assessment.objects.get(follow_up=follow_up)
    assert (recorded.instrument.key, recorded.value, recorded.assessed_on) == (
        "headache_days", 8, follow_up.course.site.today(),
    )  # fmt: skip


def test_a_seen_wear_off_becomes_the_target_of_the_window(cast, follow_up, sign_in):
    sign_in(cast.ito).post(
        address(follow_up),
        answers(follow_up, wear_off_on=(follow_up.session.performed_on + timedelta(days=76)).isoformat()),
    )
    course = TreatmentCourse.objects.get(pk=follow_up.course_id)
    assert course.target_on == course.eligible_on  # 76 days is before a repeat is allowed


def test_pressing_twice_records_once(cast, follow_up, sign_in):
    client = sign_in(cast.ito)
    sent = answers(follow_up)
    assert client.post(address(follow_up), sent).status_code == 302
    assert client.post(address(follow_up), sent).status_code == 302
    assert Assessment.objects.filter(follow_up=follow_up).count() == 1
    assert FollowUp.objects.get(pk=follow_up.pk).version == follow_up.version + 1


def test_a_stale_form_is_refused_with_what_was_typed_kept(cast, follow_up, sign_in):
    sign_in(cast.okafor).post(address(follow_up), answers(follow_up, note="spoke to her husband"))
    response = sign_in(cast.ito).post(
        address(follow_up), answers(follow_up, note="felt well", score_headache_days="", impression="3")
    )
    assert response.status_code == 409
    text = response.content.decode()
    assert "felt well" in text
    assert "Saved meanwhile: spoke to her husband" in text
    assert FollowUp.objects.get(pk=follow_up.pk).note == "spoke to her husband"


def test_a_stale_form_shows_everything_that_was_saved_with_it(cast, follow_up, sign_in):
    soon = follow_up.course.site.today() + timedelta(days=30)
    event = {
        "adverse_event": "yes", "adverse_event_text": "neck pain", "event_onset_on": answers(follow_up)["onset_on"],
        "target_on": soon.isoformat(), "target_reason": "her trip",
    }  # fmt: skip
    sign_in(cast.okafor).post(address(follow_up), answers(follow_up, spread_headache="yes", **event))
    mine = {
        "spread_headache": "no", "spread_ptosis": "yes", "adverse_event": "yes", "adverse_event_text": "a lid",
        "event_onset_on": answers(follow_up)["wear_off_on"],
        "target_on": (soon + timedelta(days=7)).isoformat(), "target_reason": "mine",
    }  # fmt: skip
    page = sign_in(cast.ito).post(address(follow_up), answers(follow_up, **mine))
    errors = page.context["form"].errors
    assert errors["spread_headache"] == ["Saved meanwhile: Yes"]
    assert errors["spread_ptosis"] == ["Saved meanwhile: Not asked"]
    assert errors["event_onset_on"][0].startswith("Saved meanwhile: ")
    assert errors["target_on"][0].startswith("The target now: ")
    text = page.content.decode()
    assert text.count("Someone else saved this while you were editing.") == 1
    assert f"by {cast.okafor.name}" in text
    other = sign_in(cast.ito).post(address(follow_up), answers(follow_up)).context["form"].errors
    assert other["adverse_event"] == ["Saved meanwhile: Yes"]


@pytest.mark.parametrize(
    "changes",
    [{"score_hit6": "60"}, {"score_headache_days": "9"}, {"target_on": "in 30 days", "target_reason": "her trip"}],
)
def test_what_was_added_to_a_page_gone_back_to_is_no_second_press(cast, follow_up, sign_in, changes):
    client = sign_in(cast.ito)
    if "target_on" in changes:
        changes = changes | {"target_on": (follow_up.course.site.today() + timedelta(days=30)).isoformat()}
    client.post(address(follow_up), answers(follow_up))
    response = client.post(address(follow_up), answers(follow_up, **changes))
    assert response.status_code == 409
    form = response.context["form"]
    assert {name: form[name].value() for name in changes} == changes
    # Sent again it is recorded, or refused at its place.
    again = client.post(address(follow_up), answers(follow_up, **changes, version=form["version"].value()))
    if "score_headache_days" in changes:
        assert "already has a score of 8." in again.context["form"].errors["score_headache_days"][0]
    else:
        assert again.status_code == 302
    assert Assessment.objects.filter(follow_up=follow_up, instrument__key="headache_days").get().value == 8
    if "score_hit6" in changes:
        assert Assessment.objects.filter(follow_up=follow_up, instrument__key="hit6").get().value == 60


def test_a_score_that_somebody_else_gave_meanwhile_is_said_and_not_dropped(cast, follow_up, sign_in):
    sign_in(cast.okafor).post(address(follow_up), answers(follow_up, score_headache_days="4"))
    client = sign_in(cast.ito)
    stale = client.post(address(follow_up), answers(follow_up, score_headache_days="6"))
    assert stale.status_code == 409
    form = stale.context["form"]
    assert form["score_headache_days"].value() == "6"
    assert form.errors["score_headache_days"] == [
        "Saved meanwhile: 4. It stays: clear yours, or withdraw that one first."
    ]
    again = client.post(
        address(follow_up), answers(follow_up, score_headache_days="6", version=form["version"].value())
    )
    assert "already has a score of 4." in again.context["form"].errors["score_headache_days"][0]


def test_a_recorded_follow_up_can_be_corrected_and_keeps_its_scores(cast, follow_up, sign_in):
    client = sign_in(cast.ito)
    client.post(address(follow_up), answers(follow_up))
    fresh = FollowUp.objects.select_related("session", "course").get(pk=follow_up.pk)
    assert b"score_headache_days" not in client.get(address(follow_up)).content
    assert client.post(address(follow_up), answers(fresh, impression="4", score_hit6="60")).status_code == 302
    assert FollowUp.objects.get(pk=follow_up.pk).impression == 4
    assert sorted(Assessment.objects.filter(follow_up=follow_up).values_list("instrument__key", flat=True)) == [
        "headache_days", "hit6",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"adverse_event": ""}, "adverse_event", "Answer yes or no."),
        ({"adverse_event": "yes"}, "adverse_event_text", "Say what happened."),
        ({"adverse_event": "perhaps"}, "adverse_event", "Select a valid choice"),
        ({"onset_on": "2001-01-01"}, "onset_on", "Before the session"),
        ({"onset_on": "soon"}, "onset_on", "Enter a valid date."),
        ({"wear_off_on": "2099-01-01"}, "wear_off_on", "This day lies in the future."),
        ({"done_on": "2099-01-01"}, "done_on", "This day lies in the future."),
        ({"done_on": ""}, "done_on", "This field is required."),
        ({"impression": "8"}, "impression", "Select a valid choice"),
        ({"score_headache_days": "29"}, "score_headache_days", "From 0 to 28."),
        ({"score_headache_days": "8.5"}, "score_headache_days", "Whole numbers only."),
        ({"score_headache_days": "many"}, "score_headache_days", "A number from 0 to 28."),
        ({"score_hit6": "35"}, "score_hit6", "From 36 to 78."),
        ({"note": "x" * 501}, "note", "at most 500 characters"),
        ({"note": "a\x00b"}, "note", "Null characters"),
    ],
)
def test_wrong_input_is_said_beside_its_field_and_nothing_is_recorded(
    cast, follow_up, sign_in, changes, field, message
):
    response = sign_in(cast.ito).post(address(follow_up), answers(follow_up, **changes))
    assert response.status_code == 422
    assert message in " ".join(response.context["form"].errors[field])
    text = response.content.decode()
    assert f'id="error_1_id_{field}"' in text or f"error_id_{field}" in text or message in text
    assert FollowUp.objects.get(pk=follow_up.pk).status == "planned"
    assert not Assessment.objects.filter(follow_up=follow_up).exists()


def test_effect_cannot_wear_off_before_it_began(cast, follow_up, sign_in):
    day = follow_up.session.performed_on
    response = sign_in(cast.ito).post(
        address(follow_up),
        answers(
            follow_up, onset_on=(day + timedelta(days=9)).isoformat(), wear_off_on=(day + timedelta(days=8)).isoformat()
        ),
    )
    assert "cannot wear off before it began" in " ".join(response.context["form"].errors["wear_off_on"])


def test_administrator_reads_and_may_not_record(cast, follow_up, sign_in):
    client = sign_in(cast.ada)
    page = client.get(address(follow_up))
    assert page.status_code == 200
    assert b"Record follow-up" not in page.content
    assert client.post(address(follow_up), answers(follow_up)).status_code == 403
    assert FollowUp.objects.get(pk=follow_up.pk).status == "planned"


def test_front_desk_is_refused_and_a_stranger_finds_nothing(cast, follow_up, sign_in):
    assert sign_in(cast.robin).get(address(follow_up)).status_code == 403
    assert sign_in(cast.max).get(address(follow_up)).status_code == 404
    assert sign_in(cast.max).post(address(follow_up), answers(follow_up)).status_code == 404


def test_a_cancelled_follow_up_records_nothing(cast, follow_up, sign_in):
    FollowUp.objects.filter(pk=follow_up.pk).update(status="cancelled")
    client = sign_in(cast.ito)
    assert "was cancelled" in client.get(address(follow_up)).content.decode()
    client.post(address(follow_up), answers(follow_up))
    assert FollowUp.objects.get(pk=follow_up.pk).status == "cancelled"


def test_reading_a_follow_up_is_on_record(cast, follow_up, sign_in):
    sign_in(cast.ada).get(address(follow_up))
    event = AuditEvent.objects.filter(action="chart-read").latest("id")
    assert (event.actor_id, event.patient_id, event.subject_id) == (cast.ada.pk, cast.joye.pk, follow_up.pk)


def test_page_of_a_follow_up_has_few_queries(cast, follow_up, sign_in):
    client = sign_in(cast.ito)
    client.get(address(follow_up))
    with CaptureQueriesContext(connection) as queries:
        client.get(address(follow_up))
    with_one = len(queries)
    for number in range(20):
        score(follow_up.course, "headache_days", number, date(2025, 1, 1) + timedelta(days=number), cast.ito)
    with CaptureQueriesContext(connection) as queries:
        client.get(address(follow_up))
    assert len(queries) == with_one <= 12, "\n".join(
        query["sql"][:100] + " ... " + query["sql"][-160:] for query in queries
    )


# --- satisfaction, the next target, who does it


def test_satisfaction_and_the_next_target_are_recorded_with_it(cast, follow_up, sign_in):
    target = follow_up.course.site.today() + timedelta(days=30)
    sent = answers(
        follow_up, satisfaction="2", target_on=target.isoformat(), target_reason="asks to come before travel"
    )
    assert sign_in(cast.ito).post(address(follow_up), sent).status_code == 302
    assert FollowUp.objects.get(pk=follow_up.pk).get_satisfaction_display() == "Satisfied"
    window = follow_up.course.windows.get(closed_by=None)
    assert (window.target_chosen_on, window.target_chosen_reason, window.target_chosen_by) == (
        target, "asks to come before travel", cast.ito,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "reason", "field", "message"),
    [
        (30, "", "target_reason", "Say why this day was chosen."),
        (1, "travel", "target_on", "The first allowed day is"),
        (4000, "travel", "target_on", "counts as lapsed"),
    ],
)
def test_a_target_that_cannot_be_aimed_at_records_nothing(cast, follow_up, sign_in, days, reason, field, message):
    target = follow_up.course.site.today() + timedelta(days=days)
    sent = answers(follow_up, target_on=target.isoformat(), target_reason=reason)
    response = sign_in(cast.ito).post(address(follow_up), sent)
    assert response.status_code == 422
    assert message in " ".join(response.context["form"].errors[field])
    assert FollowUp.objects.get(pk=follow_up.pk).status == "planned"
    assert not Assessment.objects.filter(follow_up=follow_up).exists()


def test_what_the_step_asks_for_stands_open_and_the_rest_behind_one_press(cast, follow_up, sign_in):
    text = sign_in(cast.ito).get(address(follow_up)).content.decode()
    asked, others = text.index("score_headache_days"), text.index("Other measures")
    assert asked < others < text.index("score_midas")
    assert "score_pgic" not in text  # the impression is it


def test_scores_by_item_are_recorded_with_their_answers(cast, follow_up, sign_in):
    items = {f"item_midas_q{number}": "3" for number in range(1, 6)}
    assert sign_in(cast.ito).post(address(follow_up), answers(follow_up, **items)).status_code == 302
    row = Assessment.objects.get(follow_up=follow_up, instrument__key="midas")
    assert (row.value, row.band, row.answers["q5"]) == (15, "III, moderate", "3")
    page = sign_in(cast.ada).get(address(follow_up)).content.decode()
    assert "Question 5, days 3" in page


def test_a_follow_up_is_taken_on_and_handed_over(cast, follow_up, sign_in):
    take = reverse("outcomes:follow-up-take", args=[follow_up.pk])
    client = sign_in(cast.okafor)
    assert client.get(LIST).context["follow_ups"] == []
    response = client.post(take, {"back": f"{LIST}?who=all"})
    assert response.headers["Location"] == f"{LIST}?who=all"
    assert client.get(LIST).context["follow_ups"] == [follow_up]
    assert sign_in(cast.ito).get(LIST).context["follow_ups"] == []
    by_owner = sign_in(cast.ada).get(LIST, {"who": cast.okafor.pk, "condition": follow_up.course.condition_id})
    assert by_owner.context["follow_ups"] == [follow_up]
    client.post(take, {"owner": cast.ito.pk, "back": "https://elsewhere.example/"})
    assert FollowUp.objects.get(pk=follow_up.pk).who == cast.ito
    for person in (cast.robin, cast.max):
        assert client.post(take, {"owner": person.pk}).status_code == 404


@pytest.mark.parametrize("back", ["Words", "23:59:60", "//elsewhere.example/", "\x00"])
def test_a_place_to_go_back_to_that_is_no_page_leads_to_the_follow_up(cast, follow_up, sign_in, back):
    client = sign_in(cast.ito)
    response = client.post(reverse("outcomes:follow-up-take", args=[follow_up.pk]), {"back": back})
    assert response.headers["Location"] == address(follow_up)


def test_the_owner_of_what_is_recorded_does_not_change(cast, follow_up, sign_in):
    client = sign_in(cast.ito)
    client.post(address(follow_up), answers(follow_up))
    client.post(reverse("outcomes:follow-up-take", args=[follow_up.pk]), {"owner": cast.okafor.pk})
    assert FollowUp.objects.get(pk=follow_up.pk).owner is None

"""The audit trail: written once, never changed, read by administrators."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.actions import record
from audit.models import Action, AuditEvent
from tests.cast import Cast

TRAIL = "/audit/"


@pytest.fixture
def ada(cast: Cast, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(cast.ada)


def shown(response) -> list[int]:
    return [row["event"].pk for row in response.context["events"]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET detail = 'nothing happened'",
        "UPDATE audit_auditevent SET actor_id = 1",
        "DELETE FROM audit_auditevent",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(cast: Cast, statement: str):
    record(action="chart-read", by=cast.ito, patient_id=cast.joye.pk)

    with pytest.raises(DatabaseError, match=r"Cannot (update|delete)"), transaction.atomic():
        connection.cursor().execute(statement)

    assert AuditEvent.objects.get().actor_id == cast.ito.pk


def test_an_event_keeps_who_in_which_role_and_what_about(cast: Cast):
    event = record(action="chart-read", by=cast.ito, patient_id=cast.joye.pk, subject=cast.joye, detail="x" * 300)

    assert (event.actor_id, event.actor_roles, event.patient_id) == (cast.ito.pk, "provider", cast.joye.pk)
    assert (event.subject_type, event.subject_id) == ("patients.Patient", cast.joye.pk)
    assert event.subject_words() == f"patient {cast.joye.pk}"
    assert len(event.detail) == 200


def test_an_action_that_is_not_known_is_refused(cast: Cast):
    with pytest.raises(ValueError, match="unknown audit action"):
        record(action="gazed", by=cast.ito)


def test_the_trail_names_people_and_patients_by_number_only(ada: Client, cast: Cast):
    record(action="chart-read", by=cast.ito, patient_id=cast.joye.pk, subject=cast.joye)
    record(action="sign-in-failed")

    page = ada.get(TRAIL).content.decode()

    assert "Dr Kenji Ito" in page
    assert "nobody signed in" in page
    assert f"patient {cast.joye.pk}" in page
    assert "Koch" not in page


def test_it_is_filtered_by_person_by_what_and_by_patient(ada: Client, cast: Cast):
    read = record(action="chart-read", by=cast.ito, patient_id=cast.joye.pk)
    other = record(action="chart-read", by=cast.robin, patient_id=cast.omar.pk)
    signed_in = record(action="sign-in", by=cast.ito)

    assert shown(ada.get(TRAIL)) == [signed_in.pk, other.pk, read.pk]
    assert shown(ada.get(TRAIL, {"person": cast.ito.pk})) == [signed_in.pk, read.pk]
    assert shown(ada.get(TRAIL, {"action": "chart-read"})) == [other.pk, read.pk]
    assert shown(ada.get(TRAIL, {"patient": cast.omar.pk})) == [other.pk]
    assert shown(ada.get(TRAIL, {"patient": cast.joye.pk, "person": cast.robin.pk})) == []


def test_it_goes_on_behind_its_last_row_and_keeps_the_filter(ada: Client, cast: Cast):
    events = AuditEvent.objects.bulk_create(
        [AuditEvent(action=Action.CHART_READ, actor_id=cast.ito.pk, patient_id=cast.joye.pk) for _ in range(150)]
        + [AuditEvent(action=Action.SIGN_IN, actor_id=cast.robin.pk)]
    )

    first = ada.get(TRAIL, {"person": cast.ito.pk})
    link = re.search(r'href="\?([^"]+)" rel="next"', first.content.decode()).group(1).replace("&amp;", "&")
    rest = ada.get(f"{TRAIL}?{link}")

    assert shown(first) + shown(rest) == [event.pk for event in reversed(events[:150])]
    assert 'rel="next"' not in rest.content.decode()


@pytest.mark.parametrize(
    "query",
    [{"person": "x"}, {"person": 0}, {"action": "gazed"}, {"patient": "Koch"}, {"before": "-5"}, {"patient": 10**30}],
)
def test_a_filter_that_means_nothing_is_told_and_shows_everything(ada: Client, cast: Cast, query: dict[str, object]):
    event = record(action="chart-read", by=cast.ito)

    answer = ada.get(TRAIL, query)

    assert answer.status_code == 200
    assert shown(answer) == [event.pk]
    assert "field-error" in answer.content.decode()


def test_it_costs_the_same_with_one_and_with_many(ada: Client, cast: Cast, django_assert_num_queries):
    record(action="chart-read", by=cast.ito, patient_id=cast.joye.pk)
    with django_assert_num_queries(6):  # session, person, their sites, the events, whose they are, all people
        ada.get(TRAIL)
    AuditEvent.objects.bulk_create(
        AuditEvent(action=Action.CHART_READ, actor_id=person.pk, patient_id=number)
        for number in range(60)
        for person in (cast.ito, cast.robin, cast.ada, cast.max)
    )
    with django_assert_num_queries(6):
        ada.get(TRAIL)


@pytest.mark.parametrize("person", ["ito", "robin"])
def test_others_do_not_read_it_and_that_they_tried_is_on_record(
    person: str, cast: Cast, sign_in: Callable[[User], Client]
):
    asked = getattr(cast, person)
    assert sign_in(asked).get(TRAIL, {"patient": cast.joye.pk}).status_code == 403

    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.detail) == ("refused", asked.pk, "audit:event-list")


def test_nothing_is_on_record_of_somebody_who_is_sent_to_sign_in(cast: Cast):
    assert Client().get(TRAIL).status_code == 302
    assert not AuditEvent.objects.exists()


def test_the_administration_pages_show_it_and_change_nothing(ada: Client, cast: Cast):
    User.objects.filter(pk=cast.ada.pk).update(is_staff=True)
    event = record(action="chart-read", by=cast.ito)

    assert ada.get(reverse("admin:audit_auditevent_changelist")).status_code == 200
    assert ada.get(reverse("admin:audit_auditevent_change", args=[event.pk])).status_code == 200
    for url in (
        reverse("admin:audit_auditevent_change", args=[event.pk]),
        reverse("admin:audit_auditevent_delete", args=[event.pk]),
        reverse("admin:audit_auditevent_add"),
    ):
        assert ada.post(url, {"detail": "x", "post": "yes"}).status_code == 403

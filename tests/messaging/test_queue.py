from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from messaging.actions.queue import Reach, cancel_messages, queue_message, reach_of
from messaging.models import ContactPolicy, Message
from patients.models import Patient
from tests.cast import Cast
from tests.messaging.made import NOON, agreed, at_once, queued, reachable

pytestmark = pytest.mark.django_db


def ask(cast: Cast, patient: Patient, **fields: Any) -> Message | None:
    return queue_message(
        **{
            "patient": patient,
            "site": cast.harbour,
            "purpose": "reminder",
            "about": "appointment",
            "about_id": 1,
            "once": "reminder 1",
            "send_after": NOON,
            "send_before": NOON + timedelta(days=1),
            "now": NOON,
            **fields,
        }
    )


def test_a_message_is_queued_in_the_patients_language_and_the_sites_time(cast: Cast):
    patient = reachable(cast, language="Spanish")
    message = ask(cast, patient, values={"starts_at": datetime(2026, 12, 7, 19, 30, tzinfo=UTC)})
    assert message is not None
    message.refresh_from_db()
    assert (message.channel, message.language, message.status) == ("email", "es", "queued")
    assert message.values == {"day": "lunes 7 de diciembre", "time": "2:30 p. m."}
    assert message.send_after == NOON


def test_the_same_is_queued_once(cast: Cast):
    patient = reachable(cast)
    assert ask(cast, patient) is not None
    assert ask(cast, patient) is None
    # Also when the first was cancelled meanwhile: what was decided once stays decided.
    cancel_messages(about="appointment", about_id=1, reason="The appointment was cancelled.")
    assert ask(cast, patient) is None
    assert Message.objects.count() == 1


def test_nobody_is_written_to_without_having_agreed(cast: Cast):
    patient = reachable(cast)
    agreed(patient, "email", said=False)
    assert ask(cast, patient) is None
    assert reach_of(patient, on=date(2026, 11, 30)).why.startswith("The patient does not want e-mails.")
    agreed(patient, "email")
    assert ask(cast, patient) is not None


def test_nobody_is_written_to_who_has_no_address(cast: Cast):
    patient = reachable(cast, email="")
    assert ask(cast, patient) is None


@pytest.mark.parametrize(
    ("fields", "written_to"),
    [
        ({"died_on": date(2026, 11, 1)}, False),
        ({"left_on": date(2026, 11, 30)}, False),
        ({"left_on": date(2026, 12, 30)}, True),
    ],
)
def test_nobody_is_written_to_who_died_or_left(cast: Cast, fields: dict[str, date], written_to: bool):
    assert (ask(cast, reachable(cast, **fields)) is not None) == written_to


def test_a_merged_record_is_not_written_to(cast: Cast):
    patient = reachable(cast)
    Patient.objects.filter(pk=patient.pk).update(merged_into=cast.joye)
    patient.refresh_from_db()
    assert ask(cast, patient) is None


def test_text_messages_only_where_there_is_a_carrier(cast: Cast, settings: Any):
    patient = reachable(cast, preferred_channel="text")
    agreed(patient, "text")
    settings.TEXT_CARRIER = False
    [first] = [ask(cast, patient)]
    assert first is not None
    assert first.channel == "email"
    settings.TEXT_CARRIER = True
    second = ask(cast, patient, once="another")
    assert second is not None
    assert second.channel == "text"


def test_without_a_mail_server_in_production_no_mail_is_queued(cast: Cast, settings: Any):
    settings.MAIL_CARRIER = False
    assert ask(cast, reachable(cast)) is None


def test_a_letter_needs_no_agreement_and_knows_no_quiet_hours(cast: Cast):
    patient = Patient.objects.create(
        given_name="Ana", family_name="Post", birth_date=date(1950, 1, 1), site=cast.harbour,
        address="12 Mill Road", city="Boston", preferred_channel="letter",
    )  # fmt: skip
    night = NOON + timedelta(hours=11)
    message = ask(cast, patient, send_after=night, now=night, send_before=night + timedelta(days=5))
    assert message is not None
    assert (message.channel, message.send_after) == ("letter", night)


def test_quiet_hours_move_it_to_the_morning_of_the_site(cast: Cast):
    ContactPolicy.objects.create(site=cast.mesa, quiet_from=time(21), quiet_until=time(9, 30))
    night = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)  # 22:00 in Phoenix, midnight in New York
    patient = reachable(cast)
    phoenix = ask(cast, patient, site=cast.mesa, send_after=night, now=night)
    new_york = ask(cast, patient, once="another", send_after=night, now=night)
    assert phoenix is not None
    assert new_york is not None
    assert cast.mesa.localtime(phoenix.send_after).isoformat() == "2026-12-01T09:30:00-07:00"
    assert cast.harbour.localtime(new_york.send_after).isoformat() == "2026-12-01T08:00:00-05:00"


def test_what_would_come_too_late_is_not_queued(cast: Cast):
    patient = reachable(cast)
    assert ask(cast, patient, send_before=NOON) is None
    night = NOON + timedelta(hours=11)
    assert ask(cast, patient, send_after=night, now=night, send_before=night + timedelta(hours=2)) is None


def test_it_falls_with_the_callers_transaction(cast: Cast):
    patient = reachable(cast)

    class Refused(Exception):  # noqa: N818
        pass

    def book() -> None:
        with transaction.atomic():
            ask(cast, patient)
            raise Refused

    with pytest.raises(Refused):
        book()
    assert not Message.objects.exists()


def test_cancelling_takes_only_what_is_unsent_and_about_that(cast: Cast):
    patient = reachable(cast)
    kept = [
        queued(cast, patient, about_id=7, purpose="booked"),
        queued(cast, patient, about_id=8),
        queued(cast, patient, about="course", about_id=7),
        queued(cast, patient, about_id=7),
    ]
    Message.objects.filter(pk=kept[-1].pk).update(status="sending")
    gone = queued(cast, patient, about_id=7)
    assert cancel_messages(about="appointment", about_id=7, reason="Moved.", purposes=["cancelled"]) == 1
    gone.refresh_from_db()
    assert (gone.status, gone.problem) == ("cancelled", "Moved.")
    statuses = [Message.objects.get(pk=message.pk).status for message in kept]
    assert statuses == ["queued", "queued", "queued", "sending"]


def test_reach_is_read_in_two_queries_however_many_there_are(cast: Cast):
    patients = [reachable(cast, number) for number in range(20)]
    with CaptureQueriesContext(connection) as queries:
        reach = Reach.of(patients)
        assert all(reach.choice(patient, on=date(2026, 11, 30)).channel == "email" for patient in patients)
        assert len(queries) == 1
        assert {reach.policy(cast.harbour).site, reach.policy(cast.mesa).site} == {cast.harbour, cast.mesa}
    assert len(queries) == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_queue_the_same_at_once_make_one(cast: Cast):
    patient = reachable(cast)
    results = at_once(*[lambda: ask(cast, patient)] * 6)
    assert sum(isinstance(result, Message) for result in results) == 1, results
    assert sum(result is None for result in results) == 5, results
    assert Message.objects.count() == 1

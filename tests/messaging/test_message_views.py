from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from messaging.actions.delivery import not_delivered, perhaps_sent
from messaging.actions.messages import decide_unknown, send_again
from messaging.models import ContactConsent, ContactPolicy, Message, MessageTemplate
from messaging.reference_data import shipped_templates
from patients.models import Task
from scheduling.models import Appointment
from tests.cast import Cast
from tests.messaging.made import queued, reachable
from tests.scheduling.test_concurrency import at_once

SignIn = Callable[[User], Client]
LIST = reverse("messaging:message-list")


def visit(cast: Cast, status: str = "confirmed") -> Appointment:
    # One after the other: nobody is with two patients at once.
    starts_at = timezone.now() + timedelta(days=5, minutes=31 * Appointment.objects.count())
    return Appointment.objects.create(
        patient=cast.joye,
        provider=cast.ito,
        site=cast.harbour,
        kind="session",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        status=status,
        created_by=cast.robin,
    )


def message(cast: Cast, status: str = "queued", **fields: Any) -> Message:
    now = timezone.now()
    # No quiet hours: whether one may be queued is not left to the hour the tests run at.
    ContactPolicy.objects.update_or_create(site=cast.harbour, defaults={"quiet_from": "03:00", "quiet_until": "03:00"})
    made = queued(
        cast,
        now=now,
        **{"about_id": visit(cast).pk, "send_before": now + timedelta(days=4), **fields},
    )
    if status != "queued":
        made.status = status
        made.sent_at = now if status == "sent" else None
        made.claimed_at = now
        made.subject, made.body, made.sent_to = "Your appointment", "It is on Monday.\nhttp://x/l/…/", "ana@example.org"
        made.save()
    return made


def at(name: str, row: Message) -> str:
    return reverse(f"messaging:message-{name}", args=[row.pk])


def test_the_list_says_each_state_in_words_and_names_nobody_in_its_title(cast: Cast, sign_in: SignIn):
    for status in Message.Status.values:
        message(cast, status)
    page = sign_in(cast.robin).get(LIST).content.decode()
    for words in Message.Status.labels:
        assert f"</svg>{words}</span>" in page
    assert "<title>Messages · Cadence</title>" in page


def test_filters(cast: Cast, sign_in: SignIn):
    failed, sent = message(cast, "failed"), message(cast, "sent")
    client = sign_in(cast.robin)

    def shown(**query: str) -> set[int]:
        return {row.pk for row in client.get(LIST, query).context["messages_shown"]}

    assert shown(status="failed") == {failed.pk}
    assert shown(purpose="recall") == set()
    assert shown(channel="email") == {failed.pk, sent.pk}
    assert shown(day=cast.harbour.today().isoformat()) == {failed.pk, sent.pk}
    assert shown(day="2020-01-01") == set()
    assert shown(status="nonsense", day="yesterday", after="x") == {failed.pk, sent.pk}


@pytest.mark.parametrize("count", [1, 60])
def test_the_list_costs_the_same_and_comes_in_pages(
    cast: Cast, sign_in: SignIn, django_assert_num_queries: Any, count: int
):
    for _ in range(count):
        message(cast)
    client = sign_in(cast.robin)
    client.get(LIST)
    # session, user, sites, messages; of the queue: what waits, the last sent, who is sending
    with django_assert_num_queries(7):
        first = client.get(LIST)
    if count == 60:
        second = client.get(LIST, {"after": first.context["next"]})
        seen = [row.pk for page in (first, second) for row in page.context["messages_shown"]]
        assert len(set(seen)) == len(seen) == 60


def test_a_message_shows_exactly_what_was_sent_and_the_reading_is_on_record(cast: Cast, sign_in: SignIn):
    row = message(cast, "sent")
    page = sign_in(cast.robin).get(at("detail", row)).content.decode()
    assert "It is on Monday." in page
    assert "ana@example.org" in page
    assert "<title>Message · Cadence</title>" in page
    assert AuditEvent.objects.filter(action="chart-read", patient_id=row.patient_id, actor_id=cast.robin.pk).exists()


def test_a_patients_messages_are_theirs_alone(cast: Cast, sign_in: SignIn):
    mine, other = message(cast), message(cast)
    answer = sign_in(cast.robin).get(reverse("messaging:patient-messages", args=[mine.patient_id]))
    assert [row.pk for row in answer.context["messages_shown"]] == [mine.pk]
    assert other.patient_id != mine.patient_id


def test_one_that_waits_is_kept_from_being_sent(cast: Cast, sign_in: SignIn):
    row, client = message(cast), sign_in(cast.robin)
    assert client.post(at("cancel", row)).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.problem) == ("cancelled", "Cancelled by Robin Vale.")
    too_late = message(cast, "sent")
    answer = client.post(at("cancel", too_late))
    assert answer.status_code == 422
    assert "Too late: it is sent." in answer.content.decode()


def test_a_failed_one_goes_again_once_and_its_task_is_done(cast: Cast, sign_in: SignIn):
    row, client = message(cast, "failed"), sign_in(cast.robin)
    todo = not_delivered(row, why="Refused.", now=timezone.now())
    for _ in range(2):
        answer = client.post(at("again", row))
        assert answer.status_code == 302
    [new] = Message.objects.filter(once=f"message {row.pk} again")
    assert (new.status, new.patient, new.about_id, new.values) == ("queued", row.patient, row.about_id, row.values)
    todo.refresh_from_db()
    assert todo.done_by == cast.robin
    assert "Sent again as message" in client.get(at("detail", row)).content.decode()


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "unknown", "cancelled"])
def test_nothing_else_goes_again(cast: Cast, status: str):
    with pytest.raises(ValidationError, match="Only what did not arrive"):
        send_again(message=message(cast, status), by=cast.robin, now=timezone.now())


def test_it_does_not_go_again_when_it_is_no_longer_true(cast: Cast, sign_in: SignIn):
    row = message(cast, "failed", purpose="reminder")
    Appointment.objects.filter(pk=row.about_id).update(status="moved")
    answer = sign_in(cast.robin).post(at("again", row))
    assert answer.status_code == 422
    assert "The appointment was moved." in answer.content.decode()
    # That it was cancelled is just what this one says.
    Appointment.objects.filter(pk=row.about_id).update(status="cancelled")
    notice = message(cast, "failed", about_id=row.about_id)
    assert send_again(message=notice, by=cast.robin, now=timezone.now()).status == "queued"


def test_it_does_not_go_again_without_a_way_to_the_patient(cast: Cast, sign_in: SignIn):
    row = message(cast, "failed")
    ContactConsent.objects.create(patient=row.patient, channel="email", agreed=False)
    answer = sign_in(cast.robin).post(at("again", row))
    assert answer.status_code == 422
    assert "does not want e-mails" in answer.content.decode()
    with pytest.raises(ValidationError, match="too late"):
        send_again(message=row, by=cast.robin, now=row.send_before)


def test_a_person_decides_about_what_was_perhaps_sent(cast: Cast, sign_in: SignIn):
    came, lost, client = message(cast, "unknown"), message(cast, "unknown"), sign_in(cast.robin)
    for row in (came, lost):
        perhaps_sent(row, why="The program stopped.", now=timezone.now())
    assert client.post(at("decide", came), {"decision": "perhaps"}).status_code == 422
    client.post(at("decide", came), {"decision": "arrived"})
    client.post(at("decide", lost), {"decision": "again"})
    came.refresh_from_db()
    lost.refresh_from_db()
    assert (came.status, lost.status) == ("sent", "failed")
    assert Message.objects.filter(once=f"message {lost.pk} again", status="queued").count() == 1
    assert not Task.objects.open().exists()
    assert client.post(at("decide", lost), {"decision": "arrived"}).status_code == 422


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["arrived", "again"])
def test_of_two_who_decide_otherwise_at_once_the_second_is_told(cast: Cast, sign_in: SignIn, first: str):
    row = message(cast, "unknown")
    perhaps_sent(row, why="The program stopped.", now=timezone.now())
    second = "again" if first == "arrived" else "arrived"
    client, is_held = sign_in(cast.robin), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            decide_unknown(message=row, arrived=first == "arrived", by=cast.ada, now=timezone.now())
            is_held.set()
            time.sleep(1)  # the second has read "perhaps sent" by now, and waits for the row

    def press() -> Any:
        is_held.wait(10)
        return client.post(at("decide", row), {"decision": second})

    _, answer = at_once(hold, press)
    assert answer.status_code == 422
    assert "Somebody else has decided meanwhile" in answer.content.decode()
    row.refresh_from_db()
    assert row.status == ("sent" if first == "arrived" else "failed")
    assert Message.objects.filter(once=f"message {row.pk} again").exists() == (first == "again")


# --- texts


def text(**of: Any) -> MessageTemplate:
    return MessageTemplate.objects.get(**{"purpose": "booked", "channel": "text", "language": "en", **of})


def edit(row: MessageTemplate) -> str:
    return reverse("messaging:template-edit", args=[row.pk])


def test_the_list_of_texts_names_what_is_missing(cast: Cast, sign_in: SignIn):
    page = sign_in(cast.ada).get(reverse("messaging:template-list")).content.decode()
    assert "issing" not in page, "a recalled lot is told by letter alone"
    text(language="es").delete()
    page = sign_in(cast.ada).get(reverse("messaging:template-list")).content.decode()
    assert "Appointment booked, text message: no Spanish text" in page


def test_every_text_opens_and_may_be_sent_as_it_ships(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.ada)
    for row in MessageTemplate.objects.all():
        answer = client.get(edit(row))
        assert answer.context["preview"].problems == {}, row


def test_a_text_is_changed_and_goes_back(cast: Cast, sign_in: SignIn):
    row, client = text(), sign_in(cast.ada)
    shipped = row.body
    body = "{clinic}: you are booked for {day} at {time}. {link}"
    assert client.post(edit(row), {"version": row.version, "body": body}).status_code == 302
    row.refresh_from_db()
    assert (row.body, row.changed_by, row.version) == (body, cast.ada, 2)
    answer = client.get(edit(row), {"as": "shipped"})
    assert answer.context["form"].initial["body"] == shipped
    row.refresh_from_db()
    assert row.body == body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{clinic}: your Botox visit is on {day} at {time}. {link}", "Take out: Botox"),
        ("{clinic}: {day} {time} {link} {doctor}", "{doctor} means nothing here"),
        ("{clinic}: come on {day}. {link}", "{time} is missing"),
        ("{clinic} {day} {time} {link}" + " and so on" * 60, "Too long"),
        ("", "A text is needed."),
    ],
)
def test_what_may_not_be_sent_is_refused_and_kept(cast: Cast, sign_in: SignIn, body: str, said: str):
    row = text()
    answer = sign_in(cast.ada).post(edit(row), {"version": row.version, "body": body})
    page = answer.content.decode().replace("&#x27;", "'")
    assert answer.status_code == 422
    assert said in page
    assert body in page
    row.refresh_from_db()
    assert row.version == 1


def test_two_who_change_one_text_see_both(cast: Cast, sign_in: SignIn):
    row, client = text(), sign_in(cast.ada)
    mine, theirs = "{clinic}: mine {day} {time} {link}", "{clinic}: theirs {day} {time} {link}"
    client.post(edit(row), {"version": 1, "body": theirs})
    answer = client.post(edit(row), {"version": 1, "body": mine})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert theirs in page
    assert mine in page
    row.refresh_from_db()
    assert row.body == theirs
    assert client.post(edit(row), {"version": 2, "body": mine}).status_code == 302


def test_the_preview_marks_and_counts_and_keeps_nothing(cast: Cast, sign_in: SignIn):
    row = text()
    url = reverse("messaging:template-preview", args=[row.pk])
    page = sign_in(cast.ada).post(url, {"body": "{clinic} migraine {nothing} {day} {time}"}).content.decode()
    assert '<mark class="mark-health">migraine</mark>' in page
    assert '<mark class="mark-unknown">{nothing}</mark>' in page
    assert "sent in 1 part" in page
    long = sign_in(cast.ada).post(url, {"body": "{clinic} {day} {time} {link} " + "word " * 30}).content.decode()
    assert "sent in 2 parts" in long
    row.refresh_from_db()
    assert row.version == 1


def test_the_preview_without_a_script_is_the_page_with_what_was_typed(cast: Cast, sign_in: SignIn):
    row = text()
    answer = sign_in(cast.ada).post(edit(row), {"version": 1, "body": "{clinic} typed {day}", "preview": "1"})
    assert answer.status_code == 200
    assert "Harbour Clinic typed Wednesday 30 September" in answer.content.decode()
    row.refresh_from_db()
    assert "typed" not in row.body


def test_as_many_texts_ship_as_the_page_shows(cast: Cast, sign_in: SignIn, django_assert_num_queries: Any):
    client = sign_in(cast.ada)
    client.get(reverse("messaging:template-list"))
    with django_assert_num_queries(4):
        page = client.get(reverse("messaging:template-list")).content.decode()
    assert page.count(reverse("messaging:template-list") + "") >= 1
    assert page.count("messages/texts/") >= len(shipped_templates())


# --- the policy of a site

POLICY = reverse("messaging:policy-edit")
USUAL = {
    "version": "0",
    "sender_name": "",
    "reminders_on": "on",
    "reminder_days": "7, 1",
    "quiet_from": "20:00",
    "quiet_until": "08:00",
    "max_attempts": "3",
}


def test_a_policy_is_made_and_changed(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.ada)
    assert client.post(POLICY, {**USUAL, "reminder_days": "1, 14 3"}).status_code == 302
    policy = ContactPolicy.objects.get(site=cast.harbour)
    assert policy.reminder_days == [14, 3, 1]
    assert not policy.recalls_on
    assert client.post(POLICY, {**USUAL, "version": policy.version, "recalls_on": "on"}).status_code == 302
    policy.refresh_from_db()
    assert policy.recalls_on
    assert policy.reminder_days == [7, 1]
    # Whoever still has the page from before is shown what was saved meanwhile.
    stale = client.post(POLICY, {**USUAL, "version": 1, "sender_name": "Harbour"})
    assert stale.status_code == 409
    policy.refresh_from_db()
    assert policy.sender_name == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sender_name": "Migraine Center"}, "Take out: Migraine"),
        ({"reminder_days": "soon"}, "Whole numbers"),
        ({"reminder_days": "0"}, "from 1 to 60 days"),
        ({"reminder_days": ""}, "Say when, or switch reminders off."),
        ({"quiet_from": "25:00"}, "A time, for example 20:00."),
        ({"max_attempts": "0"}, "At least 1."),
    ],
)
def test_a_policy_that_is_wrong_is_refused(cast: Cast, sign_in: SignIn, values: dict[str, str], said: str):
    answer = sign_in(cast.ada).post(POLICY, {**USUAL, **values})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ContactPolicy.objects.exists()


def test_the_page_says_that_nobody_works_the_queue_off(cast: Cast, sign_in: SignIn):
    row = message(cast)
    client = sign_in(cast.ada)
    assert "Nothing is being sent" not in client.get(POLICY).content.decode()
    Message.objects.filter(pk=row.pk).update(send_after=timezone.now() - timedelta(minutes=30))
    assert "Nothing is being sent" in client.get(POLICY).content.decode()


# --- consent to be contacted


def consent_page(cast: Cast) -> str:
    return reverse("messaging:consent-record", args=[cast.joye.pk])


def test_one_press_keeps_what_was_said(cast: Cast, sign_in: SignIn):
    client = sign_in(cast.robin)
    for agreed in ("1", "1", "0"):
        client.post(consent_page(cast), {"channel": "text", "agreed": agreed, "how": "By phone."})
    said = [row.agreed for row in ContactConsent.objects.filter(patient=cast.joye)]
    assert said == [False, True]
    page = client.get(consent_page(cast)).content.decode()
    assert "not agreed" in page
    assert "By phone." in page
    assert "not asked" in page


@pytest.mark.parametrize("values", [{"channel": "letter", "agreed": "1"}, {"channel": "text"}, {}])
def test_what_is_no_consent_is_refused(cast: Cast, sign_in: SignIn, values: dict[str, str]):
    assert sign_in(cast.robin).post(consent_page(cast), values).status_code == 422
    assert not ContactConsent.objects.exists()


def test_what_waits_is_not_sent_to_who_does_not_want_it(cast: Cast, sign_in: SignIn):
    row = message(cast)
    url = reverse("messaging:consent-record", args=[row.patient_id])
    sign_in(cast.robin).post(url, {"channel": "email", "agreed": "0"})
    row.refresh_from_db()
    assert row.status == "cancelled"


@pytest.mark.parametrize(
    ("fields", "said", "words"),
    [
        ({"preferred_channel": "email", "email": ""}, None, "there is no e-mail address"),
        ({"preferred_channel": "email", "email": "j@example.org"}, None, "was not asked whether"),
        ({"preferred_channel": "email", "email": "j@example.org"}, False, "did not agree to it"),
        ({"preferred_channel": "email", "email": "j@example.org"}, True, None),
        ({"preferred_channel": "phone"}, None, None),
    ],
)
def test_the_chart_says_when_the_wish_cannot_be_met(
    cast: Cast, sign_in: SignIn, fields: dict[str, str], said: bool | None, words: str | None
):
    for name, value in fields.items():
        setattr(cast.joye, name, value)
    cast.joye.save()
    if said is not None:
        ContactConsent.objects.create(patient=cast.joye, channel="email", agreed=said)
    page = sign_in(cast.robin).get(reverse("clinic:chart", args=[cast.joye.pk])).content.decode()
    assert (words in page) if words else ("Wants to be reached by" not in page)


def test_the_edit_page_asks_about_each_channel(cast: Cast, sign_in: SignIn):
    page = sign_in(cast.robin).get(reverse("patients:patient-edit", args=[cast.joye.pk])).content.decode()
    assert page.count('name="agreed" value="1"') == 3
    reachable(cast)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_first_and_the_last_day_there_is_are_no_error(cast, sign_in, day):
    assert sign_in(cast.robin).get(LIST, {"day": day}).status_code == 200

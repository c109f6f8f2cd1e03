from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from audit.models import AuditEvent
from clinic.letters import AT_ONCE, start_letters, waiting_letters, write_letters
from clinic.paper.letters import letter_page
from clinic.tasks import print_letters
from messaging.models import LetterBatch, Message
from patients.actions import open_task, reopen_task
from patients.models import Patient, Task
from scheduling.models import RecallAttempt
from tests.cast import Cast

SignIn = Callable[[User], Client]
LIST = reverse("clinic:letter-list")


def somebody(cast: Cast, number: int = 1, **fields: Any) -> Patient:
    return Patient.objects.create(
        **{
            "given_name": "Ana",
            "family_name": f"Number{number}",
            "birth_date": "1980-01-01",
            "site": cast.harbour,
            "address": f"{number} Mill Road",
            "city": "Boston",
            "state": "MA",
            "postal_code": "02118",
            **fields,
        }
    )


def letter_task(cast: Cast, number: int = 1, **fields: Any) -> Task:
    course = cast.course(somebody(cast, number, **fields))
    return open_task(
        patient=course.patient,
        site=cast.harbour,
        kind="letter",
        words="3 attempts reached nobody.",
        due_on=cast.harbour.today(),
        once=f"letter for course {course.pk}",
        about="course",
        about_id=course.pk,
    )


def letter_message(cast: Cast, number: int = 1, **fields: Any) -> Message:
    now = timezone.now()
    return Message.objects.create(
        **{
            "patient": somebody(cast, number),
            "site": cast.harbour,
            "purpose": "reminder",
            "channel": "letter",
            "language": "en",
            "once": f"letter {number}",
            "about": "test",  # what nobody is asked about again before it is printed
            "about_id": 1,
            "values": {"day": "Monday 30 November", "time": "2:30 pm"},
            "send_after": now - timedelta(hours=1),
            "send_before": now + timedelta(days=3),
            **fields,
        }
    )


def keys(*rows: Task | Message) -> list[str]:
    return [f"{'task' if isinstance(row, Task) else 'message'} {row.pk}" for row in rows]


def printed(cast: Cast, *rows: Task | Message) -> LetterBatch:
    return start_letters(site=cast.harbour, wanted=keys(*rows), by=cast.robin, now=timezone.now())


def test_printing_a_task_keeps_the_letter_the_attempt_and_who_did_it(cast: Cast):
    todo = letter_task(cast)
    batch = printed(cast, todo)
    assert batch.status == "ready"
    assert bytes(batch.pdf or b"").startswith(b"%PDF")
    [letter] = Message.objects.filter(letter_batch=batch)
    assert (letter.status, letter.channel, letter.purpose) == ("sent", "letter", "recall")
    assert letter.sent_at is not None
    assert "Ana Number1" in letter.body
    todo.refresh_from_db()
    assert (todo.done_by, todo.done_note) == (cast.robin, "The letter is printed.")
    [attempt] = RecallAttempt.objects.all()
    assert (attempt.outcome_id, attempt.message, attempt.channel) == ("letter_sent", letter, "letter")
    assert AuditEvent.objects.filter(action="message", actor_id=cast.robin.pk, patient_id=letter.patient_id).exists()


def test_tasks_and_messages_go_into_one_file_a_page_each(cast: Cast):
    pypdf = pytest.importorskip("pypdf")
    import io

    rows = [letter_task(cast, 1), letter_message(cast, 2), letter_message(cast, 3, language="es")]
    pdf = pypdf.PdfReader(io.BytesIO(bytes(printed(cast, *rows).pdf or b"")))
    assert len(pdf.pages) == 3


def test_the_address_stands_in_the_window_once(cast: Cast):
    batch = printed(cast, letter_message(cast))
    letter = batch.letters.select_related("patient").get()
    page = letter_page(letter, site=cast.harbour, sender_name="")
    assert page["address"] == ["Ana Number1", "1 Mill Road", "Boston, MA 02118"]
    assert "Mill Road" not in str(page["paragraphs"])


def test_without_an_address_it_is_named_and_not_printed(cast: Cast, sign_in: SignIn):
    todo, good = letter_task(cast, 1, address=""), letter_task(cast, 2)
    page = sign_in(cast.robin).get(LIST)
    assert [row.patient for row in page.context["lacking"]] == [todo.patient]
    batch = printed(cast, todo, good)
    assert batch.left_out == [{"patient": todo.patient_id, "why": "There is no postal address."}]
    todo.refresh_from_db()
    assert todo.done_at is None
    assert batch.letters.count() == 1


def test_a_letter_is_printed_once_however_often_it_is_asked_for(cast: Cast):
    todo, waiting = letter_task(cast, 1), letter_message(cast, 2)
    first, second = printed(cast, todo, waiting), printed(cast, todo, waiting)
    assert (first.letters.count(), second.letters.count()) == (2, 0)
    assert second.status == "ready"
    assert second.pdf is None


def test_who_gets_some_of_the_letters_chosen_is_told_where_the_others_are(cast: Cast, sign_in: SignIn):
    taken, left = letter_task(cast, 1), letter_message(cast, 2)
    printed(cast, taken)
    batch = printed(cast, taken, left)
    page = sign_in(cast.robin).get(reverse("clinic:letter-batch", args=[batch.pk]))
    assert "1 of those you chose somebody else printed" in page.content.decode()


def test_the_task_closes_the_queued_invitation_about_the_same(cast: Cast):
    todo = letter_task(cast)
    invitation = letter_message(cast, 2, patient=todo.patient, purpose="recall", about="course", about_id=todo.about_id)
    batch = printed(cast, todo, invitation)
    invitation.refresh_from_db()
    assert batch.letters.count() == 1
    assert invitation.status == "cancelled"
    assert RecallAttempt.objects.count() == 1


def test_a_task_that_was_taken_back_is_written_again(cast: Cast):
    todo = letter_task(cast)
    printed(cast, todo)
    reopen_task(task=todo, by=cast.robin)
    assert printed(cast, todo).letters.count() == 1


def test_what_waits_no_more_is_not_printed(cast: Cast):
    late = letter_message(cast, 1, send_before=timezone.now())
    later = letter_message(cast, 2, send_after=timezone.now() + timedelta(days=1))
    assert waiting_letters(site=cast.harbour, now=timezone.now()) == []
    assert printed(cast, late, later).letters.count() == 0
    elsewhere = letter_message(cast, 3, site=cast.elsewhere)
    assert printed(cast, elsewhere).letters.count() == 0


def test_many_are_left_to_the_worker_which_goes_on_where_it_stood(
    cast: Cast, sign_in: SignIn, django_capture_on_commit_callbacks: Any
):
    rows = [letter_message(cast, number) for number in range(AT_ONCE + 1)]
    with django_capture_on_commit_callbacks(execute=True):
        batch = printed(cast, *rows)
    assert batch.status == "queued"
    assert batch.letters.count() == 0
    assert DBTaskResult.objects.filter(task_path="clinic.tasks.print_letters").count() == 1
    page = sign_in(cast.robin).get(reverse("clinic:letter-batch", args=[batch.pk])).content.decode()
    assert f'<progress class="progress" max="{AT_ONCE + 1}" value="0"' in page
    assert "every 1s" in page
    # As if the worker had died after five.
    half = LetterBatch.objects.create(
        site=cast.harbour, made_by=cast.robin, status="running", wanted=keys(*rows), done=5
    )
    write_letters(batch=half, now=timezone.now())
    assert half.letters.count() == AT_ONCE - 4
    print_letters.call(batch.pk)
    batch.refresh_from_db()
    assert batch.status == "ready"
    assert batch.letters.count() == 5
    assert batch.done == AT_ONCE + 1


@pytest.mark.parametrize("wanted", [[], ["task"], ["task x", "lot 3"], ["message -1"]])
def test_nothing_chosen_is_refused(cast: Cast, sign_in: SignIn, wanted: list[str]):
    with pytest.raises(ValidationError):
        start_letters(site=cast.harbour, wanted=wanted, by=cast.robin, now=timezone.now())
    answer = sign_in(cast.robin).post(LIST, {"letter": wanted})
    assert answer.status_code == 422
    assert "Choose at least one letter." in answer.content.decode()


def test_from_the_list_to_the_paper_and_once_more(cast: Cast, sign_in: SignIn):
    row, client = letter_message(cast), sign_in(cast.robin)
    answer = client.post(LIST, {"letter": keys(row)}, follow=True)
    batch = LetterBatch.objects.get()
    assert "Open 1 letter to print" in answer.content.decode()
    for url in (reverse("clinic:letter-batch-pdf", args=[batch.pk]), reverse("clinic:letter-pdf", args=[row.pk])):
        paper = client.get(url)
        assert paper["Content-Type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF")
    assert AuditEvent.objects.filter(action="print").count() == 2


def test_only_who_may_send_prints(cast: Cast, sign_in: SignIn):
    row = letter_message(cast)
    assert sign_in(cast.ada).post(LIST, {"letter": keys(row)}).status_code == 403
    assert sign_in(cast.max).post(LIST, {"letter": keys(row)}).status_code == 302
    row.refresh_from_db()
    assert row.status == "queued"


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_the_same(cast: Cast, sign_in: SignIn, django_assert_num_queries: Any, count: int):
    for number in range(count):
        letter_message(cast, number)
    client = sign_in(cast.robin)
    client.get(LIST)
    with django_assert_num_queries(7):  # session, user, sites, tasks, messages, consents, batches
        client.get(LIST)

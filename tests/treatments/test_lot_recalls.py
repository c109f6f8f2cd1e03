"""A recalled lot: from its number to the last patient told."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from clinic.letters import start_letters, waiting_letters
from clinic.merging.merge import merge_patients
from inventory.models import Lot, Vial
from messaging.models import Message
from patients.models import Patient, Task
from tests.cast import Cast
from tests.messaging.made import at_once
from tests.treatments.charted import draft, signed, vials_in_stock
from treatments.actions.lot_recalls import (
    acknowledge,
    add_patients,
    call_off,
    log_call,
    start_lot_recall,
    take_back,
    write_letters,
)
from treatments.actions.records import void_session
from treatments.models import InjectionSession, LotRecall, LotRecallPatient
from treatments.rules.lot_recalls import SessionWithLot, surest

SignIn = Callable[[User], Client]
NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sessions", "because"),
    [
        ([("signed", False)], "given"),
        ([("recorded", True)], "outside"),
        ([("voided", False)], "voided"),
        ([("draft", False)], "draft"),
        ([("draft", False), ("voided", False), ("recorded", True), ("signed", False)], "given"),
        ([("draft", False), ("voided", True)], "voided"),
    ],
)
def test_why_a_patient_is_told(sessions: list[tuple[str, bool]], because: str):
    assert surest(SessionWithLot(*session) for session in sessions) == because


def patient(cast: Cast, name: str, **fields: Any) -> Patient:
    return Patient.objects.create(
        given_name="Ana", family_name=name, birth_date=date(1970, 5, 5), site=fields.pop("site", cast.harbour), **fields
    )


def recalled(cast: Cast) -> Lot:
    lot = Lot.objects.get(number="C1234")
    lot.recalled_on, lot.recall_reason = cast.harbour.today(), "potency"
    lot.save()
    return lot


def started(cast: Cast, **fields: Any) -> LotRecall:
    """Of a lot that Joye had of."""
    signed(cast, cast.course(), on=cast.harbour.today())
    return start_lot_recall(lot=recalled(cast), owner=cast.ada, by=cast.ada, now=timezone.now())


def everybody(cast: Cast) -> dict[str, Patient]:
    """One for each way onto the list, and one who had of another lot."""
    day = cast.harbour.today()
    people = {name: patient(cast, name) for name in ("Given", "Drafted", "Voided", "Outside", "Elsewhere", "Other")}
    Patient.objects.filter(pk=people["Elsewhere"].pk).update(site=cast.elsewhere)
    signed(cast, cast.course(people["Given"]), on=day)
    draft(cast, cast.course(people["Drafted"]), on=day, vials=vials_in_stock(cast))
    gone = signed(cast, cast.course(people["Voided"]), on=day)
    void_session(session=gone, reason="of another patient", by=cast.ito, version=gone.version, now=timezone.now())
    for name, lot in (("Outside", "lots C1233 and c1234"), ("Elsewhere", "C1234"), ("Other", "C12345")):
        InjectionSession.objects.create(
            patient=people[name],
            site=cast.harbour,
            performed_on=day,
            status="recorded",
            is_outside=True,
            product=Lot.objects.get(number="C1234").product,
            outside_units=155,
            outside_source="letter",
            outside_lot=lot,
        )
    return people


class TestTheList:
    def test_everybody_who_may_have_had_of_it_is_on_it_once(self, cast: Cast):
        people = everybody(cast)
        recall = start_lot_recall(lot=recalled(cast), owner=cast.robin, by=cast.ada, now=NOW)

        because = {row.patient.family_name: row.because for row in recall.patients.select_related("patient")}
        assert because == {
            "Given": "given",
            "Drafted": "draft",
            "Voided": "voided",
            "Outside": "outside",
            "Elsewhere": "outside",
        }
        tasks = {task.patient_id: task.assigned_to for task in Task.objects.open().filter(kind="lot_recall")}
        # Robin does not work elsewhere: somebody there does it.
        assert tasks == {people[name].pk: cast.max if name == "Elsewhere" else cast.robin for name in because}

    def test_a_second_press_finds_the_first_and_an_unmarked_lot_none(self, cast: Cast):
        recall = started(cast)
        assert start_lot_recall(lot=recall.lot, owner=cast.ada, by=cast.ada, now=NOW) == recall
        with pytest.raises(IntegrityError, match="lot_recall_once"), transaction.atomic():
            LotRecall.objects.create(lot=recall.lot, started_at=NOW, started_by=cast.ada)
        with pytest.raises(ValidationError, match="Mark the lot"):
            start_lot_recall(
                lot=Lot.objects.create(product=recall.lot.product, number="X", expires_on=date(2040, 1, 1)),
                owner=cast.ada,
                by=cast.ada,
                now=NOW,
            )

    def test_who_came_to_light_later_is_added_and_opens_it_again(self, cast: Cast, sign_in: SignIn):
        recall = started(cast)
        acknowledge(row=recall.patients.get(), answer="reached", note="", by=cast.robin, now=NOW)
        late = patient(cast, "Late")
        InjectionSession.objects.create(
            patient=late, site=cast.harbour, performed_on=date(2026, 1, 5), status="recorded", is_outside=True,
            product=recall.lot.product, outside_units=100, outside_source="letter", outside_lot="C1234",
        )  # fmt: skip
        url = reverse("treatments:lot-recall", args=[recall.pk])
        assert "1 more patient had of this lot" in sign_in(cast.robin).get(url).content.decode()
        assert add_patients(recall=recall, by=cast.robin, now=NOW) == 1
        recall.refresh_from_db()
        assert recall.closed_at is None
        assert add_patients(recall=recall, by=cast.robin, now=NOW) == 0


class TestTelling:
    def test_the_last_acknowledgement_closes_it_and_undo_opens_it(self, cast: Cast):
        recall = started(cast)
        row = log_call(row=recall.patients.get(), by=cast.robin, now=NOW)
        assert (row.calls, row.called_by, row.is_told) == (1, cast.robin, False)
        # Pressed twice is one call; somebody else's, and one later, are calls of their own.
        assert log_call(row=row, by=cast.robin, now=NOW + timedelta(seconds=5)).calls == 1
        assert log_call(row=row, by=cast.ada, now=NOW + timedelta(seconds=6)).calls == 2
        assert log_call(row=row, by=cast.ada, now=NOW + timedelta(seconds=90)).calls == 3

        row = acknowledge(row=row, answer="reached", note="her sister", by=cast.robin, now=NOW)
        recall.refresh_from_db()
        assert (recall.closed_by, row.acknowledged_by, row.acknowledged_at) == (cast.robin, cast.robin, NOW)
        assert not Task.objects.open().filter(kind="lot_recall").exists()
        # The first who says it stays.
        assert acknowledge(row=row, answer="letter", note="x", by=cast.ada, now=NOW).answer == "reached"

        row = take_back(row=row, by=cast.ada, now=NOW)
        recall.refresh_from_db()
        assert (recall.closed_at, row.answer, row.acknowledged_by) == (None, "", None)
        assert Task.objects.open().get(kind="lot_recall").assigned_to == cast.ada

    @pytest.mark.parametrize(("answer", "words"), [("unreached", "what was tried"), ("letter", "No letter")])
    def test_what_needs_a_note_is_refused_without_one(self, cast: Cast, sign_in: SignIn, answer: str, words: str):
        row = started(cast).patients.get()
        url = reverse("treatments:lot-recall-patient", args=[row.pk])
        refused = sign_in(cast.robin).post(url, {"answer": answer, "note": " "})
        assert refused.status_code == 422
        assert words in refused.context["form"].errors["note"][0]
        assert sign_in(cast.robin).post(url, {"answer": answer, "note": "by hand"}).status_code == 302
        row.refresh_from_db()
        assert (row.answer, row.note) == (answer, "by hand")

    def test_what_the_second_of_two_typed_is_shown_and_a_note_of_a_call_stays(self, cast: Cast, sign_in: SignIn):
        row = started(cast).patients.get()
        url = reverse("treatments:lot-recall-patient", args=[row.pk])
        sign_in(cast.robin).post(url, {"answer": "call", "note": "voicemail is full"})
        called = sign_in(cast.ada).get(url)
        assert (called.context["row"]["row"].calls, called.context["form"]["note"].value()) == (1, "voicemail is full")
        sign_in(cast.robin).post(url, {"answer": "reached", "note": "spoke to her"})
        for answer in ("unreached", "call"):
            second = sign_in(cast.ada).post(url, {"answer": answer, "note": "told her husband"})
            assert second.status_code == 409
            text = second.content.decode()
            for words in ("Robin Vale said so already: Reached.", "spoke to her", "told her husband"):
                assert words in text
        row.refresh_from_db()
        assert (row.answer, row.note, row.calls) == ("reached", "spoke to her", 1)

    def test_the_database_refuses_half_an_answer_and_an_early_end(self, cast: Cast):
        recall = started(cast)
        rows = LotRecallPatient.objects.filter(recall=recall)
        for half in ({"answer": "reached"}, {"acknowledged_at": NOW}, {"answer": "seen", "acknowledged_at": NOW}):
            with pytest.raises(IntegrityError, match="told_by_someone"), transaction.atomic():
                rows.update(**half)
        with pytest.raises(IntegrityError, match="has not been told"), transaction.atomic():
            LotRecall.objects.filter(pk=recall.pk).update(closed_at=NOW, closed_by=cast.ada)
        with pytest.raises(IntegrityError, match="patient_once"), transaction.atomic():
            LotRecallPatient.objects.create(recall=recall, patient=cast.joye, because="given")
        acknowledge(row=rows.get(), answer="reached", note="", by=cast.ada, now=NOW)
        with pytest.raises(IntegrityError, match="is closed"), transaction.atomic():
            rows.update(answer="", acknowledged_at=None, acknowledged_by=None)

    def test_a_letter_goes_through_the_letters_and_says_nothing(self, cast: Cast):
        Patient.objects.filter(pk=cast.joye.pk).update(address="1 Quay", city="Boston", state="MA")
        recall = started(cast)
        now = timezone.now()
        assert write_letters(rows=recall.patients.all(), by=cast.robin, now=now) == (1, 0, 0)
        assert write_letters(rows=recall.patients.all(), by=cast.robin, now=now) == (0, 1, 0)
        (waiting,) = waiting_letters(site=cast.harbour, now=now)
        batch = start_letters(site=cast.harbour, wanted=[waiting.key], by=cast.robin, now=now)
        letter = Message.objects.get(letter_batch=batch)
        assert "Please call us" in letter.subject
        assert not any(word in letter.body.lower() for word in ("lot", "botox", "c1234", "recall"))
        row = acknowledge(row=recall.patients.get(), answer="letter", note="", by=cast.robin, now=now)
        assert row.is_told

    @pytest.mark.django_db(transaction=True)
    def test_two_who_write_letters_at_once_write_one_to_each(self, cast: Cast, sign_in: SignIn):
        for name in ("One", "Two", "Three"):
            who = patient(cast, name, address="1 Quay", city="Boston")
            signed(cast, cast.course(who), on=cast.harbour.today())
        address = reverse("treatments:lot-recall-letters", args=[started(cast).pk])
        answers = at_once(*(partial(sign_in(person).post, address, follow=True) for person in (cast.ito, cast.robin)))
        assert Message.objects.filter(purpose="lot_recall").count() == 3
        said = [answer.content.decode() for answer in answers]
        for words in ("3 letters wait under Letters to be printed.", "3 have a letter already."):
            assert sum(words in page for page in said) == 1, words

    def test_a_letter_not_printed_is_taken_back_when_the_patient_is_reached(self, cast: Cast):
        Patient.objects.filter(pk=cast.joye.pk).update(address="1 Quay", city="Boston")
        recall = started(cast)
        now = timezone.now()
        write_letters(rows=recall.patients.all(), by=cast.robin, now=now)
        acknowledge(row=recall.patients.get(), answer="reached", note="", by=cast.robin, now=now)
        assert waiting_letters(site=cast.harbour, now=now) == []

    def test_a_task_of_it_is_not_done_from_the_list_of_tasks(self, cast: Cast, sign_in: SignIn):
        row = started(cast).patients.get()
        task = Task.objects.get(kind="lot_recall")
        done = reverse("patients:task-done", args=[task.pk])
        assert done not in sign_in(cast.ada).get(reverse("patients:task-list")).content.decode()
        answer = sign_in(cast.ada).post(reverse("patients:task-done", args=[task.pk]), {"note": ""})
        assert answer.status_code == 422
        assert reverse("treatments:lot-recall-patient", args=[row.pk]) in answer.content.decode()

    def test_a_record_merged_into_another_of_the_list_is_still_answered(self, cast: Cast):
        twin = patient(cast, "Koch")
        for person in (cast.joye, twin):
            signed(cast, cast.course(person), on=cast.harbour.today() - timedelta(days=person.pk))
        recall = start_lot_recall(lot=recalled(cast), owner=cast.ada, by=cast.ada, now=NOW)
        courses = [row.pk for row in cast.joye.courses.all()]
        cast.joye.refresh_from_db()
        twin.refresh_from_db()
        merge_patients(
            kept=cast.joye, merged=twin, versions=(cast.joye.version, twin.version), take={},
            goes_on={cast.joye.courses.get().condition_id: courses[0]}, reason="same card", by=cast.ada, now=NOW,
        )  # fmt: skip

        rows = LotRecallPatient.objects.visible_to(cast.robin).filter(recall=recall)
        assert {row.patient_id for row in rows} == {cast.joye.pk, twin.pk}
        for row in rows:
            acknowledge(row=row, answer="reached", note="one person", by=cast.robin, now=NOW)
        recall.refresh_from_db()
        assert recall.closed_at == NOW
        assert add_patients(recall=recall, by=cast.robin, now=NOW) == 0

    def test_called_off_for_the_wrong_lot(self, cast: Cast):
        recall = started(cast)
        call_off(recall=recall, reason="another lot", by=cast.ada, now=NOW)
        recall.lot.refresh_from_db()
        assert recall.lot.recalled_on is None
        assert not Task.objects.open().filter(kind="lot_recall").exists()
        with pytest.raises(ValidationError, match="called off"):
            add_patients(recall=recall, by=cast.ada, now=NOW)
        assert start_lot_recall(lot=recalled(cast), owner=cast.ada, by=cast.ada, now=NOW) != recall


class TestThePages:
    def test_the_front_desk_reads_names_and_phones_and_nothing_clinical(self, cast: Cast, sign_in: SignIn):
        recall = started(cast)
        url = reverse("treatments:lot-recall", args=[recall.pk])
        desk = sign_in(cast.robin).get(url).content.decode()
        assert "Koch, Joye" in desk
        assert "+1 617 555 0134" in desk
        LotRecallPatient.objects.update(because="draft")
        desk = sign_in(cast.robin).get(url).content.decode()
        for word in ("155", "migraine", "a draft picked", "Sessions with this lot"):
            assert word not in desk
        assert "a draft picked" in sign_in(cast.ito).get(url).content.decode()
        event = AuditEvent.objects.filter(actor_id=cast.robin.pk, action="search").first()
        assert (event.subject_type, event.subject_id) == ("treatments.LotRecall", recall.pk)

    def test_patients_of_other_sites_are_counted_and_not_named(self, cast: Cast, sign_in: SignIn):
        everybody(cast)
        recall = start_lot_recall(lot=recalled(cast), owner=cast.ada, by=cast.ada, now=NOW)
        page = sign_in(cast.robin).get(reverse("treatments:lot-recall", args=[recall.pk])).content.decode()
        assert "Elsewhere, Ana" not in page
        assert "1 belong to sites you do not work at: 0 of them are told" in page
        row = recall.patients.get(patient__family_name="Elsewhere")
        url = reverse("treatments:lot-recall-patient", args=[row.pk])
        assert sign_in(cast.robin).post(url, {"answer": "reached"}).status_code == 404

    def test_the_cost_does_not_grow_and_every_patient_is_on_a_page_once(
        self, cast: Cast, sign_in: SignIn, django_assert_max_num_queries: Any
    ):
        recall = started(cast)
        url = reverse("treatments:lot-recall", args=[recall.pk])
        client = sign_in(cast.robin)
        with django_assert_max_num_queries(12) as one:
            client.get(url)
        people = [
            Patient(given_name="Ana", family_name="Same", birth_date=date(1970, 5, 5), site=cast.harbour)
            for _ in range(119)
        ]
        for person in people:
            person.save()
        LotRecallPatient.objects.bulk_create(
            LotRecallPatient(recall=recall, patient=person, because="given") for person in people
        )
        with django_assert_max_num_queries(len(one)):
            page = client.get(url)
        seen = [item["row"].pk for item in page.context["rows"]]
        while (last := page.context["last"]) is not None:
            page = client.get(url, {"after": last.pk})
            seen += [item["row"].pk for item in page.context["rows"]]
        assert (len(seen), len(set(seen))) == (120, 120)

    def test_the_csv_holds_how_each_was_told(self, cast: Cast, sign_in: SignIn):
        recall = started(cast)
        acknowledge(row=recall.patients.get(), answer="unreached", note="=3 calls", by=cast.robin, now=NOW)
        answer = sign_in(cast.robin).get(reverse("treatments:lot-recall-csv", args=[recall.pk]))
        head, row = csv.reader(StringIO(b"".join(answer.streaming_content).decode()))
        told = dict(zip(head, row, strict=True))
        assert (told["How told"], told["By"], told["Note"]) == ("Could not be reached", "Robin Vale", "'=3 calls")
        assert "155" not in ",".join(row)

    def test_the_unused_vials_are_blocked_and_a_draft_is_told(self, cast: Cast, sign_in: SignIn):
        vials_in_stock(cast, 2)
        recall = started(cast)
        page = sign_in(cast.ada).get(reverse("treatments:lot-recall", args=[recall.pk])).content.decode()
        assert "2 unused vials blocked" in page
        on = cast.harbour.today() + timedelta(days=1)
        assert not Vial.objects.pickable(product=recall.lot.product, site=cast.harbour, on=on).exists()

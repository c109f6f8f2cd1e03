from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.rules import Alert, Severity, alerts, merged, screening_alerts, unanswered
from patients.rules.screening import ANSWERS, BY_KEY, NOT_ASKED, QUESTIONS, note_of

# Section 1.7 of the clinical reference: every row's key, its software action and its confidence.
REFERENCE = {
    "hypersensitivity": ("block", "A"),
    "milk_allergy": ("block Dysport only", "B"),
    "albumin_objection": ("warn", "A BOTOX, Myobloc, Daxxify; B Dysport, Xeomin"),
    "site_infection": ("block", "A"),
    "neuromuscular": ("warn, require provider acknowledgement", "A-"),
    "dysphagia_resp": ("warn", "A-"),
    "prior_toxin": ("add to cumulative-dose calculation; never convert units", "A"),
    "aminoglycosides": ("warn", "A"),
    "nmj_agents": ("warn", "A curare-like; C the rest of the list"),
    "anticholinergics": ("warn", "A"),
    "muscle_relaxants": ("warn", "A"),
    "anticoagulants": ("warn, pressure, ultrasound", "B"),
    "cardiac": ("warn", "A Daxxify, B BOTOX"),
    "pregnancy": ("warn, provider decision", "A-"),
    "surgery": ("warn", "B"),
    "compartment_weakness": ("warn", "B"),
    "uti": ("n/a here", "A"),
    "age_weight": ("require", "A"),
    "consent": ("require", "B"),
    "antibody_nonresponse": ("warn", "A"),
}


def answered(answer: str = "no", **other: str) -> dict[str, dict[str, str]]:
    return {question.key: {"answer": other.get(question.key, answer), "note": ""} for question in QUESTIONS}


def test_every_row_of_the_reference_is_asked_or_met_in_another_way():
    assert set(BY_KEY) | set(NOT_ASKED) == set(REFERENCE)
    assert not set(BY_KEY) & set(NOT_ASKED)
    assert len(REFERENCE) == 20
    assert len(QUESTIONS) == 17


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.key)
def test_a_yes_stops_only_where_the_reference_blocks_and_is_sure(question):
    action, confidence = REFERENCE[question.key]
    stops = action == "block" and confidence == "A"
    [alert] = screening_alerts(answered(**{question.key: "yes"}))
    assert alert.severity == (Severity.STOP if stops else Severity.WARN)
    assert alert.source.endswith(f"({confidence})")
    assert alert.source.startswith("intake screening: ")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.key)
def test_an_unsure_answer_is_a_warning_to_clear(question):
    [alert] = screening_alerts(answered(**{question.key: "unsure"}))
    assert alert.severity == Severity.WARN
    assert alert.code == question.code
    assert alert.label.endswith("?")
    assert "not sure" in alert.words


def test_no_to_everything_asks_for_nothing():
    assert screening_alerts(answered("no")) == []
    assert unanswered(answered("no")) == []


def test_what_is_missing_or_unreadable_counts_as_unanswered():
    answers = answered("no")
    del answers["cardiac"]
    answers["surgery"] = {"answer": "perhaps", "note": ""}
    answers["pregnancy"] = None
    assert unanswered(answers) == ["cardiac", "pregnancy", "surgery"]
    assert unanswered({}) == [question.key for question in QUESTIONS]
    assert screening_alerts(answers) == []


def test_codes_are_those_of_recorded_facts_so_that_both_make_one_alert():
    codes = {question.key: question.code for question in QUESTIONS}
    assert codes["hypersensitivity"] == "botulinum_toxin"
    assert codes["milk_allergy"] == "milk_protein"
    assert codes["albumin_objection"] == "albumin"
    assert codes["cardiac"] == "cardiac"
    assert len(set(codes.values())) == len(QUESTIONS)


def test_the_note_and_what_is_required_stand_in_the_words():
    answers = answered()
    answers["prior_toxin"] = {"answer": "yes", "note": "Dysport 300 U, forehead, 2 Oct"}
    [alert] = screening_alerts(answers)
    assert "(Dysport 300 U, forehead, 2 Oct)." in alert.words
    assert "never converted" in alert.words
    assert note_of(answers, "prior_toxin") == "Dysport 300 U, forehead, 2 Oct"


def test_stops_come_first():
    found = screening_alerts(answered("yes"))
    assert [alert.code for alert in found[:2]] == ["botulinum_toxin", "site_infection"]
    assert len(found) == len(QUESTIONS)


def test_every_question_is_worded_for_both_readers():
    for question in QUESTIONS:
        assert question.words.endswith("?")
        assert len(question.words) < 110
        assert len(question.label) < 60
        assert question.meaning[0].isupper()
        assert not question.meaning.endswith(".")


@given(st.dictionaries(st.sampled_from(sorted(BY_KEY)), st.sampled_from([*ANSWERS, "", "maybe"])))
def test_each_question_is_answered_or_missing_and_only_yes_or_unsure_are_seen(given_answers):
    answers = {key: {"answer": answer, "note": ""} for key, answer in given_answers.items()}
    missing = unanswered(answers)
    seen = {alert.code for alert in screening_alerts(answers)}
    for question in QUESTIONS:
        answer = given_answers.get(question.key, "")
        assert (question.key in missing) == (answer not in ANSWERS)
        assert (question.code in seen) == (answer in ("yes", "unsure"))


class TestMerged:
    def make(self, code="cardiac", words="Heart disease.", severity=Severity.WARN, booking=False):
        return Alert(code, code, words, severity, booking, "a source")

    def test_one_for_each_code_and_the_graver_one_stays(self):
        fact = self.make(words="Heart disease (atrial fibrillation).")
        answer = self.make(words="Heart disease: not sure.", severity=Severity.NOTE, booking=True)
        [alert] = merged([answer], [fact])
        assert alert.severity == Severity.WARN
        assert alert.words == "Heart disease (atrial fibrillation). Heart disease: not sure."
        assert alert.affects_booking

    def test_the_same_words_are_said_once(self):
        [alert] = merged([self.make()], [self.make()])
        assert alert.words == "Heart disease."

    def test_others_stay_apart_the_gravest_first(self):
        found = merged([self.make("a", severity=Severity.NOTE)], [self.make("b", severity=Severity.STOP)])
        assert [alert.code for alert in found] == ["b", "a"]

    def test_what_is_on_file_and_answered_is_said_once(self):
        drugs = [
            SimpleNamespace(drug_class="anticoagulant", name="Apixaban", started_on=None, ended_on=None),
            SimpleNamespace(drug_class="antiplatelet", name="Aspirin", started_on=None, ended_on=None),
        ]
        heart = [SimpleNamespace(kind="cardiac", note="atrial fibrillation", ended_on=None)]
        answers = {
            "anticoagulants": {"answer": "yes", "note": "apixaban, INR 2.1"},
            "cardiac": {"answer": "yes", "note": ""},
        }
        found = {
            alert.code: alert
            for alert in merged(alerts([], drugs, heart, on=date(2026, 11, 21)), screening_alerts(answers))
        }
        assert set(found) == {"anticoagulant", "cardiac"}
        assert found["anticoagulant"].words == (
            "Anticoagulant, antiplatelet or bleeding disorder: bruising and haematoma; press longer, ultrasound for "
            "deep muscles (Aspirin, apixaban, INR 2.1)."
        )
        assert found["anticoagulant"].label == "anticoagulant, antiplatelet"
        assert found["cardiac"].words == (
            "Heart disease: arrhythmia and infarction were reported after treatment (atrial fibrillation)."
        )


def test_a_man_is_not_asked_whether_he_is_pregnant():
    answers = {key: given for key, given in answered("no").items() if key != "pregnancy"}
    assert unanswered(answers, sex="M") == []
    for sex in ("F", "X", ""):
        assert unanswered(answers, sex=sex) == ["pregnancy"]

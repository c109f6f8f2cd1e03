from __future__ import annotations

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from messaging.reference_data import shipped_templates
from messaging.rules.times import day_words, time_words
from messaging.rules.wording import (
    MAX_SEGMENTS,
    MissingValueError,
    clinic_name,
    fill,
    fill_roughly,
    for_text_message,
    health_words,
    placeholders,
    segments,
    template_problems,
    usual_values,
)

USUAL_VALUES, LONG = usual_values("en"), usual_values("es")


def shipped_id(text: dict[str, Any]) -> str:
    return f"{text['purpose']} {text['attempt']} {text['channel']} {text['language']}"


# --- what ships


def test_there_is_a_text_for_every_purpose_channel_and_language():
    found = {(text["purpose"], text["attempt"], text["channel"], text["language"]) for text in shipped_templates()}
    alone = ("reminder", "booked", "moved", "cancelled", "waiting_offer", "questionnaire")
    purposes = [(purpose, 0) for purpose in alone]
    purposes += [("recall", attempt) for attempt in (1, 2, 3)]
    kinds = [(*purpose, channel) for purpose in purposes for channel in ("email", "text", "letter")]
    # Of a recalled lot a patient is told in person, or asked by letter to call.
    kinds.append(("lot_recall", 0, "letter"))
    assert found == {(*kind, language) for kind in kinds for language in ("en", "es")}
    assert len(shipped_templates()) == len(found)


@pytest.mark.parametrize("text", shipped_templates(), ids=shipped_id)
def test_no_shipped_text_says_anything_about_health(text: dict[str, Any]):
    assert health_words(fill(text["subject"], LONG)) == []
    assert health_words(fill(text["body"], LONG)) == []


@pytest.mark.parametrize("text", shipped_templates(), ids=shipped_id)
def test_every_shipped_text_may_be_used(text: dict[str, Any]):
    words = {name: text[name] for name in ("purpose", "channel", "language", "subject", "body")}
    assert template_problems(**words) == {}
    if text["channel"] == "text":
        assert segments(for_text_message(fill(text["body"], LONG))) <= MAX_SEGMENTS


@pytest.mark.parametrize("text", shipped_templates(), ids=shipped_id)
def test_without_a_telephone_number_no_line_ends_in_nothing(text: dict[str, Any]):
    filled = fill(text["body"], LONG | {"phone": ""})
    assert "{" not in filled
    assert "{phone}" not in filled
    assert not any(line.rstrip(" .").endswith((" at", " al", "call", "llame")) for line in filled.splitlines())


def test_a_spanish_text_is_not_the_english_one():
    by_kind: dict[tuple[Any, ...], set[str]] = {}
    for text in shipped_templates():
        by_kind.setdefault((text["purpose"], text["attempt"], text["channel"]), set()).add(text["body"])
    assert all(len(bodies) == 2 for bodies in by_kind.values())


# --- health words


def reference_names() -> list[str]:
    names = []
    for path, keys in {
        "treatments/reference/conditions.json": ["name", "short_name"],
        "treatments/reference/muscles.json": ["name"],
        "treatments/reference/protocols.json": ["name"],
        "inventory/reference/products.json": ["brand", "key"],
    }.items():
        for row in json.loads((Path(settings.BASE_DIR) / path).read_text()):
            names += [row[key] for key in keys]
    return sorted(set(names))


@pytest.mark.parametrize("name", reference_names())
def test_every_condition_muscle_product_and_protocol_is_noticed(name: str):
    assert health_words(name)


@pytest.mark.parametrize(
    "words",
    [
        "Botox", "your BOTOX® visit", "botulinum toxin", "Toxina botulínica", "migraine", "Migraña", "headache",
        "dolor de cabeza", "injection", "inyección", "inyecciones", "spasm", "espasmo", "spasticity", "espasticidad",
        "dystonia", "distonía", "neurology", "Neurología", "neurologist", "Boston Migraine Centre", "pain clinic",
        "Clínica del Dolor", "treatment", "tratamiento", "therapy", "fisioterapia", "jaw", "mandíbula", "your muscles",
        "músculos", "physiotherapist", "TMJ", "your next dose", "su medicamento", "Bostonmigraine",
    ],
)  # fmt: skip
def test_noticed(words: str):
    assert health_words(words)


@pytest.mark.parametrize(
    "words",
    [
        "Harbour Clinic", "Santa Teresa Clinic", "Your appointment is on Monday 30 November at 2:30 pm.", "number",
        "Painters' Hall", "Braintree Road is closed; come by Mill Road.", "Su cita es el martes, 9:00 a. m.",
        "llámenos al +1 617 555 0134", "https://clinic.example.org/l/abc", "elevator", "Dr Ito", "",
    ],
)  # fmt: skip
def test_let_pass(words: str):
    found = [word for word in health_words(words) if word != "Braintree"]
    assert found == []


def test_words_are_given_as_they_stand_each_once():
    assert health_words("Botox for Migraine: Botox!") == ["Botox", "Migraine"]


def test_the_clinic_is_called_by_its_chosen_name_or_one_without_a_health_word():
    assert clinic_name(sender_name="", site_name="Harbour Clinic", language="en") == "Harbour Clinic"
    assert clinic_name(sender_name="Mill Road", site_name="Migraine Centre", language="en") == "Mill Road"
    assert clinic_name(sender_name="", site_name="Migraine Centre", language="en") == "your clinic"
    assert clinic_name(sender_name="The Migraine Team", site_name="Mesa", language="es") == "su clínica"


# --- filling


def test_filling():
    assert fill("{clinic}: on {day} at {time}.", USUAL_VALUES) == (
        "Harbour Clinic: on Wednesday 30 September at 10:30 am."
    )


def test_a_sentence_ends_with_one_full_stop():
    assert fill("{clinic}: el {day}, {time}. Llame.", LONG).endswith("septiembre, 10:30 a. m. Llame.")
    assert fill_roughly("A las {time}.", language="es") == "A las 10:30 a. m."
    assert fill_roughly("{nobody}. {time}. {time}", language="en") == "{nobody}. 10:30 am. 10:30 am"
    assert not [text for text in shipped_templates() if ".." in fill(text["body"], usual_values(text["language"]))]


def test_a_line_with_the_missing_phone_is_left_out():
    assert fill("Come.\nCall {phone}.\nBye.", {"phone": ""}) == "Come.\nBye."


def test_other_missing_words_are_an_error():
    with pytest.raises(MissingValueError, match=r"\{link\}"):
        fill("Open {link}", {})


@given(st.text(max_size=60))
def test_a_value_is_never_read_for_placeholders(value: str):
    kept = " ".join(value.split()) or "x"
    assert fill("<{clinic}>", {"clinic": kept, "link": "secret"}) == f"<{kept}>"


@given(st.text(alphabet="{} %abclinkday\n", max_size=40))
def test_any_text_is_filled_or_refused_and_never_anything_else(text: str):
    try:
        filled = fill(text, USUAL_VALUES)
    except MissingValueError:
        assert set(placeholders(text)) - set(USUAL_VALUES)
    else:
        assert "{clinic}" not in filled


# --- what a template must and must not hold


def problems(body: str, *, purpose: str = "reminder", channel: str = "email", subject: str = "Hello") -> list[str]:
    found = template_problems(purpose=purpose, channel=channel, language="en", subject=subject, body=body)
    return [words for of_field in found.values() for words in of_field]


GOOD = "{clinic}: {day} at {time}, {link}"


def test_a_good_text():
    assert problems(GOOD) == []
    assert problems(GOOD, channel="text", subject="") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{clinic} {day} {link}", "{time} is missing"),
        (GOOD + " {condition}", "{condition} means nothing here"),
        (GOOD + " {name}", "{name} means nothing here"),
        (GOOD + " {", "A brace stands alone"),
        (GOOD + " your migraine", "Take out: migraine"),
        ("{clinic} {day} {time}", "Say how to answer"),
        ("{day} {time} {link}", "the reader has to know who writes"),
        ("", "A text is needed."),
    ],
)
def test_a_bad_text(body: str, words: str):
    assert any(words in problem for problem in problems(body)), problems(body)


def test_subjects():
    assert problems(GOOD, subject="") == ["An e-mail needs a subject."]
    assert problems(GOOD, subject="Your Botox visit") == ["A message says nothing about health. Take out: Botox."]
    assert problems(GOOD, channel="text", subject="Hello") == ["A text message has no subject."]
    assert problems(GOOD, subject="two\nlines") == ["One line."]


def test_a_text_message_that_is_too_long():
    [words] = problems(GOOD + " come " * 90, channel="text", subject="")
    assert "Too long" in words


def test_a_letter_has_no_link_and_may_name():
    assert problems("{address}\n{name}, {clinic}: {day} {time}. Call {phone}.", channel="letter") == []
    assert any("{link} means nothing" in words for words in problems(GOOD, channel="letter"))


# --- text messages


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("ñ" * 160, 1), ("[" * 80, 1), ("[" * 81, 2),
        ("á" * 70, 1), ("á" * 71, 2), ("á" * 134, 2), ("á" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("", 1),
    ],
)  # fmt: skip
def test_segments(text: str, parts: int):
    assert segments(text) == parts


def test_accents_that_cost_room_go_and_the_others_stay():
    assert for_text_message("miércoles y sábado, ¿está bien? El niño…") == "miércoles y sabado, ¿esta bien? El niño..."
    assert for_text_message("日本") == "日本"


# --- days and times


def test_days_and_times():
    day = date(2026, 11, 30)
    assert day_words(day, "en") == "Monday 30 November"
    assert day_words(day, "es") == "lunes 30 de noviembre"
    assert [time_words(time(hour), "en") for hour in (0, 9, 12, 13)] == ["12:00 am", "9:00 am", "12:00 pm", "1:00 pm"]
    assert time_words(time(14, 5), "es") == "2:05 p. m."


def test_a_preview_looks_like_the_real_thing():
    assert "{" not in fill_roughly(GOOD, language="en")
    assert fill_roughly("{day}, {time}", language="en") == "Wednesday 30 September, 10:30 am"
    assert fill_roughly("{day}, {time}", language="es") == "miércoles 30 de septiembre, 10:30 a. m."

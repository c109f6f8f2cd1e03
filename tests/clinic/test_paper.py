"""The documents as PDF: read back page by page."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from audit.models import AuditEvent
from clinic import pango
from clinic.paper.maps import side_by_side
from patients.actions import record_screening
from patients.models import Screening
from tests.cast import Cast
from tests.patients.made import authorization
from tests.treatments.charted import _Always, draft, migraine_sites, moment, ready, signed, vials_in_stock
from tests.treatments.test_evaluation_actions import CONTENT, written
from treatments.actions.evaluations import change_evaluation
from treatments.actions.records import replace_session
from treatments.actions.sessions import DraftSite, sign_session, void_session
from treatments.forms.session import AFTERCARE
from treatments.models import Evaluation, Muscle, TreatmentCourse

SignIn = Callable[[User], Client]
DOCUMENTS = ["clinic:session-note", "clinic:session-packet", "clinic:session-after-visit"]


def pages(content: bytes) -> list[str]:
    """The words of each page, with white space made one."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]


def printed(client: Client, name: str, subject: Any) -> list[str]:
    response = client.get(reverse(name, args=[subject.pk]))
    assert response.status_code == 200, response.content[:500]
    assert response["Content-Type"] == "application/pdf"
    return pages(response.content)


@pytest.fixture
def course(cast: Cast) -> TreatmentCourse:
    return cast.course()


def test_a_changed_dose_is_shown_against_the_last_session(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    signed(cast, course, on=today - timedelta(days=200))
    sites = migraine_sites(course)
    more = DraftSite(course.pk, Muscle.objects.get(key="procerus").pk, "midline", Decimal(10))
    kept = [site for site in sites if site.muscle_id != more.muscle_id]
    session = signed(cast, course, on=today, sites=[*kept, more])
    note = " ".join(printed(sign_in(cast.ito), "clinic:session-note", session))
    assert "Procerus Midline more 1 site, 5 U 1 site, 10 U" in note
    assert "1 site charted in the table alone stands on no map." in note


def test_several_courses_are_told_apart(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    jaw = cast.course(condition="tmj_bruxism")
    masseter = Muscle.objects.get(key="masseter")
    sites = [*migraine_sites(course), DraftSite(jaw.pk, masseter.pk, "left", Decimal(20))]
    session = signed(cast, course, jaw, on=cast.harbour.today(), sites=sites)
    note = " ".join(printed(sign_in(cast.ito), "clinic:session-note", session))
    assert "Chronic migraine 31 155" in note
    assert "TMJ disorder / bruxism 1 20" in note
    assert "Total, units of BOTOX 32 175" in note


def test_four_maps_begin_beside_the_table_of_sites(cast: Cast, sign_in: SignIn) -> None:
    arm = cast.course(condition="upper_limb_spasticity")
    places = {"arms_front": "biceps", "arms_deep": "brachialis", "forearms_front": "fcr", "forearms_deep": "fdp"}
    sites = [
        DraftSite(arm.pk, Muscle.objects.get(key=muscle).pk, "right", Decimal(40), view, 300, 300)
        for view, muscle in places.items()
    ]
    session = signed(cast, arm, on=cast.harbour.today(), sites=sites)
    first, second, *_ = printed(sign_in(cast.ito), "clinic:session-note", session)
    assert "Arms, front" in first
    assert "Forearms, deep" in second


def test_the_packet_names_each_authorisation_the_session_counts_under(
    cast: Cast, sign_in: SignIn, course: TreatmentCourse
) -> None:
    jaw = cast.course(condition="tmj_bruxism")
    authorization(cast, number="PA-HEAD")
    authorization(cast, number="PA-JAW", condition="tmj_bruxism", visits_approved=2)
    authorization(cast, number="PA-OLD", condition="tmj_bruxism", status="denied")
    masseter = DraftSite(jaw.pk, Muscle.objects.get(key="masseter").pk, "left", Decimal(20))
    sites = [*migraine_sites(course), masseter]
    session = signed(cast, course, jaw, on=cast.harbour.today(), sites=sites)
    packet = " ".join(printed(sign_in(cast.ito), "clinic:session-packet", session))
    assert "Chronic migraine Payer Northfield Health Number PA-HEAD (approved)" in packet
    assert "TMJ disorder / bruxism Payer Northfield Health (as recorded now) Number PA-JAW (approved)" in packet
    assert "PA-OLD" not in packet


def test_a_draft_and_a_voided_session_say_so_on_every_page(
    cast: Cast, sign_in: SignIn, course: TreatmentCourse
) -> None:
    today = cast.harbour.today()
    client = sign_in(cast.ito)
    open_one = draft(cast, course, on=today, vials=vials_in_stock(cast))
    for page in printed(client, "clinic:session-note", open_one):
        assert "DRAFT" in page
    done = signed(cast, course, on=today - timedelta(days=100))
    void_session(session=done, reason="wrong patient", by=cast.ito, now=moment(cast, today))
    found = printed(client, "clinic:session-note", done)
    assert all("VOIDED" in page for page in found)
    assert "by Dr Kenji Ito: wrong patient." in found[0]
    copy = replace_session(session=done, by=cast.ito)
    answers = {"reasons": _Always(), "now": moment(cast, today)}
    sign_session(session=copy, by=cast.okafor, version=copy.version, **answers)  # type: ignore[arg-type]
    note = printed(client, "clinic:session-note", copy)[0]
    assert f"This session replaces one of {done.performed_on:%-d %b %Y}, signed on" in note
    assert "by Dr Kenji Ito: wrong patient. That record stays readable." in note
    # Who signed answers for it; who charted it is named beside.
    assert "Provider Dr Ngozi Okafor, MD" in note
    assert "Charted by Dr Kenji Ito, MD" in note
    assert "replaces it." in printed(client, "clinic:session-packet", done)[0]


def test_the_packet_says_in_what_language_the_screening_was_asked(
    cast: Cast, sign_in: SignIn, course: TreatmentCourse
) -> None:
    today = cast.harbour.today()
    ready(cast, cast.joye, on=today)
    answers = Screening.objects.get().answers
    record_screening(patient=cast.joye, answers=answers, by_patient=True, language="es", on=today, by=cast.robin)
    packet = " ".join(printed(sign_in(cast.ito), "clinic:session-packet", signed(cast, course, on=today)))
    assert "by the patient on the tablet in Español, taken by Robin" in packet
    with pytest.raises(ValidationError, match="not a valid choice"):
        record_screening(patient=cast.joye, answers=answers, by_patient=True, language="xx", on=today, by=cast.robin)


def test_the_packet_of_a_first_session_has_no_response(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    session = signed(cast, course, on=cast.harbour.today())
    packet = " ".join(printed(sign_in(cast.ito), "clinic:session-packet", session))
    assert "No session before this one was signed here." in packet
    assert "Missing: no evaluation of this course is on file." in packet
    assert "Missing: no tried treatment is on file." in packet


def test_the_patient_reads_plain_words(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    cast.harbour.phone = "+1 617 555 0100"
    cast.harbour.save()
    session = signed(cast, course, on=cast.harbour.today(), aftercare_note="")
    sheet = " ".join(printed(sign_in(cast.ito), "clinic:session-after-visit", session))
    window = session.windows.get()
    for words in (
        "Call 911 at once if",
        "trouble breathing",
        "Call us the same day at +1 617 555 0100",
        "31 small injections in the head and face, and neck and shoulders",
        "up to two weeks",
        "three to six months",
        f"between {window.window_opens_on:%B %-d, %Y} and {window.window_closes_on:%B %-d, %Y}",
    ):
        assert words in sheet, words
    for term in ("mL", "dysphagia", "ptosis", "ICD", "seal", "lot "):
        assert term not in sheet, term


def test_the_number_of_a_licence_stays_on_one_line(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    number = "-".join(["MAHO"] * 8)
    cast.ito.credential.licence_number = number
    cast.ito.credential.save()
    cast.ito.name = "Dr Kenji Maximilian Alexander Bartholomew Ito of the Harbour"
    cast.ito.save()
    done = signed(cast, course, on=cast.harbour.today())
    assert number in "".join(printed(sign_in(cast.ito), "clinic:session-note", done))


def test_an_evaluation_prints(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    told = {"told_onset": True, "told_partial": True}
    evaluation = written(cast, course, content=CONTENT | told)
    (page,) = printed(sign_in(cast.ito), "clinic:evaluation-pdf", evaluation)
    assert "the effect comes in days to two weeks; relief may be partial Medication guide" in " ".join(page.split())
    for words in ("Koch, Joye", "Page 1 of 1", "Headache on most days.", "Two preventives failed.", "Dr Kenji Ito, MD"):
        assert words in page, words


def test_a_corrected_evaluation_says_when_and_by_whom(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    today = cast.harbour.today()
    evaluation = written(cast, course)

    def saved(content: dict[str, Any]) -> None:
        change_evaluation(
            evaluation=evaluation,
            evaluated_on=today,
            content=content,
            today=today,
            by=cast.ada,
            version=Evaluation.objects.get().version,
        )

    saved(CONTENT)  # as it was
    (page,) = printed(sign_in(cast.ito), "clinic:evaluation-pdf", evaluation)
    assert "corrected" not in page
    saved(CONTENT | {"goals": "Work half a week"})
    (page,) = printed(sign_in(cast.ito), "clinic:evaluation-pdf", evaluation)
    assert f"Dr Kenji Ito, MD; corrected on {today:%-d %b %Y} by Ada Brandt" in page
    shown = sign_in(cast.ito).get(reverse("clinic:evaluation", args=[evaluation.pk])).content.decode()
    assert "by Ada Brandt" in shown


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_printing_is_recorded_and_named_without_the_patient(
    cast: Cast, sign_in: SignIn, course: TreatmentCourse, name: str
) -> None:
    session = signed(cast, course, on=cast.harbour.today())
    response = sign_in(cast.ito).get(reverse(name, args=[session.pk]))
    assert response["Cache-Control"] == "no-store"
    assert re.fullmatch(r'inline; filename="[a-z-]+-\d+\.pdf"', response["Content-Disposition"])
    event = AuditEvent.objects.get(action="print")
    assert (event.patient_id, event.subject_id, event.actor_id) == (cast.joye.pk, session.pk, cast.ito.pk)


def test_what_was_recorded_from_outside_has_no_note(cast: Cast, sign_in: SignIn) -> None:
    from tests.access_things import outside_session

    session = outside_session(cast)
    for name in DOCUMENTS:
        assert sign_in(cast.ito).get(reverse(name, args=[session.pk])).status_code == 404


def test_words_of_people_stay_words(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    """What somebody typed is never markup, and leads nowhere."""
    typed = '<img src="file:///etc/passwd"><b>bold</b> & <style>*{display:none}</style>'
    session = signed(cast, course, on=cast.harbour.today(), notes=typed)
    note = " ".join(printed(sign_in(cast.ito), "clinic:session-note", session))
    assert '<img src="file:///etc/passwd"><b>bold</b> & <style>*{display:none}</style>' in note


def test_points_of_one_place_are_drawn_side_by_side() -> None:
    points = [
        {"x": 300, "y": 200, "units": "5"},
        {"x": 300, "y": 200, "units": "7"},
        {"x": 340, "y": 200, "units": "9"},
    ]
    shown = side_by_side(points)
    assert [(point["x"], point["units"]) for point in shown] == [(300, "5"), (360, "7"), (340, "9")]
    assert points[1]["x"] == 300
    assert side_by_side([{"x": 900, "y": 1}, {"x": 905, "y": 9}])[1]["x"] == 845


@pytest.mark.parametrize(("needed", "code"), [(False, 0), (True, 1)])
def test_cadence_starts_without_pango_and_the_tests_do_not(
    needed: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a machine where it cannot be installed without asking."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert pango.main(needed=needed) == code
    said = capsys.readouterr().err
    assert "Printing needs Pango" in said
    assert ("Cadence runs without it" in said) is not needed


def test_names_outside_the_latin_alphabet_print_in_the_fonts_we_ship(
    cast: Cast, sign_in: SignIn, course: TreatmentCourse
) -> None:
    cast.joye.given_name, cast.joye.family_name = "Łucja Νίκη", "Đặng Юлия"
    cast.joye.save()
    session = signed(cast, course, on=cast.harbour.today())
    response = sign_in(cast.ito).get(reverse("clinic:session-note", args=[session.pk]))
    assert "Đặng Юлия, Łucja Νίκη" in pages(response.content)[0]
    fonts = set()
    for page in PdfReader(io.BytesIO(response.content)).pages:
        fonts |= {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}  # type: ignore[index]
    assert fonts
    assert all("Inter" in font for font in fonts), fonts


def test_nothing_of_a_voided_session_is_taken_home(cast: Cast, sign_in: SignIn, course: TreatmentCourse) -> None:
    session = signed(cast, course, on=cast.harbour.today())
    void_session(session=session, reason="wrong patient", by=cast.ito, now=timezone.now())
    client = sign_in(cast.ito)
    answer = client.get(reverse("clinic:session-after-visit", args=[session.pk]), follow=True)
    assert answer.redirect_chain[0][0] == reverse("treatments:session-detail", args=[session.pk])
    page = answer.content.decode()
    assert "This session was voided: there is no after-visit sheet of it." in page
    assert "after-visit.pdf" not in page


def test_the_words_the_form_begins_with_stay_in_the_record(
    cast: Cast, sign_in: SignIn, course: TreatmentCourse
) -> None:
    session = signed(cast, course, on=cast.harbour.today(), aftercare_note=f"{AFTERCARE} Keep it dry.")
    client = sign_in(cast.ito)
    sheet = " ".join(printed(client, "clinic:session-after-visit", session))
    assert "Told what to expect" not in sheet
    assert "Keep it dry." in sheet
    assert "Told what to expect" in " ".join(printed(client, "clinic:session-note", session))

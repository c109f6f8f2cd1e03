"""The pages around a signed session: addendum, void and replace, seals, the list of unsigned drafts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from audit.models import AuditEvent
from patients.models import Patient
from tests.cast import PASSWORD, Cast
from tests.treatments.charted import _Always, draft, migraine_sites, moment, signed, vials_in_stock
from tests.treatments.test_seals import CHANGES, as_superuser
from treatments.actions.records import replace_session, write_addendum
from treatments.actions.sessions import DraftSite, SigningRefusedError, sign_session, void_session
from treatments.models import InjectionSession, Muscle, SessionCourse
from treatments.rules.facts import Severity
from treatments.rules.findings.wording import finding
from treatments.templatetags.cadence import finding_source

DAY = date(2026, 9, 4)


@pytest.fixture
def ito(cast: Cast, sign_in: Callable[..., Client]) -> Client:
    return sign_in(cast.ito)


@pytest.fixture
def trainee(cast: Cast) -> User:
    user = User.objects.create_user("tess@example.org", PASSWORD, name="Dr Tess Lang", roles=[Role.TRAINEE])
    user.sites.set([cast.harbour])
    return user


def url(name: str, session: InjectionSession) -> str:
    return reverse(f"treatments:{name}", args=[session.pk])


# --- which session it is


def heading(client: Client, session: InjectionSession) -> str:
    page = client.get(url("session-detail", session)).content.decode()
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    assert "<title>Session · Cadence</title>" in page, "what is treated stays out of the browser's history"
    return found[1]


def test_the_heading_says_the_number_of_the_session(cast: Cast, ito: Client) -> None:
    course, jaw = cast.course(), cast.course(condition="tmj_bruxism")
    voided = signed(cast, course, on=DAY - timedelta(days=300))
    void_session(session=voided, reason="x", by=cast.ito, now=timezone.now())
    first = signed(cast, course, on=DAY - timedelta(days=200))
    touched = signed(cast, course, on=DAY - timedelta(days=190), is_touch_up=True, touch_up_reason="a brow")
    masseter = DraftSite(jaw.pk, Muscle.objects.get(key="masseter").pk, "left", Decimal(5))
    sites = [*migraine_sites(course), masseter]
    both = signed(cast, course, jaw, on=DAY - timedelta(days=100), sites=sites)
    assert heading(ito, voided) == "Chronic migraine, voided session"
    assert heading(ito, first) == "Chronic migraine, session 1"
    assert heading(ito, touched) == "Chronic migraine, touch-up"
    assert heading(ito, both) == "Chronic migraine, session 2; TMJ disorder / bruxism, session 1"
    assert heading(ito, draft(cast, course, on=DAY, vials=[])) == "Chronic migraine, session 3"


# --- addendum


def test_an_addendum_is_written_and_read(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    assert ito.get(url("addendum-write", session)).status_code == 200
    for _ in range(2):  # pressed twice
        answer = ito.post(url("addendum-write", session), {"text": "Ice was given."})
        assert answer.url == url("session-detail", session)
    assert session.addenda.count() == 1
    page = ito.get(answer.url).content.decode()
    assert "Ice was given." in page
    assert "Dr Kenji Ito, MD, licence L12345: author" in page
    assert "unchanged since" in page


def test_an_empty_addendum_is_asked_for_again(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    answer = ito.post(url("addendum-write", session), {"text": " "})
    assert answer.status_code == 422
    assert "Write what is to be added." in answer.content.decode()
    assert not session.addenda.exists()


def test_a_draft_takes_no_addendum(cast: Cast, ito: Client) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=[])
    assert ito.post(url("addendum-write", session), {"text": "Ice"}).url == url("session-detail", session)
    assert not session.addenda.exists()


def test_who_may_write_an_addendum(cast: Cast, sign_in: Callable[..., Client], trainee: User) -> None:
    session = signed(cast, cast.course(), on=DAY)
    for user, status in ((cast.max, 404), (cast.robin, 403), (cast.ada, 403), (trainee, 403)):
        assert sign_in(user).post(url("addendum-write", session), {"text": "x"}).status_code == status
    assert not session.addenda.exists()


# --- void and replace


def test_voiding_leads_to_the_copy_and_each_names_the_other(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    answer = ito.post(url("session-void", session), {"reason": "wrong side", "then": "replace"})
    copy = InjectionSession.objects.get(replaces=session)
    assert answer.url == url("session-chart", copy)
    assert ito.get(answer.url).status_code == 200
    assert url("session-detail", copy) in ito.get(url("session-detail", session)).content.decode()
    assert url("session-detail", session) in ito.get(url("session-detail", copy)).content.decode()


def test_the_copy_can_be_saved_with_the_vials_of_the_voided_session(cast: Cast, ito: Client) -> None:
    from tests.treatments.test_session_views import chart_url, fields

    session = signed(cast, cast.course(), on=DAY)
    ito.post(url("session-void", session), {"reason": "wrong side", "then": "replace"})
    copy = InjectionSession.objects.get(replaces=session)
    page = ito.get(chart_url(copy)).content.decode()
    answer = ito.post(chart_url(copy), fields(page) | {"action": "save", "notes": "the right side"}, follow=True)
    assert answer.status_code == 200
    copy.refresh_from_db()
    assert copy.notes == "the right side"
    assert [use.vial_id for use in copy.vial_uses.all()] == [use.vial_id for use in session.vial_uses.all()]


def test_reading_a_session_before_voiding_it_is_recorded(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    ito.get(url("session-void", session))
    assert AuditEvent.objects.filter(
        action="chart-read", actor_id=cast.ito.pk, patient_id=cast.joye.pk, subject_id=session.pk
    ).exists()


def test_voiding_without_more_offers_the_copy_later(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    ito.post(url("session-void", session), {"reason": "wrong side"})
    assert not InjectionSession.objects.filter(replaces=session).exists()
    assert url("session-replace", session) in ito.get(url("session-detail", session)).content.decode()
    for _ in range(2):
        answer = ito.post(url("session-replace", session))
    assert answer.url == url("session-chart", InjectionSession.objects.get(replaces=session))


def test_a_signed_session_is_not_replaced_unvoided(cast: Cast, ito: Client, sign_in: Callable[..., Client]) -> None:
    session = signed(cast, cast.course(), on=DAY)
    assert ito.post(url("session-replace", session)).url == url("session-detail", session)
    assert not InjectionSession.objects.filter(replaces=session).exists()
    void_session(session=session, reason="x", by=cast.ito, now=timezone.now())
    assert sign_in(cast.max).post(url("session-replace", session)).status_code == 404
    assert sign_in(cast.ada).post(url("session-replace", session)).status_code == 403


def test_voiding_wants_a_reason(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    assert ito.post(url("session-void", session), {"reason": " ", "then": "replace"}).status_code == 422
    session.refresh_from_db()
    assert session.status == "signed"


@pytest.mark.parametrize("then", ["", "replace"])
def test_of_two_who_void_the_second_is_told_who_did_and_why(
    cast: Cast, ito: Client, sign_in: Callable[..., Client], then: str
) -> None:
    session = signed(cast, cast.course(), on=DAY)
    page = ito.get(url("session-void", session)).content.decode()
    shown = dict(re.findall(r'<input type="hidden" name="(version)" value="(\d+)"', page))
    first = ito.post(url("session-void", session), {"reason": "wrong side", "then": then, **shown})
    second = sign_in(cast.okafor).post(
        url("session-void", session), {"reason": "mine", "then": then, **shown}, follow=True
    )
    assert "Dr Kenji Ito voided this session already. The reason: wrong side" in second.content.decode()
    # Whoever wants the copy comes to the one there is.
    assert second.redirect_chain[-1][0] == (first.url if then else url("session-detail", session))
    session.refresh_from_db()
    assert session.void_reason == "wrong side"
    assert InjectionSession.objects.filter(replaces=session).count() == bool(then)


def test_throwing_a_draft_away_does_not_void_what_was_signed_meanwhile(cast: Cast, ito: Client) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast))
    page = ito.get(url("session-void", session)).content.decode()
    shown = dict(re.findall(r'<input type="hidden" name="(version)" value="(\d+)"', page))
    sign_session(
        session=session, by=cast.ito, version=session.version, reasons=_Always(), now=moment(cast, DAY)
    )  # in another tab
    answer = ito.post(url("session-void", session), {"reason": "not needed", **shown})
    assert answer.status_code == 422
    assert "It was signed after you opened this page." in answer.content.decode()
    session.refresh_from_db()
    assert session.status == "signed"


# --- seals


def test_the_page_says_when_the_record_is_not_what_was_sealed(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    as_superuser(CHANGES["units"], session.pk)
    page = ito.get(url("session-detail", session)).content.decode()
    assert "This record is not what was sealed" in page


def test_the_page_of_a_session_asks_little_however_much_was_added(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    ito.get(url("session-detail", session))
    with CaptureQueriesContext(connection) as few:
        ito.get(url("session-detail", session))
    for text in ("one", "two", "three"):
        write_addendum(session=session, text=text, by=cast.ito, now=timezone.now())
    with CaptureQueriesContext(connection) as more:
        ito.get(url("session-detail", session))
    assert len(few) == len(more) <= 12


# --- drafts and trainees


def test_a_trainee_charts_and_is_told_who_signs(cast: Cast, sign_in: Callable[..., Client], trainee: User) -> None:
    client = sign_in(trainee)
    assert client.get("/").url == reverse("clinic:my-day")
    assert client.get(reverse("clinic:my-day")).status_code == 200
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast), by=trainee)
    assert client.get(url("session-chart", session)).status_code == 200
    review = client.get(url("session-review", session)).content.decode()
    assert "A supervising provider reviews and signs this draft" in review
    assert "Sign as" not in review
    assert client.post(url("session-review", session), {"version": session.version}).status_code == 403
    assert client.post(url("session-void", session), {"reason": "x"}).status_code == 403


def test_a_supervisor_finds_and_signs_a_trainees_draft(
    cast: Cast, ito: Client, sign_in: Callable[..., Client], trainee: User
) -> None:
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast), by=trainee)
    assert url("session-review", session) in ito.get(reverse("treatments:draft-list")).content.decode()
    assert "1 unsigned draft of trainees" in ito.get(reverse("clinic:my-day")).content.decode()
    page = ito.get(url("session-review", session))
    assert "Sign as supervisor: Dr Kenji Ito" in page.content.decode()
    reasons = {
        f"reason:{item['finding'].key}": "seen"
        for item in page.context["findings"]
        if item["finding"].severity == "warn"
    }
    ito.post(url("session-review", session), {"version": session.version, **reasons})
    session.refresh_from_db()
    assert session.status == "signed"
    assert session.signature.startswith("drafted by Dr Tess Lang, trainee; reviewed and signed by Dr Kenji Ito")


def listed(client: Client, **query: Any) -> list[int]:
    page = client.get(reverse("treatments:draft-list"), query)
    return [row["session"].pk for row in page.context["drafts"]]


def test_each_sees_the_drafts_that_wait_for_them(cast: Cast, sign_in: Callable[..., Client], trainee: User) -> None:
    course = cast.course()
    today = cast.harbour.today()
    mine = draft(cast, course, on=today, vials=[])
    colleagues = draft(cast, course, on=today, vials=[], by=cast.okafor)
    trainees = draft(cast, course, on=today, vials=[], by=trainee)
    thrown = draft(cast, course, on=today - timedelta(days=1), vials=[])
    void_session(session=thrown, reason="x", by=cast.ito, now=timezone.now())
    assert listed(sign_in(cast.ito)) == [mine.pk, trainees.pk]
    assert listed(sign_in(trainee)) == [trainees.pk]
    assert listed(sign_in(cast.ada)) == [mine.pk, colleagues.pk, trainees.pk]
    assert listed(sign_in(cast.max)) == []
    assert sign_in(cast.robin).get(reverse("treatments:draft-list")).status_code == 403


def test_a_draft_older_than_a_day_is_marked(cast: Cast, ito: Client) -> None:
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=[])
    assert "over a day old" not in ito.get(reverse("treatments:draft-list")).content.decode()
    InjectionSession.objects.filter(pk=session.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert "over a day old" in ito.get(reverse("treatments:draft-list")).content.decode()


def test_the_list_comes_in_pages_and_costs_the_same(cast: Cast, ito: Client) -> None:
    course = cast.course()
    people = Patient.objects.bulk_create(
        Patient(given_name=f"P{n}", family_name="Q", birth_date=date(1980, 1, 1), sex="F", site=cast.harbour,
                record_number=f"D{n}")
        for n in range(60)
    )  # fmt: skip
    sessions = InjectionSession.objects.bulk_create(
        InjectionSession(patient=person, site=cast.harbour, provider=cast.ito, performed_on=DAY) for person in people
    )
    with CaptureQueriesContext(connection) as few:
        ito.get(reverse("treatments:draft-list"), {"after": sessions[-2].pk})
    SessionCourse.objects.bulk_create(SessionCourse(session=row, course=course) for row in sessions)
    with CaptureQueriesContext(connection) as many:
        first = listed(ito)
    assert len(few) == len(many) <= 12
    assert len(first) == 50
    assert listed(ito, after=first[-1]) == [row.pk for row in sessions[50:]]
    assert listed(ito, after="x' OR 1=1") == first


def test_a_replacement_stands_in_the_list(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    voided = void_session(session=session, reason="x", by=cast.ito, now=timezone.now())
    copy = replace_session(session=voided, by=cast.ito)
    assert listed(ito) == [copy.pk]


# --- what a browser keeps


def key_in(page: str) -> str:
    return page.split('data-draft-key="', 1)[1].split('"', 1)[0]


def test_the_key_of_what_a_browser_keeps_is_each_persons_and_each_drafts_own(
    cast: Cast, sign_in: Callable[..., Client]
) -> None:
    one = draft(cast, cast.course(), on=cast.harbour.today(), vials=[])
    two = draft(cast, cast.course(cast.omar), on=cast.harbour.today(), vials=[])
    asked = [(cast.ito, one), (cast.ito, two), (cast.okafor, one)]
    keys = [key_in(sign_in(user).get(url("session-chart", session)).content.decode()) for user, session in asked]
    assert len(set(keys)) == 3
    assert all(len(bytes.fromhex(key)) == 32 for key in keys)
    assert key_in(sign_in(cast.ito).get(url("session-chart", one)).content.decode()) == keys[0]


def test_a_voided_session_opens_no_window(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=DAY)
    assert "Next window" in ito.get(url("session-detail", session)).content.decode()
    void_session(session=session, reason="x", by=cast.ito, now=timezone.now())
    assert "Next window" not in ito.get(url("session-detail", session)).content.decode()


def test_a_trainee_has_nothing_to_correct_in_who_signs(
    cast: Cast, sign_in: Callable[..., Client], trainee: User
) -> None:
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast), by=trainee)
    client = sign_in(trainee)
    for name in ("session-review", "session-chart"):
        page = client.get(url(name, session)).content.decode()
        assert "Only a provider signs" not in page
    assert (
        "A supervising provider reviews and signs this draft."
        in client.get(url("session-review", session)).content.decode()
    )
    assert client.post(url("session-review", session), {"version": session.version}).status_code == 403
    with pytest.raises(SigningRefusedError) as refused:
        sign_session(session=session, by=trainee, version=None, reasons={}, now=timezone.now())
    assert "signer" in {one.key for one in refused.value.findings}


def test_a_finding_names_its_rule_in_a_word() -> None:
    def shown(confidence: str) -> str:
        return finding_source(
            finding("x", Severity.WARN, "x", about="dose", rule="R4", source="the label", confidence=confidence)
        )

    assert ">R4</a></span>" in shown("A")
    assert 'title="Rule R4; the label, confidence A"' in shown("A")
    assert ">R4</a> not confirmed</span>" in shown("B")

"""The page of the rules, and confirming numbers against a label: what it changes, and when it no longer counts."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import treatments.rules.findings as findings
from audit.models import AuditEvent
from inventory.models import LabelMaximum, Product
from patients.models import Consent, Screening
from tests.cast import Cast
from tests.treatments.charted import draft, vials_in_stock
from treatments.actions.confirmations import confirm_numbers, withdraw_confirmation
from treatments.actions.sessions import DraftSite, start_session
from treatments.checks import findings_of
from treatments.label_numbers import label_numbers
from treatments.models import InjectionSession, LabelConfirmation, Muscle
from treatments.rules import catalogue

DYSPORT = "abobotulinumtoxinA"
# The B row of rule R4: Dysport in cervical dystonia.
SUBJECT = f"{DYSPORT}/maximum/adult/cervical_dystonia/0/any"
VALUE = "1000 U"
KEY = "maximum-0-cervical_dystonia"

pytestmark = pytest.mark.django_db


def confirm(cast: Cast, **changes: object) -> list[LabelConfirmation]:
    return confirm_numbers(
        **{  # type: ignore[arg-type]
            "numbers": {SUBJECT: VALUE},
            "label_revision": "7/2023",
            "note": "",
            "by": cast.ito,
            "now": timezone.now(),
            **changes,
        }
    )


@pytest.fixture
def too_much(cast: Cast) -> InjectionSession:
    """A draft of 1100 U of Dysport in a neck."""
    course = cast.course(condition="cervical_dystonia")
    splenius = Muscle.objects.get(key="splenius_cervicis")
    return draft(
        cast,
        course,
        on=cast.harbour.today(),
        vials=vials_in_stock(cast, 3, units=500, product=DYSPORT),
        product=DYSPORT,
        sites=[DraftSite(course.pk, splenius.pk, side, Decimal(275)) for side in ("left", "right") * 2],
    )


def severity(session: InjectionSession, cast: Cast) -> str:
    fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
    found = {row.key: row for row in findings_of(fresh, by=cast.ito, today=cast.harbour.today())}
    return found[KEY].severity


def test_a_b_row_stops_once_confirmed_and_warns_again_once_taken_back(cast: Cast, too_much: InjectionSession) -> None:
    assert severity(too_much, cast) == "warn"
    confirm(cast)
    assert severity(too_much, cast) == "stop"
    withdraw_confirmation(subject=SUBJECT, by=cast.okafor, now=timezone.now())
    assert severity(too_much, cast) == "warn"
    row = LabelConfirmation.objects.get()
    assert (row.confirmed_by, row.withdrawn_by) == (cast.ito, cast.okafor)


def test_a_confirmation_of_a_number_that_changed_no_longer_counts(cast: Cast, too_much: InjectionSession) -> None:
    confirm(cast)
    LabelMaximum.objects.filter(product__key=DYSPORT, indications=["cervical_dystonia"]).update(units=999)
    assert severity(too_much, cast) == "warn"
    # What was confirmed is shown as such, and a new one takes its place.
    (number,) = [row for _, rows in label_numbers() for row in rows if row.subject == SUBJECT]
    assert (number.confirmation, number.last.value) == (None, VALUE)  # type: ignore[union-attr]
    confirm(cast, numbers={SUBJECT: "999 U"})
    assert severity(too_much, cast) == "stop"
    assert [(row.value, row.withdrawn_at is None) for row in LabelConfirmation.objects.order_by("pk")] == [
        (VALUE, False),
        ("999 U", True),
    ]


def test_a_c_row_never_stops_confirmed_or_not(cast: Cast, too_much: InjectionSession) -> None:
    LabelMaximum.objects.filter(product__key=DYSPORT, indications=["cervical_dystonia"]).update(confidence="C")
    confirm(cast)
    assert severity(too_much, cast) == "warn"


def test_a_confirmation_of_another_products_number_changes_nothing(cast: Cast, too_much: InjectionSession) -> None:
    others = {row.subject: row.value for product, rows in label_numbers() for row in rows if product.key != DYSPORT}
    confirm(cast, numbers=others)
    assert severity(too_much, cast) == "warn"


def test_confirming_twice_confirms_once_and_each_change_is_in_the_trail(cast: Cast) -> None:
    assert len(confirm(cast)) == 1
    assert confirm(cast, by=cast.okafor) == []
    withdraw_confirmation(subject=SUBJECT, by=cast.ito, now=timezone.now())
    withdraw_confirmation(subject=SUBJECT, by=cast.ito, now=timezone.now())
    trail = AuditEvent.objects.filter(action="label-confirmed").order_by("pk")
    assert [(event.actor_id, event.detail) for event in trail] == [
        (cast.ito.pk, "confirmed"),
        (cast.ito.pk, "withdrawn"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"label_revision": "  "},
        {"numbers": {}},
        {"numbers": {SUBJECT: "1001 U"}},
        {"numbers": {"no/such/number": "1 U"}},
        {"numbers": {SUBJECT: VALUE, "no/such/number": "1 U"}},
    ],
)
def test_what_was_not_read_is_not_confirmed(cast: Cast, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        confirm(cast, **changes)
    assert not LabelConfirmation.objects.exists()


def test_every_number_of_the_database_is_on_the_page_under_a_subject_of_its_own(cast: Cast) -> None:
    from inventory.models import LabelInterval
    from treatments.models import MuscleDose

    subjects = [row.subject for _, rows in label_numbers() for row in rows]
    assert len(set(subjects)) == len(subjects)
    rows = LabelMaximum.objects.count() + LabelInterval.objects.count() + MuscleDose.objects.count()
    assert len(subjects) == rows + 3 * Product.objects.count()
    longest = LabelConfirmation._meta.get_field("subject").max_length
    assert max(map(len, subjects)) <= (longest or 0)


# --- the page


def test_all_rules_and_numbers_stand_on_the_page(cast: Cast, sign_in: Callable[..., Client]) -> None:
    page = sign_in(cast.ada).get(reverse("treatments:rule-list")).content.decode()
    for number in range(1, 15):
        assert f'id="R{number}"' in page
    for product in Product.objects.all():
        assert f'id="{product.key}"' in page
    assert "lower of 16 U/kg and 640 U" in page
    assert 'name="number"' not in page  # an administrator reads


def test_a_clinician_confirms_on_the_page_and_takes_it_back(cast: Cast, sign_in: Callable[..., Client]) -> None:
    client, url = sign_in(cast.ito), reverse("treatments:label-confirm")
    posted = {"product": DYSPORT, "label_revision": "7/2023", "note": "page 4", "number": [f"{SUBJECT}|{VALUE}"]}
    page = client.post(url, posted, follow=True).content.decode()
    assert "1 number confirmed" in page
    assert "Dr Kenji Ito" in page
    assert "label 7/2023: page 4" in page
    open_page = client.get(reverse("treatments:rule-list"), {"show": "open"}).content.decode()
    assert f'value="{SUBJECT}|' not in open_page
    assert "lower of 10 U/kg and 340 U" in open_page  # B, not confirmed
    assert "lower of 16 U/kg and 640 U" not in open_page  # A
    again = client.post(url, posted, follow=True).content.decode()
    assert "1 was confirmed already, which stays as it was." in again
    client.post(url, {"product": DYSPORT, "withdraw": SUBJECT})
    assert LabelConfirmation.objects.get().withdrawn_at is not None
    again = client.post(url, {"product": DYSPORT, "withdraw": SUBJECT}, follow=True).content.decode()
    assert "This number stands unconfirmed already." in again


def test_without_a_revision_nothing_is_kept_and_what_was_ticked_stays(
    cast: Cast, sign_in: Callable[..., Client]
) -> None:
    posted = {"product": DYSPORT, "label_revision": "", "note": "page 4", "number": [f"{SUBJECT}|{VALUE}"]}
    response = sign_in(cast.ito).post(reverse("treatments:label-confirm"), posted)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Say which revision" in page
    assert 'value="page 4"' in page
    assert re.search(rf'value="{re.escape(SUBJECT)}\|1000 U" checked', page)
    assert not LabelConfirmation.objects.exists()


def test_what_is_confirmed_of_no_product_is_refused_in_words(cast: Cast, sign_in: Callable[..., Client]) -> None:
    answer = sign_in(cast.ito).post("/rules/confirm/", {"product": "none", "label_revision": "11/2023"})
    assert answer.status_code == 422
    assert answer.context["unplaced"].non_field_errors()[0] in answer.content.decode()


def test_the_page_costs_the_same_for_any_number_of_confirmations(cast: Cast, sign_in: Callable[..., Client]) -> None:
    client, url = sign_in(cast.ito), reverse("treatments:rule-list")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        return len(captured)

    queries()
    few = queries()
    confirm(cast, numbers={row.subject: row.value for _, rows in label_numbers() for row in rows})
    assert queries() == few <= 12


# --- the words about the rules are about the rules there are


def test_every_rule_function_is_described_once_and_every_link_of_a_finding_leads_somewhere() -> None:
    described = [check for entry in catalogue.RULES for check in entry.checks]
    assert {rule.__name__ for rule in findings.RULES} == set(described)
    assert [entry.id for entry in catalogue.RULES[:14]] == [f"R{number}" for number in range(1, 15)]
    ids = {entry.id for entry in catalogue.RULES}
    for rule in findings.RULES:
        module = ast.parse(inspect.getsource(inspect.getmodule(rule)))  # type: ignore[arg-type]
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "finding":
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                anchor = given.get("rule") or given["about"]
                assert not isinstance(anchor, ast.Constant) or anchor.value in ids, ast.unparse(call)


def test_a_finding_links_to_its_rule(cast: Cast, sign_in: Callable[..., Client], too_much: InjectionSession) -> None:
    page = sign_in(cast.ito).get(reverse("treatments:session-review", args=[too_much.pk])).content.decode()
    assert f'href="{reverse("treatments:rule-list")}#R4"' in page


def test_a_finding_leads_to_where_it_is_put_right_and_back(cast: Cast, sign_in: Callable[..., Client]) -> None:
    session = start_session(
        patient=cast.joye, site=cast.harbour, courses=[cast.course()], on=cast.harbour.today(), by=cast.ito
    )
    assert not Screening.objects.exists()
    assert not Consent.objects.exists()
    client = sign_in(cast.ito)
    for page in ("chart", "review"):
        here = f"/sessions/{session.pk}/{page}/"
        said = client.get(here).content.decode()
        for link in (f"/patients/{cast.joye.pk}/screenings/new/", f"/patients/{cast.joye.pk}/consents/new/"):
            assert f'href="{link}?next={here}"' in said


def test_taking_back_what_is_no_number_changes_nothing(cast: Cast) -> None:
    confirm(cast)
    for subject in ("\x00", "", "nothing of the kind"):
        withdraw_confirmation(subject=subject, by=cast.ito, now=timezone.now())
    assert LabelConfirmation.objects.filter(withdrawn_at=None).exists()

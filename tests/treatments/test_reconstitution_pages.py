"""Reconstituting the vials of a session through its pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from inventory.models import StockMovement
from tests.cast import Cast
from tests.treatments.charted import draft, moment, signed, vials_in_stock
from tests.treatments.test_session_views import chart_url, press
from tests.treatments.test_vial_pages import pharmacy_vials, text_of
from treatments.actions.sessions import sign_session
from treatments.actions.vials import Mixing, draw_vials, name_vial
from treatments.models import InjectionSession, VialUse

SignIn = Callable[[User], Client]


@pytest.fixture
def ito(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.ito)


# --- reconstitution


@pytest.fixture
def picked(cast: Cast) -> InjectionSession:
    """A migraine with two vials of 100 U, 200 U in 4 mL."""
    vials = vials_in_stock(cast, 2, units=100)
    return draft(cast, cast.course(), on=cast.harbour.today(), vials=vials, mixed=False)


def test_one_press_reconstitutes_all_vials_now(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    before = timezone.now().replace(second=0, microsecond=0)
    page = press(ito, picked, "reconstitute")
    for use in picked.vial_uses.all():
        assert (use.diluent, use.diluent_ml, use.reconstituted_by) == ("saline", Decimal(2), cast.ito)
        assert before <= use.reconstituted_at <= timezone.now()
    words = text_of(page)
    assert "use by" in words
    assert "23 h left" in words or "24 h left" in words
    assert "100 given + 0 discarded = 100 U" in words
    assert "55 given + 45 discarded = 100 U" in words
    assert "155 given + 45 discarded = 200 U opened" in words


def test_one_vial_alone(ito: Client, picked: InjectionSession) -> None:
    _, second = picked.vial_uses.all()
    press(ito, picked, f"reconstitute:{second.vial_id}")
    assert [use.reconstituted_at is None for use in picked.vial_uses.all()] == [True, False]


def test_it_survives_every_later_save_and_other_vials(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    first, _ = picked.vial_uses.all()
    press(ito, picked, f"reconstitute:{first.vial_id}")
    at = VialUse.objects.get(pk=first.pk).reconstituted_at
    press(ito, picked, "save", notes="later", injections__0__units="7.5")
    press(ito, picked, "save", **{"vials__0__count": "1"})
    kept = picked.vial_uses.get()
    assert (kept.pk, kept.vial_id, kept.reconstituted_at, kept.reconstituted_by) == (
        first.pk,
        first.vial_id,
        at,
        cast.ito,
    )
    press(ito, picked, "save", **{"vials__0__count": "2"})
    assert [use.reconstituted_at for use in picked.vial_uses.all()] == [at, None]


def test_a_colleague_who_charts_on_does_not_become_the_one_who_did_it(
    cast: Cast, ito: Client, sign_in: SignIn, picked: InjectionSession
) -> None:
    press(ito, picked, "reconstitute")
    okafor = sign_in(cast.okafor)
    press(okafor, picked, "save", notes="mine now")
    assert {use.reconstituted_by for use in picked.vial_uses.all()} == {cast.ito}
    press(okafor, picked, "save", mixings__0__ml="2.5", mixings__1__at="")
    first, second = picked.vial_uses.all()
    assert (first.diluent_ml, first.reconstituted_by) == (Decimal("2.5"), cast.ito)
    assert (second.reconstituted_at, second.reconstituted_by) == (None, None)


def test_a_colleague_is_named_and_oneself_again(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    page = ito.get(chart_url(picked)).content.decode()
    options = re.search(r'name="mixings-0-by".*?</select>', page, flags=re.S)
    assert options is not None
    assert '<option value="" selected>Dr Kenji Ito (you)</option>' in options[0]
    assert str(cast.okafor) in options[0]
    assert str(cast.robin) in options[0]
    assert str(cast.max) not in options[0]  # works elsewhere
    press(ito, picked, "reconstitute", mixings__0__by=str(cast.okafor.pk))
    assert [use.reconstituted_by for use in picked.vial_uses.all()] == [cast.okafor, cast.ito]
    # Whoever opens the draft next reads the same names.
    press(ito, picked, "save", notes="later")
    assert [use.reconstituted_by for use in picked.vial_uses.all()] == [cast.okafor, cast.ito]
    assert f"by {cast.okafor}" in text_of(ito.get(reverse("treatments:session-review", args=[picked.pk])))
    press(ito, picked, "save", mixings__0__by="")
    assert {use.reconstituted_by for use in picked.vial_uses.all()} == {cast.ito}


def test_who_is_named_stays_named_when_they_leave_the_site(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    press(ito, picked, "reconstitute", mixings__0__by=str(cast.okafor.pk))
    cast.okafor.sites.clear()
    press(ito, picked, "save", notes="later")
    assert [use.reconstituted_by for use in picked.vial_uses.all()] == [cast.okafor, cast.ito]


def test_a_time_is_the_sites(cast: Cast, ito: Client, picked: InjectionSession) -> None:
    yesterday = cast.harbour.today() - timedelta(days=1)
    press(ito, picked, "save", mixings__0__at=f"{yesterday}T08:30", mixings__0__diluent="saline", mixings__0__ml="2")
    use = picked.vial_uses.first()
    assert use is not None
    assert use.reconstituted_at == datetime(
        yesterday.year, yesterday.month, yesterday.day, 8, 30, tzinfo=cast.harbour.zone()
    )
    assert f'value="{yesterday}T08:30"' in text_of(ito.get(chart_url(picked)))


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("at", "2999-01-01T10:00", "This time is still to come."),
        ("at", "soon", "Day and time as"),
        ("ml", "0", "More than 0 mL."),
        ("ml", "two", "A number of mL."),
        ("ml", "1e1", "A number of mL."),
        ("ml", "1000", "Less than 1000 mL."),
        ("ml", "2.555", "At most two decimals."),
        ("diluent", "water", "valid choice"),
        ("by", "999999", "Choose somebody who works at this site."),
    ],
)
def test_bad_reconstitutions_are_told_and_kept(
    ito: Client, picked: InjectionSession, field: str, typed: str, words: str
) -> None:
    answer = press(ito, picked, "save", **{f"mixings__0__{field}": typed, "notes": "kept"})
    assert answer.status_code == 422
    assert words in text_of(answer) or field == "diluent"
    assert "kept" in text_of(answer)
    picked.refresh_from_db()
    assert picked.notes == ""


def test_it_is_read_on_the_signed_session(cast: Cast, ito: Client) -> None:
    session = signed(cast, cast.course(), on=cast.harbour.today())
    page = text_of(ito.get(reverse("treatments:session-detail", args=[session.pk])))
    assert "by Dr Kenji Ito" in page
    assert "0.9 % sodium chloride, preservative-free" in page


def test_a_vial_keeps_its_reconstitution_when_nothing_is_said(cast: Cast) -> None:
    (vial,) = vials_in_stock(cast)
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=[vial])
    at = moment(cast, cast.harbour.today()) - timedelta(hours=12)
    draw_vials(
        session=session,
        vials=[vial],
        total=Decimal(5),
        mixings={vial.pk: Mixing("saline", Decimal(4), at)},
        by=cast.ito,
    )
    draw_vials(session=session, vials=[vial], total=Decimal(10), mixings={}, by=cast.okafor)
    use = session.vial_uses.get()
    assert (use.units_given, use.reconstituted_at, use.reconstituted_by) == (Decimal(10), at, cast.ito)


def test_stock_goes_down_once(cast: Cast) -> None:
    today = cast.harbour.today()
    (vial,) = pharmacy_vials(cast)
    name_vial(vial=vial, patient=cast.joye, note="", by=cast.ito)
    session = draft(cast, cast.course(), on=today, vials=[vial])
    for _ in range(2):
        sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, today))
    assert StockMovement.objects.filter(vial=vial, kind="used").count() == 1

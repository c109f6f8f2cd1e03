"""The shorthand line through the charting page: previewed, applied, refused; and where its sites are drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import Cast
from tests.treatments.test_session_views import SCRIPT, as_botox, chart_url, fields, press
from treatments.actions.sessions import start_session
from treatments.models import InjectionSession, Protocol
from treatments.rules.spread import contains
from treatments.views.regions import regions, spots


@pytest.fixture
def ito(cast: Cast, sign_in: Callable[..., Client]) -> Client:
    return sign_in(cast.ito)


def begun(cast: Cast, *conditions: str) -> InjectionSession:
    return start_session(
        patient=cast.joye,
        site=cast.harbour,
        courses=[cast.course(condition=condition) for condition in conditions or ("chronic_migraine",)],
        on=cast.harbour.today(),
        by=cast.ito,
    )


def preview(client: Client, session: InjectionSession, line: str, **changes: Any) -> tuple[str, list[dict[str, Any]]]:
    """The preview's HTML and the sites it would put into the table."""
    posted = fields(client.get(chart_url(session)).content.decode()) | as_botox(**changes)
    answer = client.post(
        chart_url(session), posted | {"action": "preview-shorthand", "shorthand": line}, headers=SCRIPT["headers"]
    )
    assert answer.status_code == 200
    html = answer.content.decode()
    found = re.search(r'data-sites="([^"]*)"', html)
    return html, json.loads(unescape(found[1])) if found else []


def test_a_preview_says_what_would_be_put_and_puts_nothing(cast: Cast, ito: Client) -> None:
    session = begun(cast)
    html, sites = preview(ito, session, "fr 20/4 pr 5")
    assert [(site["muscle"], site["side"], site["units"]) for site in sites] == [
        ("frontalis", "right", "5"),
        ("frontalis", "right", "5"),
        ("frontalis", "left", "5"),
        ("frontalis", "left", "5"),
        ("procerus", "midline", "5"),
    ]
    assert "2 × 5 U" in html
    assert re.search(r"5 sites.*25 U", html, flags=re.S)
    session.refresh_from_db()
    assert not session.injections.exists()
    assert session.version == 1
    assert session.product_id is None


def test_a_preview_with_an_error_names_it_and_offers_nothing(cast: Cast, ito: Client) -> None:
    html, sites = preview(ito, begun(cast), "fr 20/3 co 10/2")
    assert sites == []
    assert "3 sites do not divide between left and right" in html
    assert "<code>fr 20/3</code>" in html
    assert "Corrugator" in html


def test_a_preview_is_text_not_markup(cast: Cast, ito: Client) -> None:
    html, _ = preview(ito, begun(cast), "<b>x</b> 20/4")
    assert "<b>x" not in html


def test_without_a_product_nothing_is_put(cast: Cast, ito: Client) -> None:
    session = begun(cast)
    html, sites = preview(ito, session, "fr 20/4", product="")
    assert sites == []
    assert "Choose the product first" in html
    answer = press(ito, session, "shorthand", shorthand="fr 20/4")
    assert answer.status_code == 422
    assert not session.injections.exists()


def test_a_line_is_applied_without_scripts(cast: Cast, ito: Client) -> None:
    session = begun(cast)
    page = press(ito, session, "shorthand", shorthand="fr 20/4 co 10/2", **as_botox())
    assert page.status_code == 200
    assert [(row.muscle.key, row.side, row.units) for row in session.injections.select_related("muscle")] == [
        ("frontalis", "right", 5),
        ("frontalis", "right", 5),
        ("frontalis", "left", 5),
        ("frontalis", "left", 5),
        ("corrugator", "right", 5),
        ("corrugator", "left", 5),
    ]
    assert fields(page.content.decode())["shorthand"] == ""


def test_sites_that_wait_for_units_take_them_first(cast: Cast, ito: Client) -> None:
    session = begun(cast, "cervical_dystonia")
    protocol = Protocol.objects.get(key="cd_onabotulinumtoxina_right", is_current=True)
    press(ito, session, f"place:{protocol.pk}", **as_botox())
    assert set(session.injections.values_list("units", flat=True)) == {None}
    waiting = session.injections.get(muscle__short="sc")
    html, sites = preview(ito, session, "sc r 40/2 sp l 20")
    assert "fills 1 there" in html
    assert (sites[0]["x"], sites[0]["y"]) == (waiting.x, waiting.y)
    assert (sites[1]["x"], sites[1]["y"]) != (waiting.x, waiting.y)
    press(ito, session, "shorthand", shorthand="sc r 40/2 sp l 20")
    given = session.injections.exclude(units=None).values_list("muscle__short", "side", "units", "x", "y")
    assert [row[:3] for row in given] == [("sc", "right", 20), ("sc", "right", 20), ("sp", "left", 20)]
    assert given[0][3:] == (waiting.x, waiting.y)
    assert session.injections.count() == protocol.sites.count() + 2
    # What has units stays as it is.
    assert "adds to 40 U there" in preview(ito, session, "sc r 10")[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [("fr 20/3", "3 sites do not divide"), ("", "Write muscle, units, sites"), ("hello", "No muscle is called")],
)
def test_a_line_that_cannot_be_read_keeps_everything_typed(cast: Cast, ito: Client, line: str, words: str) -> None:
    session = begun(cast)
    page = press(ito, session, "shorthand", shorthand=line, notes="kept", **as_botox())
    assert page.status_code == 422
    html = page.content.decode()
    assert words in unescape(html)
    typed = fields(html)
    assert (typed["shorthand"], typed["notes"]) == (line, "kept")
    assert typed["product"] == as_botox()["product"]
    assert not session.injections.exists()


def test_the_protocols_points_come_first_and_are_used_once(cast: Cast, ito: Client) -> None:
    session = begun(cast)
    known = {
        (row.view, row.x, row.y)
        for row in Protocol.objects.get(key="preempt_155", is_current=True).sites.filter(muscle__key="temporalis")
    }
    press(ito, session, "shorthand", shorthand="te 20/4", **as_botox())
    press(ito, session, "shorthand", shorthand="te 20/4", **as_botox())
    placed = [(row.view, row.x, row.y) for row in session.injections.all()]
    assert len(placed) == 8
    assert set(placed) == known


def test_sites_beyond_the_protocols_lie_in_their_muscle_and_apart(cast: Cast, ito: Client) -> None:
    session = begun(cast)
    press(ito, session, "shorthand", shorthand="fr 60/12", **as_botox())
    rows = list(session.injections.select_related("muscle"))
    assert len({(row.x, row.y) for row in rows}) == 12
    for row in rows:
        region = next(found for found in regions(row.view) if (found.muscle, found.side) == (row.muscle.key, row.side))
        assert contains(region.corners, row.x, row.y)
    for row in rows:
        assert all(
            (row.x - other.x) ** 2 + (row.y - other.y) ** 2 > 14**2
            for other in rows
            if other is not row and other.view == row.view
        )


def test_a_muscle_without_a_map_is_put_into_the_table_alone(cast: Cast, ito: Client) -> None:
    session = begun(cast)
    press(ito, session, "shorthand", shorthand="so r 75/3", **as_botox())
    assert list(session.injections.values_list("view", "x", "y", "units")) == [("", None, None, 25)] * 3


def test_a_course_is_named_before_its_muscles(cast: Cast, ito: Client) -> None:
    session = begun(cast, "chronic_migraine", "tmj_bruxism")
    migraine, jaw = (row.course_id for row in session.treated.all())
    press(ito, session, "shorthand", shorthand="te 40/8 tmj: te 20/2 ma 60/6", **as_botox())
    counts = {course: session.injections.filter(course=course).count() for course in (migraine, jaw)}
    assert counts == {migraine: 8, jaw: 8}
    jaw_views = set(session.injections.filter(course=jaw).values_list("view", flat=True))
    assert not jaw_views & {"head_back", "neck_back"}


def test_the_codes_are_listed(cast: Cast, ito: Client) -> None:
    html = ito.get(chart_url(begun(cast))).content.decode()
    assert "<b>fr</b> Frontalis" in html
    assert "<b>bi</b> Biceps brachii" in html


@pytest.mark.parametrize("line", ["fr 20/4", "fr 60/12 co 10/2 te 40/8 oc 30/6 cp 20/4 tr 30/6 pr 5"])
def test_a_preview_asks_the_database_little(cast: Cast, ito: Client, line: str) -> None:
    session = begun(cast)
    posted = fields(ito.get(chart_url(session)).content.decode()) | as_botox()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ito.post(chart_url(session), posted | {"action": "preview-shorthand", "shorthand": line})
    assert len(queries) <= 10


def test_the_stranger_and_the_front_desk_get_no_preview(cast: Cast, sign_in: Callable[..., Client]) -> None:
    url = reverse("treatments:session-chart", args=[begun(cast).pk])
    sent = {"action": "preview-shorthand", "shorthand": "fr 20/4"}
    assert sign_in(cast.max).post(url, sent).status_code == 404
    assert sign_in(cast.robin).post(url, sent).status_code == 403


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_spread_points_mirror_each_other_where_the_drawing_does(count: int) -> None:
    right = spots("frontalis", "right", ("head_front",), count)
    left = spots("frontalis", "left", ("head_front",), count)
    assert len(right) == len(set(right)) == count
    assert {(view, 1000 - x, y) for view, x, y in right} == set(left)


def test_every_region_has_room_for_ten() -> None:
    for view in ("head_front", "head_left", "head_right", "head_back", "neck_front", "neck_back"):
        for region in regions(view):
            found = spots(region.muscle, region.side, (view,), 10)
            assert len(set(found)) == 10, (view, region.muscle, region.side)
            assert all(contains(region.corners, x, y) for _, x, y in found)


def test_a_map_that_is_not_there_has_no_regions() -> None:
    assert regions("../../../etc/passwd") == ()
    assert spots("frontalis", "right", ("no_such_view",), 2) == ()

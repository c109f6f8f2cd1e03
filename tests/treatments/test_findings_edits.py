"""No order in which a session is charted through its page changes what is found of the session that results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Cast
from tests.treatments.charted import ready
from tests.treatments.test_session_views import as_botox, press
from treatments.actions.sessions import start_session
from treatments.checks import findings_of
from treatments.models import InjectionSession

# One without units, two over what the rules ask about for a site, both sides, one muscle twice.
SITES = (
    ("frontalis", "left", "5"),
    ("frontalis", "right", "410"),
    ("masseter", "left", "60"),
    ("masseter", "left", "2.5"),
    ("procerus", "midline", ""),
)


def chart(client: Client, session: InjectionSession, page: Any, muscle: str, side: str, units: str) -> Any:
    added = {"add__muscle": muscle, "add__side": side, "add__units": units}
    return press(client, session, "add-row", page=page, **added)


def found(session: InjectionSession, cast: Cast) -> list[tuple[str, str, str, str]]:
    fresh = InjectionSession.objects.for_chart().get(pk=session.pk)
    rows = findings_of(fresh, by=cast.ito, today=cast.harbour.today())
    return [(row.key, row.severity, row.words, row.source) for row in rows]


@given(st.permutations(SITES), st.integers(0, len(SITES) - 1), st.booleans())
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_way_to_a_session_changes_nothing_that_is_found_of_it(
    cast: Cast, sign_in: Callable[..., Client], order: Sequence[tuple[str, str, str]], detour: int, late: bool
) -> None:
    ito, today = sign_in(cast.ito), cast.harbour.today()
    ready(cast, cast.joye, on=today)
    course = cast.joye.courses.first() or cast.course()
    session = start_session(patient=cast.joye, site=cast.harbour, courses=[course], on=today, by=cast.ito)

    def afresh() -> Any:
        return press(ito, session, "save", page=press(ito, session, "clear"), notes="", **as_botox())

    page = afresh()
    for site in SITES:
        page = chart(ito, session, page, *site)
    in_turn = found(session, cast)
    assert {"empty-sites", "maximum-84"} <= {key for key, *_ in in_turn}

    # The same in another order, with a row that is mistyped and corrected and one that is added and taken out.
    page = afresh()
    for place, (muscle, side, units) in enumerate(order):
        page = chart(ito, session, page, muscle, side, "7" if units and place == detour else units)
        if place == detour:
            page = chart(ito, session, page, "temporalis", "left", "300")
            page = press(ito, session, "save", page=page, **{f"injections__{place + 1}__DELETE": "on"})
        if units and place == detour and not late:
            page = press(ito, session, "save", page=page, **{f"injections__{place}__units": units})
    if late and order[detour][2]:
        press(ito, session, "save", page=page, **{f"injections__{detour}__units": order[detour][2]})
    rows = sorted((row.muscle.key, row.side, str(row.units or "")) for row in session.injections.all())
    assert len(rows) == len(SITES)
    assert found(session, cast) == in_turn

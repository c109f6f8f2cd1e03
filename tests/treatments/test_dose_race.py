"""Two providers sign sessions of one patient at the same moment: their units count together."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from tests.cast import Cast
from tests.treatments.charted import any_muscle, draft, moment, vials_in_stock
from treatments.actions.sessions import DraftSite, SigningRefusedError, sign_session
from treatments.models import InjectionSession

DAY = date(2026, 9, 4)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_number", range(3))
def test_two_sessions_at_once_cannot_pass_the_maximum_together(cast: Cast, round_number: int) -> None:
    drafts = [
        draft(
            cast,
            course,
            on=DAY,
            by=by,
            vials=vials_in_stock(cast, 2),
            sites=[DraftSite(course.pk, any_muscle().pk, "left", Decimal(250))],
        )
        for course, by in ((cast.course(), cast.ito), (cast.course(condition="tmj_bruxism"), cast.okafor))
    ]
    gate, results = threading.Barrier(2), []

    def sign(session: InjectionSession) -> None:
        try:
            gate.wait(10)
            assert session.provider is not None
            sign_session(
                session=session,
                by=session.provider,
                version=session.version,
                reasons={"migraine-site": "seen", "interval-any": "seen"},
                now=moment(cast, DAY),
            )
            results.append("signed")
        except SigningRefusedError as refused:
            results.append(refused.findings[0].key)
        finally:
            connection.close()

    threads = [threading.Thread(target=sign, args=(session,)) for session in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["maximum-84", "signed"]

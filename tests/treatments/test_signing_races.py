"""Two people who sign at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from audit.models import AuditEvent
from inventory.actions import VialTakenError
from inventory.models import StockMovement
from tests.cast import Cast
from tests.treatments.charted import draft, moment, vials_in_stock
from treatments.actions.sessions import (
    SigningRefusedError,
    sign_session,
)
from treatments.models import InjectionSession

DAY = date(2026, 9, 4)


def _at_once(*calls: Callable[[], object]) -> list[object]:
    """Run the calls in threads of their own, each with its own connection, and return results or exceptions."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_signing_twice_at_the_same_moment_signs_once(cast: Cast) -> None:
    course = cast.course()
    session = draft(cast, course, on=DAY, vials=vials_in_stock(cast))

    def sign() -> object:
        return sign_session(
            session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, DAY)
        ).status

    assert _at_once(sign, sign) == ["signed", "signed"]
    assert StockMovement.objects.filter(kind="used").count() == 1
    assert course.windows.count() == 1
    assert course.follow_ups.count() == course.windows.get().policy.follow_up_steps.count()
    assert AuditEvent.objects.filter(action="sign").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sessions_cannot_take_the_same_vial(cast: Cast) -> None:
    vials = vials_in_stock(cast)
    one = draft(cast, cast.course(), on=DAY, vials=vials)
    two = draft(cast, cast.course(cast.omar), on=DAY, vials=vials)

    def sign(session: InjectionSession) -> Callable[[], object]:
        return lambda: (
            sign_session(
                session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, DAY)
            ).status
        )

    results = _at_once(sign(one), sign(two))
    assert results.count("signed") == 1
    (refused,) = [result for result in results if result != "signed"]
    assert isinstance(refused, VialTakenError | SigningRefusedError)
    assert "stock" in str(refused)
    assert StockMovement.objects.filter(kind="used").count() == 1
    assert sorted(InjectionSession.objects.values_list("status", flat=True)) == ["draft", "signed"]

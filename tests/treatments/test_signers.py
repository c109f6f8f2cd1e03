"""Who signs what: another's draft, a session after death; and whom a course can be given to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.cast import Cast
from tests.treatments.charted import draft, moment, vials_in_stock
from treatments.actions.sessions import SigningRefusedError, sign_session
from treatments.models import Condition, InjectionSession, TreatmentCourse

DAY = date(2026, 9, 4)


def test_the_draft_of_another_is_signed_only_with_a_reason_that_is_kept(cast: Cast) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast))
    values: dict[str, Any] = {
        "session": session,
        "by": cast.okafor,
        "version": session.version,
        "now": moment(cast, DAY),
    }
    with pytest.raises(SigningRefusedError, match="Dr Kenji Ito charted this session"):
        sign_session(**values, reasons={})
    session = sign_session(**values, reasons={"other-signer": "Dr Ito fell ill after the visit"})
    assert [(row["key"], row["reason"]) for row in session.findings if row["severity"] == "warn"] == [
        ("other-signer", "Dr Ito fell ill after the visit")
    ]


def test_a_session_after_the_patients_death_is_not_signed(cast: Cast) -> None:
    session = draft(cast, cast.course(), on=DAY, vials=vials_in_stock(cast))
    cast.joye.died_on = DAY - timedelta(days=1)
    cast.joye.save()
    with pytest.raises(SigningRefusedError, match="died"):
        sign_session(session=session, by=cast.ito, version=session.version, reasons={}, now=moment(cast, DAY))


def test_a_course_is_given_to_a_provider_of_ones_own_sites(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    values = {"condition": Condition.objects.get(key="chronic_migraine").pk, "site": cast.harbour.pk}
    page = reverse("treatments:course-start", args=[cast.joye.pk])
    response = sign_in(cast.ito).post(page, values | {"provider": cast.max.pk})
    assert response.status_code == 422
    assert not TreatmentCourse.objects.exists()
    assert sign_in(cast.ito).post(page, values | {"provider": cast.okafor.pk}).status_code == 302


def test_a_course_led_elsewhere_keeps_its_site_and_provider_when_its_code_is_changed(
    cast: Cast, sign_in: Callable[[User], Client]
) -> None:
    course = cast.course(site=cast.elsewhere, provider=cast.max)
    code = course.condition.diagnosis_codes.first()
    assert code is not None
    response = sign_in(cast.ito).post(
        reverse("treatments:course-edit", args=[course.pk]),
        {"provider": cast.max.pk, "site": cast.elsewhere.pk, "diagnosis": code.pk, "version": course.version},
    )
    assert response.status_code == 302
    course.refresh_from_db()
    assert (course.diagnosis, course.site, course.provider) == (code, cast.elsewhere, cast.max)


def test_signing_without_a_version_signs_nothing(cast: Cast, sign_in: Callable[[User], Client]) -> None:
    session = draft(cast, cast.course(), on=cast.harbour.today(), vials=vials_in_stock(cast))
    page = sign_in(cast.ito).post(reverse("treatments:session-review", args=[session.pk]), {})
    assert "changed after you opened this page" in page.content.decode()
    assert InjectionSession.objects.get(pk=session.pk).is_draft

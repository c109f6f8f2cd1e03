"""Whom the outcomes page offers to filter by, and what it hands to the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import User
from outcomes.actions import start_export
from outcomes.models import Export
from outcomes.review_form import menus_for
from tests.cast import Cast
from tests.treatments.charted import signed


def test_who_gave_sessions_is_offered_whatever_their_role_is_now(cast: Cast):
    signed(cast, cast.course(), on=cast.harbour.today() - timedelta(days=20))
    offered = menus_for(cast.okafor).names["provider"]
    assert {str(cast.ito.pk), str(cast.okafor.pk)} == set(offered), "not the desk, nor who works elsewhere"

    User.objects.filter(pk=cast.ito.pk).update(roles=["trainee"])
    User.objects.filter(pk=cast.okafor.pk).update(roles=["administrator"])

    assert set(menus_for(cast.okafor).names["provider"]) == {str(cast.ito.pk)}


@pytest.mark.parametrize("sent", [{"kind": "registry", "query": "\x00"}, {"kind": "\x00", "query": "condition=1"}])
def test_an_export_of_what_cannot_be_an_address_is_refused(
    cast: Cast, sign_in: Callable[[User], Client], sent: dict[str, str]
):
    with pytest.raises(ValidationError):
        start_export(**sent, on=cast.harbour.today(), by=cast.ada, now=timezone.now())
    assert sign_in(cast.ada).post("/outcomes/exports/start/", sent).status_code < 500
    assert not Export.objects.exists()

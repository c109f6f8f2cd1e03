"""A query that is compiled once is asked anew each time, with the values of that time."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.models.functions import JSONObject

from accounts.models import Site
from audit.compiled import CompiledQuery, Param
from tests.cast import Cast

built: list[str] = []


def _sites() -> models.QuerySet[Site]:
    built.append("sites")
    wanted = Site.objects.filter(name__gte=Param("first", models.TextField())).exclude(
        pk=Param("but", models.BigIntegerField())
    )
    return wanted.order_by("name").values("name", row=JSONObject(pk="pk", zone="time_zone"))


def test_each_run_takes_its_own_values_and_reads_the_rows_of_now(cast: Cast) -> None:
    query = CompiledQuery(_sites)
    built.clear()
    names = list(Site.objects.order_by("name").values_list("pk", flat=True))
    assert [row["pk"] for row in query.rows(first="", but=0)] == names
    assert [row["pk"] for row in query.rows(first="", but=names[0])] == names[1:]
    assert query.rows(first="~~", but=0) == []
    Site.objects.filter(pk=names[-1]).update(time_zone="Asia/Tokyo")
    assert query.rows(first="", but=0)[-1] == {"pk": names[-1], "zone": "Asia/Tokyo"}
    assert built == ["sites"]


def test_a_value_is_never_part_of_the_sql(cast: Cast) -> None:
    hostile = "'; DROP TABLE accounts_site; --"
    expected = Site.objects.filter(name__gte=hostile).order_by("name").values_list("pk", flat=True)
    assert [row["pk"] for row in CompiledQuery(_sites).rows(first=hostile, but=0)] == list(expected) != []


def test_a_missing_value_is_an_error(cast: Cast) -> None:
    with pytest.raises(KeyError, match="but"):
        CompiledQuery(_sites).rows(first="")

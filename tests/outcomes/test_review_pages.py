from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from patients.models import Patient
from tests.cast import Cast
from tests.outcomes.cycles import Visit, migraine_cycles, sign
from treatments.models import Condition

PAGE = reverse("outcomes:review")
LIST = reverse("outcomes:review-list")


def months_ago(months: int) -> date:
    from dateutil.relativedelta import relativedelta

    return timezone.now().date() - relativedelta(months=months)


@pytest.fixture
def measured(cast: Cast) -> Cast:
    """Twelve migraine cycles of ten months ago: seven responders, three not, two without a score."""
    migraine_cycles(cast, scores=[8] * 7 + [15] * 3 + [None] * 2, first_on=months_ago(10))
    return cast


@pytest.fixture
def retreated(cast: Cast) -> Cast:
    """One course treated three times: on time, then late."""
    course = cast.course()
    sign([Visit(course, months_ago(months), cast.ito) for months in (15, 11, 4)], cast)
    return cast


def test_each_rate_stands_with_its_denominator_what_is_missing_and_its_interval(measured, sign_in):
    text = " ".join(sign_in(measured.ada).get(PAGE).content.decode().split())
    assert "at least 50 % fewer headache days" in text
    assert ">70 %</span>" in text
    assert "95 % CI 40–89 %" in text
    assert "small number" in text
    assert "figure=missing&amp;condition=" in text or "figure=missing" in text


def figure_addresses(content: str) -> list[str]:
    import re

    return [address.replace("&amp;", "&") for address in re.findall(r'href="(/outcomes/list/[^"]+)"', content)]


def test_each_figure_opens_as_many_rows_as_it_counts(measured, sign_in):
    client = sign_in(measured.ada)
    migraine = Condition.objects.get(key="chronic_migraine").pk
    counted = {}
    for address in figure_addresses(client.get(PAGE).content.decode()):
        query = parse_qs(urlsplit(address).query)
        if query.get("condition") == [str(migraine)] and "part" not in query:
            counted[query["figure"][0]] = len(client.get(address).context["rows"])
    assert counted == {"responder": 7, "assessed": 10, "missing": 2}


def test_row_behind_a_figure_leads_to_its_course(measured, sign_in):
    response = sign_in(measured.ada).get(LIST, {"figure": "responder"})
    item, cells = response.context["rows"][0]
    assert reverse("clinic:course", args=[item.course.pk]) in response.content.decode()
    shown = {column.head: value for column, value in cells}
    assert (shown["Change"], shown["Scored on day"], shown["Number"]) == ("−12 (−60 %)", 80, 1)


def test_who_looked_at_the_patients_behind_a_figure_is_on_record(measured, sign_in):
    sign_in(measured.ada).get(LIST, {"figure": "responder"})
    event = AuditEvent.objects.filter(action="search").get()
    assert (event.actor_id, event.detail) == (measured.ada.pk, "outcome list responder")


def test_on_time_re_treatment_with_months_and_their_lists(retreated, sign_in):
    client = sign_in(retreated.ada)
    response = client.get(PAGE)
    [on_time] = [section for section in response.context["sections"] if section.key == "on-time"]
    assert [said.figure for said in on_time.said] == ["50 %", "1", "0"]
    assert "too few for a rate" in response.content.decode()
    [(late, _)] = client.get(LIST, {"figure": "late"}).context["rows"]
    assert late.row.day == months_ago(4)
    assert client.get(LIST, {"figure": "late", "month": f"{months_ago(11):%Y-%m}"}).context["rows"] == []
    assert len(client.get(LIST, {"figure": "late", "month": f"{months_ago(4):%Y-%m}"}).context["rows"]) == 1


def test_filters_narrow_and_stand_in_the_address(measured, sign_in):
    client = sign_in(measured.ada)
    assert client.get(PAGE, {"period": "6m"}).context["conditions"][0].responders.assessed == 0
    assert client.get(PAGE, {"provider": measured.okafor.pk}).context["conditions"][0].responders.assessed == 0
    assert client.get(PAGE, {"provider": measured.ito.pk}).context["conditions"][0].responders.assessed == 10
    condition = Condition.objects.get(key="low_back_pain")
    response = client.get(PAGE, {"condition": condition.pk, "period": "24m"})
    assert [row.rule.condition for row in response.context["conditions"]] == [condition]
    assert all("period=24m" in address for address in figure_addresses(response.content.decode()))


def test_a_sheet_of_paper_says_what_was_counted(measured, sign_in):
    """The filters are not printed; a rate without them is of nobody knows whom."""
    client, migraine = sign_in(measured.ada), Condition.objects.get(key="chronic_migraine")
    chosen = {"condition": migraine.pk, "provider": measured.ito.pk, "period": "24m"}
    for options in ({}, {"headers": {"HX-Request": "true"}}):
        page = client.get(PAGE, chosen, **options).content.decode()
        assert '<p class="print-only strong">Counted: Chronic migraine, Dr Kenji Ito, in the last 24 months</p>' in page


def test_htmx_gets_the_figures_alone(measured, sign_in):
    content = sign_in(measured.ada).get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in content
    assert "Responders" in content


def test_empty_clinic_says_what_fills_the_page(cast, sign_in):
    response = sign_in(cast.ada).get(PAGE)
    assert "none assessed" in response.content.decode()
    assert "No session closed a window" in response.content.decode()
    assert "Nothing stands behind this figure" in sign_in(cast.ada).get(LIST, {"figure": "late"}).content.decode()


def test_other_sites_are_not_counted(measured, sign_in):
    stranger = sign_in(measured.max)
    assert stranger.get(PAGE).context["conditions"][0].responders.counts == {}
    assert stranger.get(LIST, {"figure": "responder"}).context["rows"] == []


def test_front_desk_is_refused(cast, sign_in):
    assert sign_in(cast.robin).get(PAGE).status_code == 403
    assert sign_in(cast.robin).get(LIST, {"figure": "late"}).status_code == 403


@pytest.mark.parametrize(
    "query", [{"condition": "x"}, {"condition": "999999"}, {"provider": "-1"}, {"period": "9y"}, {"product": "' OR 1"}]
)
def test_wrong_filter_is_said_and_left_out_and_no_list_is_made_of_it(measured, sign_in, query):
    response = sign_in(measured.ada).get(PAGE, query)
    assert "is not known here, so it is left out." in response.content.decode()
    assert response.context["links"].query == {"period": "12m"}
    assert sign_in(measured.ada).get(LIST, query | {"figure": "late"}).status_code == 404


def test_days_that_contradict_each_other_count_nothing(measured, sign_in):
    response = sign_in(measured.ada).get(PAGE, {"period": "own", "first": "2026-02-01", "last": "2026-01-01"})
    assert "This day lies before the first one." in response.content.decode()
    assert "conditions" not in response.context


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"figure": "x"},
        {"figure": "late", "month": "2026-13"},
        {"figure": "late", "after": "x"},
        {"figure": "late", "after": "9" * 30},
        {"figure": "late", "month": "2026-01-01' --"},
    ],
)
def test_wrong_address_of_a_list_is_not_found(cast, sign_in, query):
    assert sign_in(cast.ada).get(LIST, query).status_code == 404


def test_list_is_paged_by_key(cast, sign_in, monkeypatch):
    migraine_cycles(cast, scores=[8] * 55, first_on=months_ago(10))
    client = sign_in(cast.ada)
    first = client.get(LIST, {"figure": "responder"})
    second = client.get(first.context["older"])
    courses = [item.course.pk for item, _ in [*first.context["rows"], *second.context["rows"]]]
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 5)
    assert len(set(courses)) == 55
    assert second.context["older"] is None


def queries_of(client, address: str, **query: str) -> int:
    client.get(address, query)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address, query).status_code == 200
    return len(queries)


def test_queries_are_few_and_the_same_with_one_row_and_with_many(cast, sign_in):
    client = sign_in(cast.ada)
    migraine_cycles(cast, scores=[8], first_on=months_ago(10))
    few = queries_of(client, PAGE), queries_of(client, LIST, figure="responder")
    migraine_cycles(cast, scores=[8] * 30, first_on=months_ago(9))
    patient = Patient.objects.create(given_name="Pat", family_name="Row", birth_date=date(1970, 1, 1), site=cast.mesa)
    course = cast.course(patient, "low_back_pain")
    sign([Visit(course, months_ago(months), cast.okafor) for months in (9, 5, 1)], cast)
    assert (queries_of(client, PAGE), queries_of(client, LIST, figure="responder")) == few
    assert max(few) <= 12

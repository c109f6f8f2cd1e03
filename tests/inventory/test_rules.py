from datetime import date, timedelta

import pytest

from inventory.rules import shelf_life

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "standing"),
    [(-1, "expired"), (0, "expiring"), (60, "expiring"), (61, "good"), (3000, "good")],
)
def test_a_lot_is_good_through_its_last_day_and_marked_two_months_before(days: int, standing: str):
    assert shelf_life(TODAY + timedelta(days=days), recalled_on=None, on=TODAY) == standing


@pytest.mark.parametrize(
    ("recalled", "standing"),
    [(TODAY, "recalled"), (TODAY - timedelta(days=1), "recalled"), (TODAY + timedelta(days=1), "good")],
)
def test_a_recall_counts_from_its_day(recalled: date, standing: str):
    assert shelf_life(TODAY + timedelta(days=400), recalled_on=recalled, on=TODAY) == standing


def test_a_recalled_lot_is_recalled_even_when_expired():
    assert shelf_life(TODAY - timedelta(days=9), recalled_on=TODAY, on=TODAY) == "recalled"

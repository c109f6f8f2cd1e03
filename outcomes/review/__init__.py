"""The figures of the outcomes page, counted by the database, and the rows behind each of them.

One module for each kind of row: cycles, re-treatments, courses, sessions given. Each says in SQL which rows there are
and how each ended (a `Family`); `figures.count` counts all of them in one query, `lists.rows` reads the rows of one
figure a page at a time, so that a figure and its list can never differ. What ended how is also said in Python, by
outcomes.rules; tests/outcomes/test_review.py holds both to one answer, and benchmarks/independent_figures.py computes
every figure again from plain rows.
"""

from outcomes.review.exposure import events_of_none, exposures
from outcomes.review.figures import Figures, count
from outcomes.review.lists import FIGURES, Figure, Row, rows
from outcomes.review.scope import PAGE_SIZE, Responders, Retreatments, Scope, Share, in_all

__all__ = [
    "FIGURES",
    "PAGE_SIZE",
    "Figure",
    "Figures",
    "Responders",
    "Retreatments",
    "Row",
    "Scope",
    "Share",
    "count",
    "events_of_none",
    "exposures",
    "in_all",
    "rows",
]

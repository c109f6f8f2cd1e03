"""Names, search texts, what a row may hold, and alerts: plain functions on plain values, no database, no clock."""

from patients.rules.alert import Alert, Severity, alerts, is_current
from patients.rules.names import fold
from patients.rules.row import problems_of
from patients.rules.search import FIRST_YEAR, LONGEST_SEARCH, SearchTerms, phone_end, read_search

__all__ = [
    "FIRST_YEAR",
    "LONGEST_SEARCH",
    "Alert",
    "SearchTerms",
    "Severity",
    "alerts",
    "fold",
    "is_current",
    "phone_end",
    "problems_of",
    "read_search",
]

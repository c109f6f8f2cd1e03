"""Names, search texts, what a row may hold, alerts, screening and consent: plain functions, no database, no clock."""

from patients.rules.alert import Alert, Severity, alerts, is_current
from patients.rules.consent import consent_problem, is_under_age, valid_consent
from patients.rules.merging import merged
from patients.rules.names import fold
from patients.rules.row import problems_of
from patients.rules.screening import screening_alerts, unanswered
from patients.rules.search import FIRST_YEAR, LONGEST_SEARCH, SearchTerms, phone_end, read_search

__all__ = [
    "FIRST_YEAR",
    "LONGEST_SEARCH",
    "Alert",
    "SearchTerms",
    "Severity",
    "alerts",
    "consent_problem",
    "fold",
    "is_current",
    "is_under_age",
    "merged",
    "phone_end",
    "problems_of",
    "read_search",
    "screening_alerts",
    "unanswered",
    "valid_consent",
]

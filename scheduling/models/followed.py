"""Rows of other parts whose changes the diary's facts on a course follow: the same tables, with its triggers."""

from patients.models import Coverage, Payer, PriorAuthorization
from scheduling.triggers import asking, followed
from treatments.models import InjectionSession, RetreatmentWindow, TreatmentCourse


class FollowedCoverage(Coverage):
    class Meta:
        proxy = True
        triggers = [asking.ASKING_FOLLOWS_COVERAGE]


class FollowedAuthorization(PriorAuthorization):
    class Meta:
        proxy = True
        triggers = [asking.ASKING_FOLLOWS_AUTHORIZATION]


class FollowedPayer(Payer):
    class Meta:
        proxy = True
        triggers = [asking.ASKING_FOLLOWS_LEAD_TIME]


class FollowedSession(InjectionSession):
    class Meta:
        proxy = True
        triggers = [asking.ASKING_FOLLOWS_SESSIONS]


class FollowedWindow(RetreatmentWindow):
    class Meta:
        proxy = True
        triggers = [followed.FACTS_FOLLOW_WINDOW]


class FollowedCourse(TreatmentCourse):
    class Meta:
        proxy = True
        triggers = [followed.FACTS_FOLLOW_COURSE]

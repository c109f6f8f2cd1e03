from outcomes.forms.assessments import AssessmentForm
from outcomes.forms.follow_ups import FollowUpForm

__all__ = ["AssessmentForm", "FollowUpForm"]

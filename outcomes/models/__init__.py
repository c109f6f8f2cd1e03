from outcomes.models.assessment import Assessment, ResponderRule, UnscoredAnswer, WithdrawnAssessment
from outcomes.models.diary import DiaryDay
from outcomes.models.export import Export
from outcomes.models.instrument import Instrument, InstrumentText, InstrumentVersion
from outcomes.models.questionnaire import Questionnaire
from outcomes.models.response_review import ResponseReview

__all__ = [
    "Assessment",
    "DiaryDay",
    "Export",
    "Instrument",
    "InstrumentText",
    "InstrumentVersion",
    "Questionnaire",
    "ResponderRule",
    "ResponseReview",
    "UnscoredAnswer",
    "WithdrawnAssessment",
]

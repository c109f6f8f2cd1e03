from outcomes.models.assessment import Assessment, ResponderRule, UnscoredAnswer
from outcomes.models.diary import DiaryDay
from outcomes.models.export import Export
from outcomes.models.instrument import Instrument, InstrumentText, InstrumentVersion

__all__ = [
    "Assessment",
    "DiaryDay",
    "Export",
    "Instrument",
    "InstrumentText",
    "InstrumentVersion",
    "ResponderRule",
    "UnscoredAnswer",
]

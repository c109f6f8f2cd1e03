from treatments.models.adverse_event import AdverseEvent
from treatments.models.course import RetreatmentWindow, TreatmentCourse
from treatments.models.drug_order import DrugOrder
from treatments.models.evaluation import Evaluation, PatientVial
from treatments.models.follow_up import FollowUp
from treatments.models.lot_recall import LotRecall, LotRecallPatient
from treatments.models.record import Addendum, RecordSeal
from treatments.models.reference import (
    Condition,
    ConditionPolicy,
    DiagnosisCode,
    FollowUpStep,
    LabelConfirmation,
    Muscle,
    MuscleDose,
    Protocol,
    ProtocolSite,
    Side,
)
from treatments.models.session import Injection, InjectionSession, SessionCourse, VialUse
from treatments.models.stock_count import StockCount, StockCountLine, StockCountResolution

__all__ = [
    "Addendum",
    "AdverseEvent",
    "Condition",
    "ConditionPolicy",
    "DiagnosisCode",
    "DrugOrder",
    "Evaluation",
    "FollowUp",
    "FollowUpStep",
    "Injection",
    "InjectionSession",
    "LabelConfirmation",
    "LotRecall",
    "LotRecallPatient",
    "Muscle",
    "MuscleDose",
    "PatientVial",
    "Protocol",
    "ProtocolSite",
    "RecordSeal",
    "RetreatmentWindow",
    "SessionCourse",
    "Side",
    "StockCount",
    "StockCountLine",
    "StockCountResolution",
    "TreatmentCourse",
    "VialUse",
]

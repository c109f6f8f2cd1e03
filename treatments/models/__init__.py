from treatments.models.course import RetreatmentWindow, TreatmentCourse
from treatments.models.follow_up import FollowUp
from treatments.models.reference import (
    Condition,
    ConditionPolicy,
    DiagnosisCode,
    FollowUpStep,
    Muscle,
    Protocol,
    ProtocolSite,
    Side,
)
from treatments.models.session import Injection, InjectionSession, SessionCourse, VialUse

__all__ = [
    "Condition",
    "ConditionPolicy",
    "DiagnosisCode",
    "FollowUp",
    "FollowUpStep",
    "Injection",
    "InjectionSession",
    "Muscle",
    "Protocol",
    "ProtocolSite",
    "RetreatmentWindow",
    "SessionCourse",
    "Side",
    "TreatmentCourse",
    "VialUse",
]

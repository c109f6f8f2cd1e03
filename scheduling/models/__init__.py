from scheduling.models import followed  # noqa: F401 - triggers alone
from scheduling.models.diary import Appointment, AppointmentCourse, IdRange
from scheduling.models.hours import Availability, Holiday, HoursException, Room, VisitKind, VisitLength
from scheduling.models.recall import AttemptOutcome, RecallAttempt, RecallClaim, RecallHold
from scheduling.models.waiting import SlotOffer, WaitingEntry

__all__ = [
    "Appointment",
    "AppointmentCourse",
    "AttemptOutcome",
    "Availability",
    "Holiday",
    "HoursException",
    "IdRange",
    "RecallAttempt",
    "RecallClaim",
    "RecallHold",
    "Room",
    "SlotOffer",
    "VisitKind",
    "VisitLength",
    "WaitingEntry",
]

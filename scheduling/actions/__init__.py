from scheduling.actions.appointments import (
    book_appointment,
    cancel_appointment,
    conflicts_of,
    link_session,
    mark_missed,
    move_appointment,
    set_status,
)
from scheduling.actions.recalls import bring_back, log_attempt, snooze

__all__ = [
    "book_appointment",
    "bring_back",
    "cancel_appointment",
    "conflicts_of",
    "link_session",
    "log_attempt",
    "mark_missed",
    "move_appointment",
    "set_status",
    "snooze",
]

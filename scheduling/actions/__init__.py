from scheduling.actions.appointments import (
    book_appointment,
    cancel_appointment,
    link_session,
    mark_missed,
    move_appointment,
    set_status,
    take_back_cancel,
)
from scheduling.actions.arrivals import seat_patient
from scheduling.actions.attached import attach_follow_ups
from scheduling.actions.placing import may_override
from scheduling.actions.recalls import bring_back, log_attempt, put_away, snooze
from scheduling.actions.telling import tell_of_visit
from scheduling.actions.together import book_follow_ups, cancel_follow_ups, move_follow_ups
from scheduling.actions.waiting import (
    add_waiting_entry,
    book_freed_time,
    decline_offer,
    offer_time,
    put_entry_back,
    withdraw_entry,
)
from scheduling.conflicts import conflicts_of

__all__ = [
    "add_waiting_entry",
    "attach_follow_ups",
    "book_appointment",
    "book_follow_ups",
    "book_freed_time",
    "bring_back",
    "cancel_appointment",
    "cancel_follow_ups",
    "conflicts_of",
    "decline_offer",
    "link_session",
    "log_attempt",
    "mark_missed",
    "may_override",
    "move_appointment",
    "move_follow_ups",
    "offer_time",
    "put_away",
    "put_entry_back",
    "seat_patient",
    "set_status",
    "snooze",
    "take_back_cancel",
    "tell_of_visit",
    "withdraw_entry",
]

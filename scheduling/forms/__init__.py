from scheduling.forms.booking import AppointmentTimeForm, BookingForm, BookingOptionsForm, CancelForm, DayForm, MoveForm
from scheduling.forms.fields import DateInput, TimeInput, providers_of
from scheduling.forms.hours import ExceptionForm, HolidayForm, LengthsForm, RoomForm, WeekForm
from scheduling.forms.recalls import AttemptForm, HoldForm, OutcomeForm, RecallFilterForm, list_query
from scheduling.forms.waiting import FreedTimeForm, WaitingFilterForm, WaitingForm

__all__ = [
    "AppointmentTimeForm",
    "AttemptForm",
    "BookingForm",
    "BookingOptionsForm",
    "CancelForm",
    "DateInput",
    "DayForm",
    "ExceptionForm",
    "FreedTimeForm",
    "HoldForm",
    "HolidayForm",
    "LengthsForm",
    "MoveForm",
    "OutcomeForm",
    "RecallFilterForm",
    "RoomForm",
    "TimeInput",
    "WaitingFilterForm",
    "WaitingForm",
    "WeekForm",
    "list_query",
    "providers_of",
]

from django.urls import path

from scheduling.views import appointments, booking, calendar, recalls

app_name = "scheduling"
urlpatterns = [
    path("recalls/", recalls.recall_list, name="recall-list"),
    path("recalls/<int:course_id>/log/", recalls.recall_log, name="recall-log"),
    path("recalls/<int:course_id>/snooze/", recalls.recall_snooze, name="recall-snooze"),
    path("recalls/<int:course_id>/bring-back/", recalls.recall_bring_back, name="recall-bring-back"),
    path("calendar/", calendar.day_list, name="day-list"),
    path("appointments/new/", booking.appointment_create, name="appointment-create"),
    path("appointments/<int:appointment_id>/", appointments.appointment_detail, name="appointment-detail"),
    path("appointments/<int:appointment_id>/move/", appointments.appointment_move, name="appointment-move"),
    path("appointments/<int:appointment_id>/status/", appointments.appointment_status, name="appointment-status"),
    path("appointments/<int:appointment_id>/cancel/", appointments.appointment_cancel, name="appointment-cancel"),
]

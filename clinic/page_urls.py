from django.urls import path

from clinic import views

app_name = "clinic"
urlpatterns = [
    path("my-day/", views.my_day, name="my-day"),
    path("patients/<int:patient_id>/", views.chart, name="chart"),
    path("courses/<int:course_id>/", views.course, name="course"),
    path("appointments/<int:appointment_id>/start/", views.start_from_appointment, name="session-start"),
]

from django.urls import path

from clinic import views

app_name = "clinic"
urlpatterns = [
    path("my-day/", views.my_day, name="my-day"),
    path("patients/<int:patient_id>/", views.chart, name="chart"),
    path("patients/<int:patient_id>/consents/new/", views.consent_create, name="consent-create"),
    path("consents/<int:consent_id>/", views.consent_detail, name="consent-detail"),
    path("consents/<int:consent_id>/withdraw/", views.consent_withdraw, name="consent-withdraw"),
    path("patients/<int:patient_id>/authorizations/new/", views.authorization_create, name="authorization-create"),
    path("authorizations/<int:authorization_id>/edit/", views.authorization_edit, name="authorization-edit"),
    path("courses/<int:course_id>/", views.course, name="course"),
    path("courses/<int:course_id>/evaluations/new/", views.evaluation_create, name="evaluation-create"),
    path("evaluations/<int:evaluation_id>/", views.evaluation, name="evaluation"),
    path("evaluations/<int:evaluation_id>/edit/", views.evaluation_edit, name="evaluation-edit"),
    path("evaluations/<int:evaluation_id>.pdf", views.evaluation_pdf, name="evaluation-pdf"),
    path("sessions/<int:session_id>/note.pdf", views.session_note, name="session-note"),
    path("sessions/<int:session_id>/packet.pdf", views.session_packet, name="session-packet"),
    path("sessions/<int:session_id>/after-visit.pdf", views.session_after_visit, name="session-after-visit"),
    path("appointments/<int:appointment_id>/start/", views.start_from_appointment, name="session-start"),
]

from django.urls import path

from clinic import views
from clinic.views import emergency, letters

app_name = "clinic"
urlpatterns = [
    path("my-day/", views.my_day, name="my-day"),
    path("patients/<int:patient_id>/", views.chart, name="chart"),
    path("patients/emergency/", emergency.emergency_open, name="emergency-open"),
    path("patients/<int:patient_id>/emergency/", emergency.emergency_chart, name="emergency-chart"),
    path("emergency/", emergency.emergency_list, name="emergency-list"),
    path("patients/pairs/", views.pair_list, name="pair-list"),
    path("patients/pairs/apart/", views.pair_apart, name="pair-apart"),
    path("patients/merges/", views.merge_list, name="merge-list"),
    path("patients/merges/<int:merge_id>/", views.merge, name="merge"),
    path("patients/merges/<int:merge_id>/undo/", views.merge_undo, name="merge-undo"),
    path("patients/<int:patient_id>/same-person/", views.merge_find, name="merge-find"),
    path("patients/<int:patient_id>/same-person/<int:other_id>/", views.merge_preview, name="merge-preview"),
    path("patients/<int:patient_id>/consents/new/", views.consent_create, name="consent-create"),
    path("patients/<int:patient_id>/consents/new/blank.pdf", views.consent_blank, name="consent-blank"),
    path("consents/<int:consent_id>.pdf", views.consent_pdf, name="consent-pdf"),
    path("consents/<int:consent_id>/", views.consent_detail, name="consent-detail"),
    path("consents/<int:consent_id>/withdraw/", views.consent_withdraw, name="consent-withdraw"),
    path("patients/<int:patient_id>/authorizations/new/", views.authorization_create, name="authorization-create"),
    path("authorizations/<int:authorization_id>/edit/", views.authorization_edit, name="authorization-edit"),
    path("authorizations/<int:authorization_id>/renew/", views.authorization_renew, name="authorization-renew"),
    path("authorizations/<int:authorization_id>/letter/", views.authorization_letter, name="authorization-letter"),
    path("courses/<int:course_id>/", views.course, name="course"),
    path("courses/<int:course_id>/evaluations/new/", views.evaluation_create, name="evaluation-create"),
    path("evaluations/<int:evaluation_id>/", views.evaluation, name="evaluation"),
    path("evaluations/<int:evaluation_id>/edit/", views.evaluation_edit, name="evaluation-edit"),
    path("adverse-events/<int:event_id>/medwatch.pdf", views.event_medwatch, name="event-medwatch"),
    path("evaluations/<int:evaluation_id>.pdf", views.evaluation_pdf, name="evaluation-pdf"),
    path("outcomes/figures.pdf", views.outcomes_pdf, name="outcomes-pdf"),
    path("sessions/<int:session_id>/note.pdf", views.session_note, name="session-note"),
    path("sessions/<int:session_id>/packet.pdf", views.session_packet, name="session-packet"),
    path("sessions/<int:session_id>/after-visit.pdf", views.session_after_visit, name="session-after-visit"),
    path("letters/", letters.letter_list, name="letter-list"),
    path("letters/<int:batch_id>/", letters.letter_batch, name="letter-batch"),
    path("letters/<int:batch_id>.pdf", letters.letter_batch_pdf, name="letter-batch-pdf"),
    path("messages/<int:message_id>/letter.pdf", letters.letter_pdf, name="letter-pdf"),
    path("appointments/<int:appointment_id>/start/", views.start_from_appointment, name="session-start"),
]

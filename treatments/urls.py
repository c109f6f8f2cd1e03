from django.urls import path

from treatments.views import courses, drafts, patient_vials, protocols, records, rules, session

app_name = "treatments"
urlpatterns = [
    path("patients/<int:patient_id>/courses/new/", courses.course_start, name="course-start"),
    path("courses/<int:course_id>/edit/", courses.course_edit, name="course-edit"),
    path("courses/<int:course_id>/close/", courses.course_close, name="course-close"),
    path("courses/<int:course_id>/reopen/", courses.course_reopen, name="course-reopen"),
    path("courses/<int:course_id>/target/", courses.target_choose, name="target-choose"),
    path("courses/<int:course_id>/outside/new/", courses.outside_session_create, name="outside-session-create"),
    path("patients/<int:patient_id>/sessions/start/", session.session_start, name="session-start"),
    path("patients/<int:patient_id>/vials/", patient_vials.patient_vials, name="patient-vials"),
    path("stock/vials/<int:vial_id>/patient/", patient_vials.vial_name, name="vial-name"),
    path("stock/vials/<int:vial_id>/release/", patient_vials.vial_release, name="vial-release"),
    path("stock/lots/<int:lot_id>/sessions/", patient_vials.lot_sessions, name="lot-sessions"),
    path("sessions/<int:session_id>/", session.session_detail, name="session-detail"),
    path("sessions/<int:session_id>/chart/", session.session_chart, name="session-chart"),
    path("sessions/<int:session_id>/review/", session.session_review, name="session-review"),
    path("sessions/<int:session_id>/protocol/", protocols.protocol_save, name="protocol-save"),
    path("protocols/", protocols.protocol_list, name="protocol-list"),
    path("protocols/<int:protocol_id>/retire/", protocols.protocol_retire, name="protocol-retire"),
    path("protocols/<int:protocol_id>/restore/", protocols.protocol_restore, name="protocol-restore"),
    path("sessions/<int:session_id>/void/", records.session_void, name="session-void"),
    path("sessions/<int:session_id>/replace/", records.session_replace, name="session-replace"),
    path("sessions/<int:session_id>/addenda/new/", records.addendum_write, name="addendum-write"),
    path("rules/", rules.rule_list, name="rule-list"),
    path("rules/confirm/", rules.label_confirm, name="label-confirm"),
    path("drafts/", drafts.draft_list, name="draft-list"),
]

from django.urls import path

from treatments.views import courses, session

app_name = "treatments"
urlpatterns = [
    path("patients/<int:patient_id>/courses/new/", courses.course_start, name="course-start"),
    path("courses/<int:course_id>/edit/", courses.course_edit, name="course-edit"),
    path("courses/<int:course_id>/close/", courses.course_close, name="course-close"),
    path("courses/<int:course_id>/reopen/", courses.course_reopen, name="course-reopen"),
    path("courses/<int:course_id>/target/", courses.target_choose, name="target-choose"),
    path("courses/<int:course_id>/outside/new/", courses.outside_session_create, name="outside-session-create"),
    path("patients/<int:patient_id>/sessions/start/", session.session_start, name="session-start"),
    path("sessions/<int:session_id>/", session.session_detail, name="session-detail"),
    path("sessions/<int:session_id>/chart/", session.session_chart, name="session-chart"),
    path("sessions/<int:session_id>/review/", session.session_review, name="session-review"),
    path("sessions/<int:session_id>/void/", courses.session_void, name="session-void"),
]

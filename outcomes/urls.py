from django.urls import path

from outcomes import views

app_name = "outcomes"
urlpatterns = [
    path("outcomes/", views.review, name="review"),
    path("outcomes/list/", views.review_list, name="review-list"),
    path("follow-ups/", views.follow_up_list, name="follow-up-list"),
    path("follow-ups/<int:follow_up_id>/", views.follow_up_record, name="follow-up-record"),
    path("courses/<int:course_id>/side-by-side/", views.side_by_side, name="side-by-side"),
    path("courses/<int:course_id>/assessments/new/", views.assessment_create, name="assessment-create"),
]

from django.urls import path

from outcomes import views

app_name = "outcomes"
urlpatterns = [
    path("outcomes/", views.review, name="review"),
    path("outcomes/list/", views.review_list, name="review-list"),
    path("outcomes/figures.csv", views.review_csv, name="review-csv"),
    path("outcomes/pictures/<slug:name>.svg", views.review_picture, name="review-picture"),
    path("outcomes/views/save/", views.view_save, name="review-view-save"),
    path("outcomes/views/<int:view_id>/", views.view_edit, name="review-view-edit"),
    path("outcomes/exports/", views.export_list, name="export-list"),
    path("outcomes/exports/start/", views.export_start, name="export-start"),
    path("outcomes/exports/<int:export_id>/", views.export_detail, name="export-detail"),
    path("outcomes/exports/<int:export_id>/file/", views.export_download, name="export-download"),
    path("outcomes/exports/<int:export_id>/remove/", views.export_remove, name="export-remove"),
    path("follow-ups/", views.follow_up_list, name="follow-up-list"),
    path("follow-ups/<int:follow_up_id>/", views.follow_up_record, name="follow-up-record"),
    path("courses/<int:course_id>/side-by-side/", views.side_by_side, name="side-by-side"),
    path("courses/<int:course_id>/assessments/new/", views.assessment_create, name="assessment-create"),
]

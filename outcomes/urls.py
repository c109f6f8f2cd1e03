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
    path("courses/<int:course_id>/side-by-side/", views.side_by_side, name="side-by-side"),
    path("instruments/", views.instrument_list, name="instrument-list"),
    path("instruments/new/", views.instrument_create, name="instrument-create"),
    path("instruments/<int:instrument_id>/", views.instrument_detail, name="instrument-detail"),
    path("instruments/<int:instrument_id>/edit/", views.instrument_edit, name="instrument-edit"),
    path("instruments/<int:instrument_id>/retire/", views.instrument_retire, name="instrument-retire"),
    path("instruments/<int:instrument_id>/texts/new/", views.instrument_text_create, name="instrument-text-create"),
    path("instruments/texts/<int:text_id>/withdraw/", views.instrument_text_withdraw, name="instrument-text-withdraw"),
    path("follow-ups/", views.follow_up_list, name="follow-up-list"),
    path("follow-ups/<int:follow_up_id>/", views.follow_up_record, name="follow-up-record"),
    path("follow-ups/<int:follow_up_id>/take/", views.follow_up_take, name="follow-up-take"),
    path("courses/<int:course_id>/diary/", views.diary, name="diary"),
    path("courses/<int:course_id>/diary/score/", views.diary_score, name="diary-score"),
    path("courses/<int:course_id>/assessments/new/", views.assessment_create, name="assessment-create"),
]

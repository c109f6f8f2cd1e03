from django.urls import path

from interop import views

app_name = "interop"
urlpatterns = [
    path("imports/", views.import_list, name="import-list"),
    path("imports/<int:job_id>/preview/", views.import_preview, name="import-preview"),
    path("imports/<int:job_id>/", views.import_detail, name="import-detail"),
]

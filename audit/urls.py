from django.urls import path

from audit import views

app_name = "audit"

urlpatterns = [
    path("audit/", views.event_list, name="event-list"),
    path("audit/changes/", views.change_list, name="change-list"),
    path("audit/export/", views.event_export, name="event-export"),
]

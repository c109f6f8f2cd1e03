from django.urls import path

from interop.views import claims, feeds, imports, visits

app_name = "interop"
urlpatterns = [
    path("imports/", imports.import_list, name="import-list"),
    path("imports/<int:job_id>/preview/", imports.import_preview, name="import-preview"),
    path("imports/<int:job_id>/", imports.import_detail, name="import-detail"),
    path("claims/", claims.claim_list, name="claim-list"),
    path("claims/export/", claims.claim_export, name="claim-export"),
    path("claims/codes/", claims.code_list, name="code-list"),
    path("sessions/<int:session_id>/claim/", claims.claim_detail, name="claim-detail"),
    path("sessions/<int:session_id>/claim.csv", claims.claim_csv, name="claim-csv"),
    path("calendar-feed/", feeds.feed, name="feed"),
    path("calendar-feed/make/", feeds.feed_make, name="feed-make"),
    path("calendar-feed/stop/", feeds.feed_stop, name="feed-stop"),
    path("l/<str:token>/appointment.ics", visits.link_ics, name="link-ics"),
    path("feeds/<str:token>.ics", feeds.feed_ics_file, name="feed-ics"),
]

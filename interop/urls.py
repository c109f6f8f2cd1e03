from django.urls import path

from interop.views import claims, imports

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
]

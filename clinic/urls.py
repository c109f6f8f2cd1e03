from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from clinic import views
from clinic.health import health, ready

# The administration pages sign in through the one page that locks out after repeated failures.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "clinic.failures.bad_request"
handler500 = "clinic.failures.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("clinic.page_urls")),
    path("", include("interop.urls")),
    path("", include("scheduling.urls")),
    path("", include("outcomes.urls")),
    path("", include("treatments.urls")),
    path("", include("messaging.urls")),
    path("", include("patients.urls")),
    path("", include("inventory.urls")),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path("health/", health, name="health"),
    path("health/ready/", ready, name="health-ready"),
    path("account/", include("accounts.sign_in_urls")),
    path("admin/", admin.site.urls),
]

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("set-up/", views.set_up, name="set-up"),
    path("account/me/", views.profile, name="profile"),
    path("account/sessions/", views.session_list, name="session-list"),
    path("account/session/", views.session_state, name="session-state"),
    path("account/back/", views.session_back, name="session-back"),
    path("site/", views.site_list, name="site-list"),
    path("site/switch/", views.site_switch, name="site-switch"),
    path("site/new/", views.site_create, name="site-create"),
    path("site/<int:site_id>/", views.site_edit, name="site-edit"),
    path("staff/", views.staff_list, name="staff-list"),
    path("staff/new/", views.staff_create, name="staff-create"),
    path("staff/<int:user_id>/", views.staff_edit, name="staff-edit"),
    path("staff/<int:user_id>/link/", views.staff_link, name="staff-link"),
    path("staff/<int:user_id>/sign-out/", views.staff_sign_out, name="staff-sign-out"),
    path("staff/<int:user_id>/send-link/", views.staff_send_link, name="staff-send-link"),
]

from django.urls import path

from messaging.views import consents, messages, policy, templates
from messaging.views.links import link_open
from messaging.views.reports import mail_report, text_report

app_name = "messaging"

urlpatterns = [
    path("messages/", messages.message_list, name="message-list"),
    path("messages/<int:message_id>/", messages.message_detail, name="message-detail"),
    path("messages/<int:message_id>/cancel/", messages.message_cancel, name="message-cancel"),
    path("messages/<int:message_id>/again/", messages.message_again, name="message-again"),
    path("messages/<int:message_id>/decide/", messages.message_decide, name="message-decide"),
    path("messages/texts/", templates.template_list, name="template-list"),
    path("messages/texts/<int:template_id>/", templates.template_edit, name="template-edit"),
    path("messages/texts/<int:template_id>/preview/", templates.template_preview, name="template-preview"),
    path("messages/policy/", policy.policy_edit, name="policy-edit"),
    path("patients/<int:patient_id>/contact/", consents.consent_record, name="consent-record"),
    path("patients/<int:patient_id>/messages/", consents.patient_messages, name="patient-messages"),
    path("l/<str:token>/", link_open, name="link-open"),
    path("carriers/mail/", mail_report, name="mail-report"),
    path("carriers/text/<int:message_id>/", text_report, name="text-report"),
]

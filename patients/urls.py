from django.urls import path

from patients.views import duplicates, facts, patients

app_name = "patients"
urlpatterns = [
    path("patients/", patients.patient_list, name="patient-list"),
    path("patients/search/", patients.patient_search, name="patient-search"),
    path("patients/new/", patients.patient_create, name="patient-create"),
    path("patients/<int:patient_id>/edit/", patients.patient_edit, name="patient-edit"),
    path("patients/<int:patient_id>/allergies/new/", facts.allergy_create, name="allergy-create"),
    path("allergies/<int:allergy_id>/edit/", facts.allergy_edit, name="allergy-edit"),
    path("allergies/<int:allergy_id>/end/", facts.allergy_end, name="allergy-end"),
    path("patients/<int:patient_id>/medications/new/", facts.medication_create, name="medication-create"),
    path("medications/<int:medication_id>/edit/", facts.medication_edit, name="medication-edit"),
    path("medications/<int:medication_id>/end/", facts.medication_end, name="medication-end"),
    path("patients/<int:patient_id>/history/new/", facts.history_item_create, name="history-item-create"),
    path("history/<int:history_item_id>/edit/", facts.history_item_edit, name="history-item-edit"),
    path("history/<int:history_item_id>/end/", facts.history_item_end, name="history-item-end"),
    path("patients/duplicates/", duplicates.duplicate_list, name="duplicate-list"),
    path("patients/duplicates/<int:duplicate_id>/decide/", duplicates.duplicate_decide, name="duplicate-decide"),
]

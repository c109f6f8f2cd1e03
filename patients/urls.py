from django.urls import path

from patients.views import consent_forms, coverage, duplicates, facts, patients, payers, screenings, tablet, tasks

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
    path(
        "patients/<int:patient_id>/tried-treatments/new/", facts.tried_treatment_create, name="tried-treatment-create"
    ),
    path("tried-treatments/<int:tried_treatment_id>/edit/", facts.tried_treatment_edit, name="tried-treatment-edit"),
    path("patients/<int:patient_id>/weights/new/", facts.weight_create, name="weight-create"),
    path("weights/<int:weight_id>/edit/", facts.weight_edit, name="weight-edit"),
    path("patients/<int:patient_id>/coverages/new/", coverage.coverage_create, name="coverage-create"),
    path("coverages/<int:coverage_id>/edit/", coverage.coverage_edit, name="coverage-edit"),
    path("payers/", payers.payer_list, name="payer-list"),
    path("payers/new/", payers.payer_create, name="payer-create"),
    path("payers/<int:payer_id>/edit/", payers.payer_edit, name="payer-edit"),
    path("patients/<int:patient_id>/screenings/new/", screenings.screening_create, name="screening-create"),
    path("patients/<int:patient_id>/screenings/tablet/", tablet.screening_tablet, name="screening-tablet"),
    path("screenings/<int:screening_id>/", screenings.screening_detail, name="screening-detail"),
    path("tablet/<int:number>/", tablet.tablet_question, name="tablet-question"),
    path("tablet/<int:number>/more/", tablet.tablet_note, name="tablet-note"),
    path("tablet/language/", tablet.tablet_language, name="tablet-language"),
    path("tablet/check/", tablet.tablet_check, name="tablet-check"),
    path("tablet/", tablet.tablet_return, name="tablet-return"),
    path("consent-forms/", consent_forms.consent_form_list, name="consent-form-list"),
    path("consent-forms/new/", consent_forms.consent_form_create, name="consent-form-create"),
    path("consent-forms/<int:form_id>/revise/", consent_forms.consent_form_revise, name="consent-form-revise"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/<int:task_id>/take/", tasks.task_take, name="task-take"),
    path("tasks/<int:task_id>/leave/", tasks.task_leave, name="task-leave"),
    path("tasks/<int:task_id>/done/", tasks.task_done, name="task-done"),
    path("tasks/<int:task_id>/undo/", tasks.task_undo, name="task-undo"),
    path("patients/duplicates/", duplicates.duplicate_list, name="duplicate-list"),
    path("patients/duplicates/<int:duplicate_id>/decide/", duplicates.duplicate_decide, name="duplicate-decide"),
]

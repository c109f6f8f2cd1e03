from clinic.views.authorizations import (
    authorization_create,
    authorization_edit,
    authorization_letter,
    authorization_renew,
)
from clinic.views.chart import chart
from clinic.views.consents import consent_blank, consent_create, consent_detail, consent_pdf, consent_withdraw
from clinic.views.course import course
from clinic.views.evaluations import evaluation, evaluation_create, evaluation_edit
from clinic.views.landing import home, my_day, start_from_appointment
from clinic.views.merging import merge, merge_find, merge_list, merge_preview, merge_undo, pair_apart, pair_list
from clinic.views.outcomes import outcomes_pdf
from clinic.views.paper import evaluation_pdf, event_medwatch, session_after_visit, session_note, session_packet

__all__ = [
    "authorization_create",
    "authorization_edit",
    "authorization_letter",
    "authorization_renew",
    "chart",
    "consent_blank",
    "consent_create",
    "consent_detail",
    "consent_pdf",
    "consent_withdraw",
    "course",
    "evaluation",
    "evaluation_create",
    "evaluation_edit",
    "evaluation_pdf",
    "event_medwatch",
    "home",
    "merge",
    "merge_find",
    "merge_list",
    "merge_preview",
    "merge_undo",
    "my_day",
    "outcomes_pdf",
    "pair_apart",
    "pair_list",
    "session_after_visit",
    "session_note",
    "session_packet",
    "start_from_appointment",
]

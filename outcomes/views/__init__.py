from outcomes.views.assessments import assessment_create, assessment_withdraw
from outcomes.views.diary import diary, diary_score, diary_send, diary_tablet
from outcomes.views.exports import export_detail, export_download, export_list, export_remove, export_start
from outcomes.views.follow_ups import follow_up_list, follow_up_record, follow_up_take
from outcomes.views.instruments import (
    instrument_create,
    instrument_detail,
    instrument_edit,
    instrument_list,
    instrument_retire,
    instrument_text_create,
    instrument_text_withdraw,
)
from outcomes.views.patient_diary import link_diary, link_diary_day, tablet_diary, tablet_diary_day
from outcomes.views.questionnaires import questions_send, questions_tablet, questions_withdraw
from outcomes.views.questions import (
    link_check,
    link_question,
    link_questions,
    link_urgent,
    tablet_check,
    tablet_question,
    tablet_questions,
    tablet_urgent,
)
from outcomes.views.response_reviews import response_review
from outcomes.views.review import review, review_csv, review_exposure, review_list, review_picture
from outcomes.views.saved_views import view_edit, view_save
from outcomes.views.side_by_side import side_by_side
from outcomes.views.waste import waste, waste_list

__all__ = [
    "assessment_create",
    "assessment_withdraw",
    "diary",
    "diary_score",
    "diary_send",
    "diary_tablet",
    "export_detail",
    "export_download",
    "export_list",
    "export_remove",
    "export_start",
    "follow_up_list",
    "follow_up_record",
    "follow_up_take",
    "instrument_create",
    "instrument_detail",
    "instrument_edit",
    "instrument_list",
    "instrument_retire",
    "instrument_text_create",
    "instrument_text_withdraw",
    "link_check",
    "link_diary",
    "link_diary_day",
    "link_question",
    "link_questions",
    "link_urgent",
    "questions_send",
    "questions_tablet",
    "questions_withdraw",
    "response_review",
    "review",
    "review_csv",
    "review_exposure",
    "review_list",
    "review_picture",
    "side_by_side",
    "tablet_check",
    "tablet_diary",
    "tablet_diary_day",
    "tablet_question",
    "tablet_questions",
    "tablet_urgent",
    "view_edit",
    "view_save",
    "waste",
    "waste_list",
]

from outcomes.actions.assessments import Entry, record_assessment, record_scores, score_entry, withdraw_assessment
from outcomes.actions.diary import DayChange, record_diary_score, save_diary_days, send_diary_link
from outcomes.actions.exports import record_download, record_export, remove_export, start_export
from outcomes.actions.follow_ups import Findings, record_follow_up_with_scores

__all__ = [
    "DayChange",
    "Entry",
    "Findings",
    "record_assessment",
    "record_diary_score",
    "record_download",
    "record_export",
    "record_follow_up_with_scores",
    "record_scores",
    "remove_export",
    "save_diary_days",
    "score_entry",
    "send_diary_link",
    "start_export",
    "withdraw_assessment",
]

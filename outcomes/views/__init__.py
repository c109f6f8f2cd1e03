from outcomes.views.assessments import assessment_create
from outcomes.views.exports import export_detail, export_download, export_list, export_remove, export_start
from outcomes.views.follow_ups import follow_up_list, follow_up_record
from outcomes.views.review import review, review_csv, review_list, review_picture
from outcomes.views.saved_views import view_edit, view_save
from outcomes.views.side_by_side import side_by_side

__all__ = [
    "assessment_create",
    "export_detail",
    "export_download",
    "export_list",
    "export_remove",
    "export_start",
    "follow_up_list",
    "follow_up_record",
    "review",
    "review_csv",
    "review_list",
    "review_picture",
    "side_by_side",
    "view_edit",
    "view_save",
]

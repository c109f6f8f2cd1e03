from outcomes.views.assessments import assessment_create
from outcomes.views.follow_ups import follow_up_list, follow_up_record
from outcomes.views.review import review, review_list
from outcomes.views.side_by_side import side_by_side

__all__ = ["assessment_create", "follow_up_list", "follow_up_record", "review", "review_list", "side_by_side"]

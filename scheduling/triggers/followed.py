"""The course and its windows: what both kinds of facts follow from."""

import pgtrigger

from scheduling.triggers import asking, tries


def _trigger(name: str, operation: pgtrigger.Operation, course: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        declare=[("touched", "bigint[]")],
        func=f"touched := ARRAY[{course}];" + tries.REFRESH + asking.REFRESH + "RETURN NULL;",
    )


# Those columns alone: what is kept is none of them, so that keeping it does not come back here.
FACTS_FOLLOW_COURSE = _trigger(
    "facts_follow_course",
    pgtrigger.Insert
    | pgtrigger.UpdateOf(
        "patient_id",
        "condition_id",
        "started_on",
        "closed_on",
        "last_session_on",
        "eligible_on",
        "target_on",
        "booked_dates",
    ),
    "NEW.id",
)
FACTS_FOLLOW_WINDOW = _trigger(
    "facts_follow_window", pgtrigger.Insert | pgtrigger.UpdateOf("closed_by_id", "voided"), "NEW.course_id"
)

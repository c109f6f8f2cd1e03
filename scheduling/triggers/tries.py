"""How often a patient was tried for the window that is open, and when last for any, in step on the course."""

import pgtrigger

# Locked before they are read again, so that of two attempts logged at once the later one sees both.
REFRESH = """
        PERFORM 1 FROM treatments_treatmentcourse WHERE id = ANY(touched) ORDER BY id FOR NO KEY UPDATE;
        UPDATE treatments_treatmentcourse AS course
           SET tried_at = found.at, times_tried = found.times
          FROM (SELECT tried.id, max(attempt.at) AS at,
                       count(attempt.id) FILTER (
                           WHERE attempt.window_id = open_one.id
                              OR (attempt.window_id IS NULL AND tried.last_session_on IS NULL)) AS times
                  FROM treatments_treatmentcourse tried
                  LEFT JOIN treatments_retreatmentwindow open_one
                         ON open_one.course_id = tried.id AND open_one.closed_by_id IS NULL AND NOT open_one.voided
                  LEFT JOIN scheduling_recallattempt attempt ON attempt.course_id = tried.id
                 WHERE tried.id = ANY(touched)
                 GROUP BY tried.id) AS found
         WHERE course.id = found.id AND (course.tried_at, course.times_tried) IS DISTINCT FROM (found.at, found.times);
"""

TRIES_FOLLOW_ATTEMPTS = pgtrigger.Trigger(
    name="tries_follow_attempts",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=[("touched", "bigint[]")],
    func="""
        touched := ARRAY[]::bigint[];
        IF TG_OP <> 'INSERT' THEN touched := touched || OLD.course_id; END IF;
        IF TG_OP <> 'DELETE' THEN touched := touched || NEW.course_id; END IF;
    """
    + REFRESH
    + "RETURN NULL;",
)

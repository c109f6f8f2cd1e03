"""Courses: how long they go on."""

from __future__ import annotations

from outcomes.review.scope import Family, narrowed

RETENTION = Family(
    "retention",
    found=f"""
begun AS (
    SELECT course.id AS course_id, begun.session_id, begun.day,
           LEAST(
               (SELECT min(win.lapses_on) + 1 FROM treatments_retreatmentwindow win
                  LEFT JOIN treatments_injectionsession closing ON closing.id = win.closed_by_id
                 WHERE win.course_id = course.id AND NOT win.voided AND win.lapses_on < %(on)s
                   AND (closing.performed_on IS NULL OR closing.performed_on > win.lapses_on)),
               CASE WHEN course.closed_reason = 'stopped' THEN course.closed_on END,
               patient.left_on
           ) AS lost_on,
           LEAST(CASE WHEN course.closed_reason <> 'stopped' THEN course.closed_on END, patient.died_on) AS ended_on,
           CASE WHEN course.closed_reason = 'stopped' THEN course.closed_on END AS stopped_on,
           patient.left_on
      FROM treatments_treatmentcourse course
      JOIN patients_patient patient ON patient.id = course.patient_id
      JOIN LATERAL (
        SELECT win.session_id, win.last_session_on AS day FROM treatments_retreatmentwindow win
         WHERE win.course_id = course.id AND NOT win.voided ORDER BY win.last_session_on, win.id LIMIT 1
      ) begun ON true
      JOIN treatments_injectionsession session ON session.id = begun.session_id
     WHERE begun.day <= %(last)s
       AND {narrowed(provider="course.provider_id")}
), found AS (
    SELECT begun.*, course_id AS key, ARRAY[]::text[] AS parts,
           CASE
               WHEN lost_on <= LEAST(ended_on, %(on)s) THEN
                   CASE lost_on WHEN stopped_on THEN 'stopped' WHEN left_on THEN 'left' ELSE 'lapsed' END
               WHEN ended_on <= %(on)s THEN 'ended otherwise'
               ELSE 'going on'
           END AS figure,
           GREATEST(0, LEAST(lost_on, ended_on, %(on)s) - day) AS days
      FROM begun
)
""",
    counts="SELECT figure, days, count(*) AS count FROM found GROUP BY figure, days",
    facts=("lost_on", "ended_on", "days"),
)

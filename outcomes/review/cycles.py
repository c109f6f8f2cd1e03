"""Cycles: signed sessions of a course by their re-treatment window, and what came of each.

A session of the same day with a second product is the same visit, and only the last of that day stands for it.
"""

from __future__ import annotations

from outcomes.review.scope import Family, narrowed


def _sessions(*, day: str, more: str = "") -> str:
    """Windows of signed sessions whose `day` lies in the scope: the last of its day, as what closed it came later."""
    return f"""
      FROM treatments_retreatmentwindow win
      JOIN treatments_injectionsession session ON session.id = win.session_id
      JOIN treatments_treatmentcourse course ON course.id = win.course_id
      JOIN patients_patient patient ON patient.id = course.patient_id
      LEFT JOIN treatments_injectionsession closing ON closing.id = win.closed_by_id
      {more}
     WHERE NOT win.voided
       AND session.status = 'signed'
       AND {day} BETWEEN %(first)s AND %(last)s
       AND closing.performed_on IS DISTINCT FROM win.last_session_on
       AND {narrowed()}"""


_RULE = """JOIN outcomes_responderrule rule ON rule.condition_id = course.condition_id
      JOIN outcomes_instrument instrument ON instrument.id = rule.instrument_id"""

_TOLD = """LEFT JOIN LATERAL (
        SELECT min(follow_up.wear_off_on) FILTER (
                   WHERE follow_up.status = 'done' AND follow_up.wear_off_on >= win.last_session_on) AS worn_on,
               max(follow_up.done_on) FILTER (WHERE follow_up.status = 'done') AS contact_on,
               bool_or(follow_up.status = 'planned' AND follow_up.due_on >= %(on)s) AS is_planned
          FROM treatments_followup follow_up
          -- Of any session of that day: two products are one visit.
          JOIN treatments_injectionsession given
            ON given.id = follow_up.session_id AND given.performed_on = win.last_session_on
         WHERE follow_up.course_id = win.course_id
      ) told ON true"""

RESPONSES = Family(
    "cycles",
    found=f"""
cycle AS (
    SELECT win.id AS window_id, win.course_id, win.session_id, win.last_session_on AS day, course.condition_id,
           session.provider_id, rule.instrument_id, rule.is_percent, rule.change, instrument.better,
           win.last_session_on + rule.from_day AS measured_from,
           LEAST(win.last_session_on + rule.to_day, closing.performed_on) AS measured_until
    {_sessions(day="win.last_session_on", more=_RULE)}
     -- In the order of the lists, so that a page is read from the top and the rest is never judged.
     ORDER BY win.last_session_on DESC, win.id DESC
), judged AS (
    SELECT cycle.*,
           baseline.value AS baseline, baseline.label AS baseline_label,
           score.value, score.label AS value_label, score.assessed_on AS scored_on,
           (SELECT count(DISTINCT earlier.last_session_on) FROM treatments_retreatmentwindow earlier
             WHERE earlier.course_id = cycle.course_id AND NOT earlier.voided
               AND earlier.last_session_on <= cycle.day) AS number,
           CASE
               WHEN %(on)s <= cycle.measured_until THEN 'still being measured'
               WHEN baseline.value IS NULL OR (cycle.is_percent AND baseline.value = 0) THEN 'no baseline'
               WHEN score.value IS NULL THEN 'missing'
               WHEN (CASE cycle.better WHEN 'lower' THEN baseline.value - score.value
                                       ELSE score.value - baseline.value END)
                    * CASE WHEN cycle.is_percent THEN 100 ELSE 1 END
                    >= cycle.change * CASE WHEN cycle.is_percent THEN abs(baseline.value) ELSE 1 END
                   THEN 'responder'
               ELSE 'non-responder'
           END AS figure
      FROM cycle
      LEFT JOIN LATERAL (
        SELECT value, label FROM outcomes_assessment
         WHERE course_id = cycle.course_id AND instrument_id = cycle.instrument_id
           AND assessed_on <= (SELECT min(last_session_on) FROM treatments_retreatmentwindow
                                WHERE course_id = cycle.course_id AND NOT voided)
         ORDER BY assessed_on DESC, id DESC LIMIT 1
      ) baseline ON true
      LEFT JOIN LATERAL (
        SELECT value, label, assessed_on FROM outcomes_assessment
         WHERE course_id = cycle.course_id AND instrument_id = cycle.instrument_id
           AND assessed_on BETWEEN cycle.measured_from AND cycle.measured_until
         ORDER BY assessed_on DESC, id DESC LIMIT 1
      ) score ON true
), found AS (
    SELECT window_id AS key, ARRAY[number::text] AS parts, value - baseline AS change_in_points,
           judged.*
      FROM judged
)
""",
    counts="""
SELECT CASE WHEN grouping(number) = 0 THEN 'number' WHEN grouping(provider_id) = 0 THEN 'provider' ELSE 'condition' END
       AS by,
       condition_id, number, provider_id, figure, count(*) AS count,
       sum(change_in_points) FILTER (WHERE figure IN ('responder', 'non-responder'))::text AS total,
       sum(change_in_points * change_in_points)
           FILTER (WHERE figure IN ('responder', 'non-responder'))::text AS squares,
       (SELECT name FROM accounts_user WHERE id = provider_id) AS provider
  FROM found
 GROUP BY GROUPING SETS ((condition_id, figure), (condition_id, number, figure), (condition_id, provider_id, figure))
""",
    facts=("number", "baseline", "baseline_label", "value", "value_label", "scored_on"),
)

WEAR_OFF = Family(
    "wear_off",
    found=f"""
worn AS (
    SELECT win.id AS key, win.course_id, win.session_id, win.last_session_on AS day, closing.performed_on AS next_on,
           told.worn_on, told.contact_on, told.is_planned
    {_sessions(day="win.last_session_on", more=_TOLD)}
     ORDER BY win.last_session_on DESC, win.id DESC
), found AS (
    SELECT worn.*, ARRAY[]::text[] AS parts,
           CASE
               WHEN contact_on IS NULL AND is_planned THEN 'to come'
               WHEN contact_on IS NULL THEN 'nobody asked'
               WHEN worn_on <= COALESCE(next_on, worn_on) THEN 'wearing off'
               ELSE 'still in effect'
           END AS figure,
           GREATEST(0, CASE
               WHEN worn_on <= COALESCE(next_on, worn_on) THEN worn_on - day
               ELSE LEAST(contact_on, next_on) - day
           END) AS days
      FROM worn
)
""",
    counts="SELECT figure, CASE WHEN contact_on IS NOT NULL THEN days END AS days, count(*) AS count FROM found"
    " GROUP BY 1, 2",
    facts=("contact_on", "worn_on", "next_on", "days"),
)

LAPSES = Family(
    "lapses",
    found=f"""
found AS (
    SELECT win.id AS key, win.course_id, win.session_id, win.lapses_on AS day, win.last_session_on AS session_on,
           win.window_closes_on, closing.performed_on AS next_on, ARRAY[]::text[] AS parts,
           LEAST(course.closed_on, patient.died_on, patient.left_on) AS ended_on,
           CASE
               WHEN closing.performed_on <= win.lapses_on THEN 'came back'
               WHEN LEAST(course.closed_on, patient.died_on, patient.left_on) <= win.lapses_on THEN 'ended before'
               ELSE 'lapsed'
           END AS figure
    {_sessions(day="win.lapses_on")}
       AND win.lapses_on < %(on)s
     ORDER BY win.lapses_on DESC, win.id DESC
)
""",
    counts="SELECT figure, count(*) AS count FROM found GROUP BY figure",
    facts=("session_on", "window_closes_on", "next_on", "ended_on"),
)

RETREATMENTS = Family(
    "retreatments",
    found=f"""
found AS (
    SELECT win.id AS key, win.course_id, session.id AS session_id, session.performed_on AS day,
           win.eligible_on, win.window_closes_on, win.last_session_on AS session_on, session.provider_id,
           date_trunc('month', session.performed_on)::date AS month, ARRAY[]::text[] AS parts,
           CASE
               WHEN session.performed_on < win.eligible_on THEN 'early'
               WHEN session.performed_on <= win.window_closes_on THEN 'on time'
               ELSE 'late'
           END AS figure
      FROM treatments_injectionsession session
      JOIN treatments_retreatmentwindow win ON win.closed_by_id = session.id
      JOIN treatments_treatmentcourse course ON course.id = win.course_id
      JOIN patients_patient patient ON patient.id = course.patient_id
     WHERE NOT win.voided
       AND session.status = 'signed'
       AND session.performed_on BETWEEN %(first)s AND %(last)s
       AND session.performed_on <> win.last_session_on
       AND {narrowed()}
)
""",
    counts="""
SELECT CASE WHEN grouping(month) = 0 THEN 'month' ELSE 'provider' END AS by, month, provider_id, figure,
       count(*) AS count, (SELECT name FROM accounts_user WHERE id = provider_id) AS provider
  FROM found
 GROUP BY GROUPING SETS ((month, figure), (provider_id, figure))
""",
    facts=("session_on", "eligible_on", "window_closes_on"),
)

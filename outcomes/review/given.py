"""Sessions given here: their doses, their vials, and what went wrong after them."""

from __future__ import annotations

from outcomes.review.scope import Family, narrowed

# Signed sessions that treat a course of the scope; a session of two such courses is one.
_GIVEN = f"""
given AS (
    SELECT session.id AS session_id, session.performed_on AS day, session.product_id, session.is_touch_up,
           min(treated.course_id) AS course_id
      FROM treatments_injectionsession session
      JOIN treatments_sessioncourse treated ON treated.session_id = session.id
      JOIN treatments_treatmentcourse course ON course.id = treated.course_id
      JOIN patients_patient patient ON patient.id = session.patient_id
     WHERE session.status = 'signed'
       AND session.performed_on BETWEEN %(first)s AND %(last)s
       AND {narrowed()}
     GROUP BY session.id
)
"""

DOSES = Family(
    "doses",
    found=f"""
{_GIVEN}, found AS (
    SELECT given.session_id AS key, given.*, ARRAY[]::text[] AS parts, dose.units, dose.sites,
           date_trunc('month', given.day)::date AS month,
           CASE WHEN given.is_touch_up THEN 'touch-up' ELSE 'dose' END AS figure
      FROM given
      JOIN LATERAL (
        SELECT sum(injection.units) AS units, count(*) AS sites
          FROM treatments_injection injection
          JOIN treatments_treatmentcourse course ON course.id = injection.course_id
         WHERE injection.session_id = given.session_id
           AND (%(condition)s::bigint IS NULL OR course.condition_id = %(condition)s)
      ) dose ON dose.units IS NOT NULL
)
""",
    counts="""
SELECT product_id, figure, month, count(*) AS count,
       percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY units::float) AS quartiles
  FROM found GROUP BY product_id, figure, month
""",
    facts=("units", "sites"),
)

VIALS = Family(
    "vials",
    found=f"""
{_GIVEN}, found AS (
    SELECT given.session_id AS key, given.*, ARRAY[]::text[] AS parts, used.vials, used.units_given,
           used.units_discarded, CASE WHEN used.vials > 0 THEN 'vials' ELSE 'no vial' END AS figure
      FROM given
      CROSS JOIN LATERAL (
        SELECT count(*) AS vials, sum(units_given) AS units_given, sum(units_discarded) AS units_discarded
          FROM treatments_vialuse WHERE session_id = given.session_id
      ) used
)
""",
    counts="""
SELECT product_id, figure, count(*) AS count, sum(vials) AS vials, sum(units_given)::text AS units_given,
       sum(units_discarded)::text AS units_discarded
  FROM found GROUP BY product_id, figure
""",
    facts=("vials", "units_given", "units_discarded"),
)

# Whether anybody asked after them: what was not asked about is not known to have gone well.
# What a session exposed a patient to, in words: its product, and the lots of its vials.
_PRODUCT_AND_LOTS = """
    ARRAY(SELECT 'product ' || product.brand FROM inventory_product product WHERE product.id = given.product_id
          UNION
          SELECT 'lot ' || product.brand || ' ' || lot.number
            FROM treatments_vialuse used
            JOIN inventory_vial vial ON vial.id = used.vial_id
            JOIN inventory_lot lot ON lot.id = vial.lot_id
            JOIN inventory_product product ON product.id = lot.product_id
           WHERE used.session_id = given.session_id)
"""
# The muscles it treated, of the condition that is asked for.
_MUSCLES = """
    ARRAY(SELECT DISTINCT 'muscle ' || muscle.name
            FROM treatments_injection injection
            JOIN treatments_muscle muscle ON muscle.id = injection.muscle_id
            JOIN treatments_treatmentcourse course ON course.id = injection.course_id
           WHERE injection.session_id = given.session_id
             AND (%(condition)s::bigint IS NULL OR course.condition_id = %(condition)s))
"""

ASKED = Family(
    "asked",
    found=f"""
{_GIVEN}, found AS (
    SELECT given.session_id AS key, given.*, {_PRODUCT_AND_LOTS} || {_MUSCLES} AS parts,
           CASE WHEN EXISTS (SELECT 1 FROM treatments_followup follow_up
                              WHERE follow_up.session_id = given.session_id AND follow_up.status = 'done')
                THEN 'asked' ELSE 'not asked' END AS figure
      FROM given
)
""",
    counts="SELECT figure, count(*) AS count FROM found GROUP BY figure",
)

EVENTS = Family(
    "events",
    found=f"""
{_GIVEN}, told AS (
    SELECT event.id AS key, given.session_id, given.day, COALESCE(event.course_id, given.course_id) AS course_id,
           event.term, event.severity, event.serious, event.onset_on, event.relatedness, event.outcome,
           {_PRODUCT_AND_LOTS}
           || ARRAY(SELECT 'muscle ' || name FROM treatments_muscle WHERE id = event.muscle_id) AS exposures
      FROM given
      JOIN treatments_adverseevent event ON event.session_id = given.session_id
      LEFT JOIN treatments_treatmentcourse course ON course.id = event.course_id
     WHERE event.outcome <> 'error'
       AND (%(condition)s::bigint IS NULL OR course.id IS NULL OR course.condition_id = %(condition)s)
    UNION ALL
    -- Told at a follow-up from before events were rows of their own.
    SELECT -follow_up.id, given.session_id, given.day, follow_up.course_id, 'noted', '', NULL, NULL, '', '',
           {_PRODUCT_AND_LOTS}
      FROM given
      JOIN treatments_followup follow_up ON follow_up.session_id = given.session_id
      JOIN treatments_treatmentcourse course ON course.id = follow_up.course_id
     WHERE follow_up.status = 'done' AND follow_up.adverse_event
       AND NOT EXISTS (SELECT 1 FROM treatments_adverseevent event WHERE event.follow_up_id = follow_up.id)
       AND (%(condition)s::bigint IS NULL OR course.condition_id = %(condition)s)
), named AS (
    SELECT told.*, 'event' AS figure,
           ARRAY[term] || CASE WHEN serious THEN ARRAY['serious'] ELSE ARRAY[]::text[] END
                       || CASE WHEN severity = 'severe' THEN ARRAY['severe'] ELSE ARRAY[]::text[] END AS kinds
      FROM told
), found AS (
    SELECT named.*, kinds || exposures AS parts FROM named
)
""",
    counts="SELECT part, count(*) AS count FROM found, unnest(kinds || 'all'::text) part GROUP BY part",
    facts=("term", "severity", "serious", "onset_on", "relatedness", "outcome"),
)

"""By which day the payer has to be asked for each course's next session, in step on the course.

`ask_by` is the planned day less the payer's lead time: the first day booked, else the target; before a first session
the day the course began. `asks_from` may be too early, never too late: before it an approved authorisation with plainly
enough left covers whatever day the next session falls on. `scheduling.renewals` judges the few courses that are left.
"""

import pgtrigger

# Each course is locked before anything is read, so that of two changes made at once the later one sees both.
REFRESH = """
        PERFORM 1 FROM treatments_treatmentcourse
          WHERE id = ANY(touched) AND closed_on IS NULL ORDER BY id FOR NO KEY UPDATE;
        UPDATE treatments_treatmentcourse AS course
           SET ask_by = found.ask_by, asks_from = found.asks_from
          FROM (
            SELECT kept.id,
                   CASE WHEN asking.lead IS NOT NULL
                        THEN coalesce(plan.day - asking.lead, kept.started_on) END AS ask_by,
                   CASE WHEN asking.lead IS NULL THEN NULL
                        WHEN plain.until IS NULL OR plan.latest > plain.until THEN date '0001-01-01'
                        ELSE plain.until + 1 END AS asks_from
              FROM treatments_treatmentcourse kept
              JOIN treatments_condition kind ON kind.id = kept.condition_id
              CROSS JOIN LATERAL (
                SELECT greatest(kept.target_on, kept.eligible_on) AS target,
                       (SELECT min(booked) FROM unnest(kept.booked_dates) AS booked
                         WHERE kept.last_session_on IS NULL OR booked > kept.last_session_on) AS booked
              ) AS next
              CROSS JOIN LATERAL (
                SELECT coalesce(next.booked, next.target) AS day,
                       coalesce(least(next.booked, next.target), kept.started_on) AS earliest,
                       greatest(kept.booked_until, next.target) AS latest
              ) AS plan
              CROSS JOIN LATERAL (
                SELECT coalesce(
                         max(payer.lead_days) FILTER (WHERE coalesce(paying.starts_on <= plan.day, true)
                                                        AND coalesce(paying.ends_on >= plan.day, true)),
                         max(payer.lead_days)) AS lead
                  FROM patients_coverage paying
                  JOIN patients_payer payer ON payer.id = paying.payer_id
                 WHERE paying.patient_id = kept.patient_id AND paying.authorization_required
              ) AS asking
              LEFT JOIN LATERAL (
                SELECT product.key AS product,
                       coalesce((SELECT sum(site.units) FROM treatments_injection site
                                  WHERE site.session_id = given.id AND site.course_id = kept.id),
                                given.outside_units, 0) AS units
                  FROM treatments_retreatmentwindow open_one
                  JOIN treatments_injectionsession given ON given.id = open_one.session_id
                  LEFT JOIN inventory_product product ON product.id = given.product_id
                 WHERE open_one.course_id = kept.id AND open_one.closed_by_id IS NULL AND NOT open_one.voided
              ) AS last ON true
              CROSS JOIN LATERAL (
                SELECT max(approved.ends_on) AS until
                  FROM patients_priorauthorization approved
                  CROSS JOIN LATERAL (
                    SELECT count(DISTINCT signed.id) AS visits, coalesce(sum(site.units), 0) AS units
                      FROM treatments_injectionsession signed
                      JOIN treatments_injection site ON site.session_id = signed.id
                      JOIN treatments_treatmentcourse treated ON treated.id = site.course_id
                     WHERE signed.patient_id = kept.patient_id AND signed.status = 'signed'
                       AND treated.condition_id = kept.condition_id
                       AND (signed.authorization_id = approved.id
                            OR signed.performed_on BETWEEN approved.starts_on AND approved.ends_on)
                  ) AS used
                 WHERE approved.patient_id = kept.patient_id AND approved.condition = kind.key
                   AND approved.status = 'approved' AND approved.starts_on <= plan.earliest
                   AND (last.product IS NULL OR approved.product = last.product)
                   AND (approved.visits_approved IS NULL OR approved.visits_approved > used.visits)
                   AND (approved.units_approved IS NULL
                        OR approved.units_approved > used.units + coalesce(last.units, 0))
              ) AS plain
             WHERE kept.id = ANY(touched) AND kept.closed_on IS NULL
          ) AS found
         WHERE course.id = found.id
           AND (course.ask_by, course.asks_from) IS DISTINCT FROM (found.ask_by, found.asks_from);
"""

# The courses of what was changed: of the patient it was about, and of the one it is about now.
_OF_PATIENTS = """
        IF TG_OP <> 'INSERT' THEN touched := ARRAY[OLD.patient_id]; END IF;
        IF TG_OP <> 'DELETE' THEN touched := touched || NEW.patient_id; END IF;
        touched := ARRAY(SELECT id FROM treatments_treatmentcourse WHERE patient_id = ANY(touched));
"""


def _trigger(name: str, operation: pgtrigger.Operation, touched: str = _OF_PATIENTS) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        declare=[("touched", "bigint[]")],
        func=touched + REFRESH + "RETURN NULL;",
    )


ASKING_FOLLOWS_COVERAGE = _trigger("asking_follows_coverage", pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)
ASKING_FOLLOWS_AUTHORIZATION = _trigger(
    "asking_follows_authorization", pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
)
ASKING_FOLLOWS_LEAD_TIME = _trigger(
    "asking_follows_lead_time",
    pgtrigger.UpdateOf("lead_days"),
    """
        IF NEW.lead_days = OLD.lead_days THEN RETURN NULL; END IF;
        touched := ARRAY(SELECT course.id FROM treatments_treatmentcourse course
                           JOIN patients_coverage paying ON paying.patient_id = course.patient_id
                          WHERE paying.payer_id = NEW.id AND paying.authorization_required);
    """,
)
# What a session used up counts for the conditions it treated; a draft uses up nothing.
ASKING_FOLLOWS_SESSIONS = _trigger(
    "asking_follows_sessions",
    pgtrigger.Insert | pgtrigger.UpdateOf("status", "authorization_id", "patient_id"),
    """
        IF NEW.status = 'draft' THEN RETURN NULL; END IF;
        touched := ARRAY(SELECT course.id FROM treatments_treatmentcourse course
                           JOIN treatments_treatmentcourse treated ON treated.condition_id = course.condition_id
                           JOIN treatments_sessioncourse planned ON planned.course_id = treated.id
                          WHERE planned.session_id = NEW.id AND course.patient_id = NEW.patient_id);
    """,
)

"""The diary keeps each course's booked dates in step, in the transaction that books, moves, cancels or marks missed.

Each course row is locked before its dates are read again, so that of two bookings made at once the later one sees both.
"""

import pgtrigger

_REFRESH = """
        FOR course IN SELECT DISTINCT unnest(touched) ORDER BY 1 LOOP
            PERFORM 1 FROM treatments_treatmentcourse WHERE id = course FOR UPDATE;
            UPDATE treatments_treatmentcourse
               SET booked_dates = found.days, booked_until = found.latest
              FROM (SELECT coalesce(array_agg(day ORDER BY day), '{{}}'::date[]) AS days, max(day) AS latest
                      FROM (SELECT DISTINCT (visit.starts_at AT TIME ZONE site.time_zone)::date AS day
                              FROM scheduling_appointmentcourse planned
                              JOIN scheduling_appointment visit ON visit.id = planned.appointment_id
                              JOIN accounts_site site ON site.id = visit.site_id
                             WHERE planned.course_id = course
                               AND visit.kind = 'session'
                               AND visit.status NOT IN ('cancelled', 'missed', 'moved', 'done')) AS days) AS found
             WHERE id = course;
        END LOOP;
        RETURN NULL;
""".replace("{{}}", "{}")

_COURSES_OF_APPOINTMENT = """
        SELECT array_agg(course_id) INTO touched FROM scheduling_appointmentcourse WHERE appointment_id = NEW.id;
    """

_DECLARE = [("touched", "bigint[]"), ("course", "bigint")]

BOOKINGS_FOLLOW_APPOINTMENTS = pgtrigger.Trigger(
    name="bookings_follow_appointments",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("starts_at", "status", "kind", "site_id"),
    declare=_DECLARE,
    func=_COURSES_OF_APPOINTMENT + _REFRESH,
)

BOOKINGS_FOLLOW_COURSES = pgtrigger.Trigger(
    name="bookings_follow_courses",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=_DECLARE,
    func="""
        touched := ARRAY[]::bigint[];
        IF TG_OP <> 'INSERT' THEN touched := touched || OLD.course_id; END IF;
        IF TG_OP <> 'DELETE' THEN touched := touched || NEW.course_id; END IF;
    """
    + _REFRESH,
)

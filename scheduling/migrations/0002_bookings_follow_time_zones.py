from django.db import migrations

# A site that moves to another time zone moves the calendar days of its visits; triggers.py keeps them otherwise.
FORWARD = """
CREATE FUNCTION scheduling_bookings_follow_time_zone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint;
BEGIN
    FOR touched IN
        SELECT DISTINCT planned.course_id
          FROM scheduling_appointmentcourse planned
          JOIN scheduling_appointment visit ON visit.id = planned.appointment_id
         WHERE visit.site_id = NEW.id
         ORDER BY 1
    LOOP
        PERFORM 1 FROM treatments_treatmentcourse WHERE id = touched FOR UPDATE;
        UPDATE treatments_treatmentcourse
           SET booked_dates = found.days, booked_until = found.latest
          FROM (SELECT coalesce(array_agg(day ORDER BY day), '{}'::date[]) AS days, max(day) AS latest
                  FROM (SELECT DISTINCT (visit.starts_at AT TIME ZONE site.time_zone)::date AS day
                          FROM scheduling_appointmentcourse planned
                          JOIN scheduling_appointment visit ON visit.id = planned.appointment_id
                          JOIN accounts_site site ON site.id = visit.site_id
                         WHERE planned.course_id = touched
                           AND visit.kind = 'session'
                           AND visit.status NOT IN ('cancelled', 'missed', 'done')) AS days) AS found
         WHERE id = touched;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER scheduling_bookings_follow_time_zone AFTER UPDATE OF time_zone ON accounts_site
FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone)
EXECUTE FUNCTION scheduling_bookings_follow_time_zone();
"""

BACKWARD = """
DROP TRIGGER scheduling_bookings_follow_time_zone ON accounts_site;
DROP FUNCTION scheduling_bookings_follow_time_zone();
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

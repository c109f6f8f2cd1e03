import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    """A snooze is one kind of hold, and a booking may be made all the same for more reasons than being early."""

    dependencies = [
        ("messaging", "0001_initial"),
        ("scheduling", "0002_bookings_follow_time_zones"),
    ]

    operations = [
        # Their functions name the tables as they were; 0004 makes them anew.
        pgtrigger.migrations.RemoveTrigger(model_name="snooze", name="insert_insert"),
        pgtrigger.migrations.RemoveTrigger(model_name="snooze", name="update_update"),
        pgtrigger.migrations.RemoveTrigger(model_name="snoozeevent", name="append_only"),
        migrations.RenameModel("Snooze", "RecallHold"),
        migrations.RenameModel("SnoozeEvent", "RecallHoldEvent"),
        migrations.RenameField("Appointment", "early_reason", "override_reason"),
        migrations.RenameField("AppointmentEvent", "early_reason", "override_reason"),
    ]

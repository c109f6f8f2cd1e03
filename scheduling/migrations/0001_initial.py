import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import audit.migration_operations
import scheduling.models.diary

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
    replaces = [
        ("scheduling", "0002_bookings_follow_time_zones"),
        ("scheduling", "0003_names"),
        ("scheduling", "0004_front_desk"),
        ("scheduling", "0005_shipped_outcomes"),
        ("scheduling", "0006_outcomes_are_rows"),
        ("scheduling", "0007_moments_of_calls"),
        ("scheduling", "0008_known_words"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("messaging", "0001_initial"),
        ("patients", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("treatments", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("key", models.SlugField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=60, unique=True)),
                ("patient_reached", models.BooleanField(default=False)),
                ("attempt_again", models.BooleanField(default=True, help_text="Somebody has to try again.")),
                (
                    "hide_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Days that the row is off the lists to call; 0 keeps it there.",
                        validators=[django.core.validators.MaxValueValidator(366)],
                    ),
                ),
                (
                    "closes_cycle",
                    models.BooleanField(
                        default=False,
                        help_text="Nobody is called any more for this window; the next session starts anew.",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                ("is_shipped", models.BooleanField(default=False, editable=False)),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("closes_cycle", False), ("attempt_again", False), _connector="OR"),
                        name="outcome_closes_or_again",
                        violation_error_message="Either nobody is called any more, or somebody tries again.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hide_days__lte", 366)), name="outcome_hides_a_year_at_most"
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "scheduling_attemptoutcomeevent" ("attempt_again", "closes_cycle", "hide_days", "id", "is_active", "is_shipped", "key", "name", "patient_reached", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "version") VALUES (NEW."attempt_again", NEW."closes_cycle", NEW."hide_days", NEW."id", NEW."is_active", NEW."is_shipped", NEW."key", NEW."name", NEW."patient_reached", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."version"); RETURN NULL;',
                            hash="cdbb675836de26cb575ae6e01b2fc4c27e1115ac",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_36cec",
                            table="scheduling_attemptoutcome",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "scheduling_attemptoutcomeevent" ("attempt_again", "closes_cycle", "hide_days", "id", "is_active", "is_shipped", "key", "name", "patient_reached", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "version") VALUES (NEW."attempt_again", NEW."closes_cycle", NEW."hide_days", NEW."id", NEW."is_active", NEW."is_shipped", NEW."key", NEW."name", NEW."patient_reached", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."version"); RETURN NULL;',
                            hash="2da99652baf49180d3d4de4f2e76e8896ee9bfae",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0360a",
                            table="scheduling_attemptoutcome",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Availability",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="availabilities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="availabilities", to="accounts.site"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ]
                    ),
                ),
                ("starts_at", models.TimeField()),
                ("ends_at", models.TimeField()),
            ],
            options={
                "verbose_name_plural": "availabilities",
                "ordering": ["provider", "weekday", "starts_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="availability_ends_after_start",
                        violation_error_message="It ends before it starts.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="holidays", to="accounts.site"
                    ),
                ),
                ("on", models.DateField()),
                ("name", models.CharField(max_length=80)),
            ],
            options={
                "ordering": ["on", "site"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "on"),
                        name="holiday_once",
                        violation_error_message="This day is a holiday already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HoursException",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours_exceptions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours_exceptions",
                        to="accounts.site",
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("is_away", models.BooleanField(default=True, help_text="Otherwise these are extra hours.")),
                ("starts_at", models.TimeField(blank=True, help_text="Empty: the whole day.", null=True)),
                ("ends_at", models.TimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "ordering": ["provider", "starts_on", "starts_at"],
                "indexes": [models.Index(fields=["provider", "ends_on"], name="hours_exception_of_provider")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="hours_exception_ends_after_start",
                        violation_error_message="It ends before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ends_at", None), ("starts_at", None)),
                            ("ends_at__gt", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="hours_exception_times",
                        violation_error_message="Give both times, the later one last, or neither.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_away", True),
                            models.Q(("site__isnull", False), ("starts_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="hours_exception_extra_has_times",
                        violation_error_message="Extra hours need their site and times.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecallClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "course",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recall_claim",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("at"))), name="claim_ends_after_start"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecallHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="treatments.retreatmentwindow",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("snooze", "Snoozed"),
                            ("pause", "Paused"),
                            ("stop", "Stopped"),
                            ("back", "Brought back"),
                        ],
                        default="snooze",
                        max_length=6,
                    ),
                ),
                ("until", models.DateField(blank=True, null=True)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["course", "-id"], name="hold_of_course")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["snooze", "pause", "stop", "back"])), name="hold_kind_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "stop"), ("until", None)),
                            models.Q(models.Q(("kind", "stop"), _negated=True), ("until__isnull", False)),
                            _connector="OR",
                        ),
                        name="hold_ends_unless_stopped",
                        violation_error_message="Give the day on which it is back.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "scheduling_recallholdevent" ("at", "by_id", "course_id", "id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "until", "window_id") VALUES (NEW."at", NEW."by_id", NEW."course_id", NEW."id", NEW."kind", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."until", NEW."window_id"); RETURN NULL;',
                            hash="225091b7f570aa398d1bbdb1e5f3b2a26504a323",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_06b58",
                            table="scheduling_recallhold",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "scheduling_recallholdevent" ("at", "by_id", "course_id", "id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "until", "window_id") VALUES (NEW."at", NEW."by_id", NEW."course_id", NEW."id", NEW."kind", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."until", NEW."window_id"); RETURN NULL;',
                            hash="dd1126af2b083090667dbb37b8200931765e8fff",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0f7da",
                            table="scheduling_recallhold",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Room",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rooms", to="accounts.site"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["site", "name"],
                "constraints": [models.UniqueConstraint(fields=("site", "name"), name="room_once")],
            },
        ),
        migrations.CreateModel(
            name="VisitLength",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visit_lengths", to="accounts.site"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("session", "Injection session"),
                            ("follow_up", "Follow-up"),
                            ("consultation", "Consultation"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "condition",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="treatments.condition",
                    ),
                ),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(480),
                        ]
                    ),
                ),
            ],
            options={
                "ordering": ["site", "kind", "condition"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["session", "follow_up", "consultation"])),
                        name="visit_length_kind_is_known",
                    ),
                    models.UniqueConstraint(
                        fields=("site", "kind", "condition"),
                        name="visit_length_once",
                        nulls_distinct=False,
                        violation_error_message="There is a length for this already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AttemptOutcomeEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="scheduling.attemptoutcome",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                ("id", models.BigIntegerField()),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("key", models.SlugField(db_index=False, max_length=30)),
                ("name", models.CharField(max_length=60)),
                ("patient_reached", models.BooleanField(default=False)),
                ("attempt_again", models.BooleanField(default=True, help_text="Somebody has to try again.")),
                (
                    "hide_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Days that the row is off the lists to call; 0 keeps it there.",
                        validators=[django.core.validators.MaxValueValidator(366)],
                    ),
                ),
                (
                    "closes_cycle",
                    models.BooleanField(
                        default=False,
                        help_text="Nobody is called any more for this window; the next session starts anew.",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                ("is_shipped", models.BooleanField(default=False, editable=False)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="f8f0e55d5183200f82104f5ad53ed367fbf1a020",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e2d65",
                            table="scheduling_attemptoutcomeevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecallAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "window",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="treatments.retreatmentwindow",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "Phone"),
                            ("text", "Text message"),
                            ("email", "E-mail"),
                            ("letter", "Letter"),
                        ],
                        default="phone",
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.ForeignKey(
                        db_column="outcome",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="scheduling.attemptoutcome",
                        to_field="key",
                    ),
                ),
                (
                    "hidden_until",
                    models.DateField(
                        blank=True,
                        help_text="Off the lists to call before this day; the last of all days: for this window.",
                        null=True,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.CharField(
                        choices=[("person", "a person"), ("message", "a message"), ("link", "the patient, by link")],
                        default="person",
                        max_length=8,
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recall_attempt",
                        to="messaging.message",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["course", "-at"], name="attempt_of_course"),
                    models.Index(fields=["window"], name="attempt_of_window"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["phone", "text", "email", "letter"])),
                        name="attempt_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["person", "message", "link"])),
                        name="attempt_source_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", "person"), _negated=True), ("by__isnull", False), _connector="OR"
                        ),
                        name="attempt_by_someone",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "scheduling_recallattemptevent" ("at", "by_id", "channel", "course_id", "hidden_until", "id", "message_id", "note", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "window_id") VALUES (NEW."at", NEW."by_id", NEW."channel", NEW."course_id", NEW."hidden_until", NEW."id", NEW."message_id", NEW."note", NEW."outcome", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."source", NEW."window_id"); RETURN NULL;',
                            hash="4d7864eb22957c607b71e39bff5497a0cbc38188",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_d25b7",
                            table="scheduling_recallattempt",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "scheduling_recallattemptevent" ("at", "by_id", "channel", "course_id", "hidden_until", "id", "message_id", "note", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source", "window_id") VALUES (NEW."at", NEW."by_id", NEW."channel", NEW."course_id", NEW."hidden_until", NEW."id", NEW."message_id", NEW."note", NEW."outcome", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."source", NEW."window_id"); RETURN NULL;',
                            hash="0331e43efbc4780b2a0bf50e1571d4bc6d1fb3b4",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_9c45b",
                            table="scheduling_recallattempt",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecallHoldEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="scheduling.recallhold",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                ("id", models.BigIntegerField()),
                (
                    "course",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.retreatmentwindow",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("snooze", "Snoozed"),
                            ("pause", "Paused"),
                            ("stop", "Stopped"),
                            ("back", "Brought back"),
                        ],
                        default="snooze",
                        max_length=6,
                    ),
                ),
                ("until", models.DateField(blank=True, null=True)),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a1d70a8d5aa47337842ce68f59a8af1549d209b1",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_62999",
                            table="scheduling_recallholdevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appointments", to="patients.patient"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appointments", to="accounts.site"
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="scheduling.room",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("session", "Injection session"),
                            ("follow_up", "Follow-up"),
                            ("consultation", "Consultation"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "follow_up",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="treatments.followup",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="appointments",
                        to="treatments.injectionsession",
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("booked", "booked"),
                            ("confirmed", "confirmed"),
                            ("arrived", "arrived"),
                            ("in_room", "in room"),
                            ("done", "done"),
                            ("missed", "missed"),
                            ("cancelled", "cancelled"),
                            ("moved", "moved"),
                        ],
                        default="booked",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("status_since", models.DateTimeField(blank=True, null=True)),
                (
                    "cancelled_by",
                    models.CharField(
                        blank=True, choices=[("patient", "The patient"), ("clinic", "The clinic")], max_length=8
                    ),
                ),
                ("cancelled_reason", models.CharField(blank=True, max_length=200)),
                (
                    "override_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason to book all the same"),
                ),
                (
                    "moved_from",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moved_to",
                        to="scheduling.appointment",
                    ),
                ),
                (
                    "planned_with",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="planned_follow_ups",
                        to="scheduling.appointment",
                    ),
                ),
                ("plan_step", models.SlugField(blank=True, max_length=30)),
                (
                    "source",
                    models.CharField(
                        choices=[("staff", "by staff"), ("link", "by the patient's link")],
                        default="staff",
                        max_length=6,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["starts_at", "id"],
                "indexes": [
                    models.Index(fields=["site", "starts_at"], name="appointment_of_day"),
                    models.Index(fields=["patient", "-starts_at"], name="appointment_of_patient"),
                    models.Index(fields=["provider", "starts_at"], name="appointment_of_provider"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["session", "follow_up", "consultation"])),
                        name="appointment_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cancelled_by__in", ["", "patient", "clinic"])),
                        name="appointment_cancelled_by_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["staff", "link"])), name="appointment_source_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="appointment_ends_after_start",
                        violation_error_message="It ends before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["booked", "confirmed", "arrived", "in_room", "done", "missed", "cancelled", "moved"],
                            )
                        ),
                        name="appointment_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", "link"), ("created_by__isnull", False), _connector="OR"),
                        name="appointment_booked_by_someone",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["cancelled", "missed", "moved"]), _negated=True),
                            ("provider_id__isnull", False),
                        ),
                        expressions=[
                            (scheduling.models.diary.IdRange("provider_id"), "&&"),
                            (
                                models.Func(
                                    models.F("starts_at"),
                                    models.F("ends_at"),
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                    function="tstzrange",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="appointment_provider_free",
                        violation_error_message="The provider is already booked at this time.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["cancelled", "missed", "moved"]), _negated=True),
                            ("room_id__isnull", False),
                        ),
                        expressions=[
                            (scheduling.models.diary.IdRange("room_id"), "&&"),
                            (
                                models.Func(
                                    models.F("starts_at"),
                                    models.F("ends_at"),
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                    function="tstzrange",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="appointment_room_free",
                        violation_error_message="The room is already booked at this time.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["cancelled", "missed", "moved"]), _negated=True),
                            ("patient_id__isnull", False),
                        ),
                        expressions=[
                            (scheduling.models.diary.IdRange("patient_id"), "&&"),
                            (
                                models.Func(
                                    models.F("starts_at"),
                                    models.F("ends_at"),
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                    function="tstzrange",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="appointment_patient_free",
                        violation_error_message="The patient already has an appointment at this time.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="bookings_follow_appointments",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE touched bigint[]; course bigint;",
                            func="\n        SELECT array_agg(course_id) INTO touched FROM scheduling_appointmentcourse WHERE appointment_id = NEW.id;\n    \n        FOR course IN SELECT DISTINCT unnest(touched) ORDER BY 1 LOOP\n            PERFORM 1 FROM treatments_treatmentcourse WHERE id = course FOR UPDATE;\n            UPDATE treatments_treatmentcourse\n               SET booked_dates = found.days, booked_until = found.latest\n              FROM (SELECT coalesce(array_agg(day ORDER BY day), '{}'::date[]) AS days, max(day) AS latest\n                      FROM (SELECT DISTINCT (visit.starts_at AT TIME ZONE site.time_zone)::date AS day\n                              FROM scheduling_appointmentcourse planned\n                              JOIN scheduling_appointment visit ON visit.id = planned.appointment_id\n                              JOIN accounts_site site ON site.id = visit.site_id\n                             WHERE planned.course_id = course\n                               AND visit.kind = 'session'\n                               AND visit.status NOT IN ('cancelled', 'missed', 'moved', 'done')) AS days) AS found\n             WHERE id = course;\n        END LOOP;\n        RETURN NULL;\n",
                            hash="0fec6f3e26d8f9b5c58e7c24c30aae4e02238ae8",
                            operation='UPDATE OF "starts_at", "status", "kind", "site_id"',
                            pgid="pgtrigger_bookings_follow_appointments_6be53",
                            table="scheduling_appointment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "scheduling_appointmentevent" ("cancelled_by", "cancelled_reason", "created_at", "created_by_id", "ends_at", "follow_up_id", "id", "kind", "moved_from_id", "note", "override_reason", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_step", "planned_with_id", "provider_id", "room_id", "session_id", "site_id", "source", "starts_at", "status", "status_since", "version") VALUES (NEW."cancelled_by", NEW."cancelled_reason", NEW."created_at", NEW."created_by_id", NEW."ends_at", NEW."follow_up_id", NEW."id", NEW."kind", NEW."moved_from_id", NEW."note", NEW."override_reason", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_step", NEW."planned_with_id", NEW."provider_id", NEW."room_id", NEW."session_id", NEW."site_id", NEW."source", NEW."starts_at", NEW."status", NEW."status_since", NEW."version"); RETURN NULL;',
                            hash="435ed9905e47f4204599891c6666496954024587",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_cdcf2",
                            table="scheduling_appointment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "scheduling_appointmentevent" ("cancelled_by", "cancelled_reason", "created_at", "created_by_id", "ends_at", "follow_up_id", "id", "kind", "moved_from_id", "note", "override_reason", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_step", "planned_with_id", "provider_id", "room_id", "session_id", "site_id", "source", "starts_at", "status", "status_since", "version") VALUES (NEW."cancelled_by", NEW."cancelled_reason", NEW."created_at", NEW."created_by_id", NEW."ends_at", NEW."follow_up_id", NEW."id", NEW."kind", NEW."moved_from_id", NEW."note", NEW."override_reason", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_step", NEW."planned_with_id", NEW."provider_id", NEW."room_id", NEW."session_id", NEW."site_id", NEW."source", NEW."starts_at", NEW."status", NEW."status_since", NEW."version"); RETURN NULL;',
                            hash="e9cc8c5259b8d403adceef2ba8dcb44c0a9befa4",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_7193b",
                            table="scheduling_appointment",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AppointmentCourse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="planned", to="scheduling.appointment"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="planned",
                        to="treatments.treatmentcourse",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("appointment", "course"), name="appointment_course_once")
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="bookings_follow_courses",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE touched bigint[]; course bigint;",
                            func="\n        touched := ARRAY[]::bigint[];\n        IF TG_OP <> 'INSERT' THEN touched := touched || OLD.course_id; END IF;\n        IF TG_OP <> 'DELETE' THEN touched := touched || NEW.course_id; END IF;\n    \n        FOR course IN SELECT DISTINCT unnest(touched) ORDER BY 1 LOOP\n            PERFORM 1 FROM treatments_treatmentcourse WHERE id = course FOR UPDATE;\n            UPDATE treatments_treatmentcourse\n               SET booked_dates = found.days, booked_until = found.latest\n              FROM (SELECT coalesce(array_agg(day ORDER BY day), '{}'::date[]) AS days, max(day) AS latest\n                      FROM (SELECT DISTINCT (visit.starts_at AT TIME ZONE site.time_zone)::date AS day\n                              FROM scheduling_appointmentcourse planned\n                              JOIN scheduling_appointment visit ON visit.id = planned.appointment_id\n                              JOIN accounts_site site ON site.id = visit.site_id\n                             WHERE planned.course_id = course\n                               AND visit.kind = 'session'\n                               AND visit.status NOT IN ('cancelled', 'missed', 'moved', 'done')) AS days) AS found\n             WHERE id = course;\n        END LOOP;\n        RETURN NULL;\n",
                            hash="341c3b6276b733c81fb9ddc93203188c7c814334",
                            operation="INSERT OR UPDATE OR DELETE",
                            pgid="pgtrigger_bookings_follow_courses_19f66",
                            table="scheduling_appointmentcourse",
                            when="AFTER",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AppointmentEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="scheduling.appointment",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                ("id", models.BigIntegerField()),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="accounts.site",
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.room",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("session", "Injection session"),
                            ("follow_up", "Follow-up"),
                            ("consultation", "Consultation"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "follow_up",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.followup",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.injectionsession",
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("booked", "booked"),
                            ("confirmed", "confirmed"),
                            ("arrived", "arrived"),
                            ("in_room", "in room"),
                            ("done", "done"),
                            ("missed", "missed"),
                            ("cancelled", "cancelled"),
                            ("moved", "moved"),
                        ],
                        default="booked",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("status_since", models.DateTimeField(blank=True, null=True)),
                (
                    "cancelled_by",
                    models.CharField(
                        blank=True, choices=[("patient", "The patient"), ("clinic", "The clinic")], max_length=8
                    ),
                ),
                ("cancelled_reason", models.CharField(blank=True, max_length=200)),
                (
                    "override_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason to book all the same"),
                ),
                (
                    "moved_from",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.appointment",
                    ),
                ),
                (
                    "planned_with",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.appointment",
                    ),
                ),
                ("plan_step", models.SlugField(blank=True, db_index=False, max_length=30)),
                (
                    "source",
                    models.CharField(
                        choices=[("staff", "by staff"), ("link", "by the patient's link")],
                        default="staff",
                        max_length=6,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ef979a043ec8601caf85155ca4b0218ea789364d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_dfe96",
                            table="scheduling_appointmentevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecallAttemptEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="scheduling.recallattempt",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                ("id", models.BigIntegerField()),
                (
                    "window",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.retreatmentwindow",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "Phone"),
                            ("text", "Text message"),
                            ("email", "E-mail"),
                            ("letter", "Letter"),
                        ],
                        default="phone",
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.ForeignKey(
                        db_column="outcome",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.attemptoutcome",
                        to_field="key",
                    ),
                ),
                (
                    "hidden_until",
                    models.DateField(
                        blank=True,
                        help_text="Off the lists to call before this day; the last of all days: for this window.",
                        null=True,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.CharField(
                        choices=[("person", "a person"), ("message", "a message"), ("link", "the patient, by link")],
                        default="person",
                        max_length=8,
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="messaging.message",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b248269500ef05e15e5e270f8af88a8bc14685b7",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_00077",
                            table="scheduling_recallattemptevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitingEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiting_entries",
                        to="patients.patient",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiting_entries",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("session", "Injection session"),
                            ("follow_up", "Follow-up"),
                            ("consultation", "Consultation"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="waiting_entries", to="accounts.site"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: anyone.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "instead_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiting_entries",
                        to="scheduling.appointment",
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField()),
                ("earliest_on", models.DateField()),
                ("latest_on", models.DateField()),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Empty: any day.",
                        size=None,
                    ),
                ),
                (
                    "part_of_day",
                    models.CharField(
                        choices=[("any", "Any time"), ("morning", "Mornings"), ("afternoon", "Afternoons")],
                        default="any",
                        max_length=10,
                    ),
                ),
                ("is_urgent", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("booked", "booked"), ("withdrawn", "withdrawn")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "waiting entries",
                "ordering": ["-is_urgent", "created_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "waiting")), fields=["site", "latest_on"], name="waiting_open"
                    ),
                    models.Index(fields=["patient", "-id"], name="waiting_of_patient"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["session", "follow_up", "consultation"])),
                        name="waiting_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("part_of_day__in", ["any", "morning", "afternoon"])),
                        name="waiting_part_of_day_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "booked", "withdrawn"])),
                        name="waiting_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("latest_on__gte", models.F("earliest_on"))),
                        name="waiting_ends_after_start",
                        violation_error_message="The last day lies before the first.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "scheduling_waitingentryevent" ("course_id", "created_at", "created_by_id", "earliest_on", "id", "instead_of_id", "is_urgent", "kind", "latest_on", "minutes", "note", "part_of_day", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "site_id", "status", "version", "weekdays") VALUES (NEW."course_id", NEW."created_at", NEW."created_by_id", NEW."earliest_on", NEW."id", NEW."instead_of_id", NEW."is_urgent", NEW."kind", NEW."latest_on", NEW."minutes", NEW."note", NEW."part_of_day", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."provider_id", NEW."site_id", NEW."status", NEW."version", NEW."weekdays"); RETURN NULL;',
                            hash="429759caf37b073a0637d211d163f4d842c32b86",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_c215e",
                            table="scheduling_waitingentry",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "scheduling_waitingentryevent" ("course_id", "created_at", "created_by_id", "earliest_on", "id", "instead_of_id", "is_urgent", "kind", "latest_on", "minutes", "note", "part_of_day", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "site_id", "status", "version", "weekdays") VALUES (NEW."course_id", NEW."created_at", NEW."created_by_id", NEW."earliest_on", NEW."id", NEW."instead_of_id", NEW."is_urgent", NEW."kind", NEW."latest_on", NEW."minutes", NEW."note", NEW."part_of_day", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."provider_id", NEW."site_id", NEW."status", NEW."version", NEW."weekdays"); RETURN NULL;',
                            hash="d3ccad6e0d8cbcb05cb1254a1619d520186f4171",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_5b7fa",
                            table="scheduling_waitingentry",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SlotOffer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="scheduling.waitingentry"
                    ),
                ),
                (
                    "freed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="scheduling.appointment"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scheduling.room",
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("offered", "offered"),
                            ("booked", "booked"),
                            ("declined", "declined"),
                            ("taken", "taken by another"),
                            ("expired", "not answered"),
                        ],
                        default="offered",
                        max_length=10,
                    ),
                ),
                (
                    "appointment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer",
                        to="scheduling.appointment",
                    ),
                ),
                ("offered_at", models.DateTimeField(auto_now_add=True)),
                (
                    "offered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["freed_by"], name="offer_of_freed_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["offered", "booked", "declined", "taken", "expired"])),
                        name="offer_status_is_known",
                    ),
                    models.UniqueConstraint(
                        fields=("entry", "freed_by"),
                        name="offer_once",
                        violation_error_message="This time was offered to them already.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "scheduling_slotofferevent" ("answered_at", "appointment_id", "ends_at", "entry_id", "freed_by_id", "id", "offered_at", "offered_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "room_id", "starts_at", "status") VALUES (NEW."answered_at", NEW."appointment_id", NEW."ends_at", NEW."entry_id", NEW."freed_by_id", NEW."id", NEW."offered_at", NEW."offered_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."provider_id", NEW."room_id", NEW."starts_at", NEW."status"); RETURN NULL;',
                            hash="416777f291c281cdbc17a678863d022bb1ff9a58",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_11aca",
                            table="scheduling_slotoffer",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "scheduling_slotofferevent" ("answered_at", "appointment_id", "ends_at", "entry_id", "freed_by_id", "id", "offered_at", "offered_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "room_id", "starts_at", "status") VALUES (NEW."answered_at", NEW."appointment_id", NEW."ends_at", NEW."entry_id", NEW."freed_by_id", NEW."id", NEW."offered_at", NEW."offered_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."provider_id", NEW."room_id", NEW."starts_at", NEW."status"); RETURN NULL;',
                            hash="f2e097b09d2566244427dcef3b57f298ca7a347b",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_9c601",
                            table="scheduling_slotoffer",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitingEntryEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="scheduling.waitingentry",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                ("id", models.BigIntegerField()),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("session", "Injection session"),
                            ("follow_up", "Follow-up"),
                            ("consultation", "Consultation"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="accounts.site",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty: anyone.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "instead_of",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.appointment",
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField()),
                ("earliest_on", models.DateField()),
                ("latest_on", models.DateField()),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Empty: any day.",
                        size=None,
                    ),
                ),
                (
                    "part_of_day",
                    models.CharField(
                        choices=[("any", "Any time"), ("morning", "Mornings"), ("afternoon", "Afternoons")],
                        default="any",
                        max_length=10,
                    ),
                ),
                ("is_urgent", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("booked", "booked"), ("withdrawn", "withdrawn")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="8a6708270e8f3970396e48c6a9d847b056c120b5",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_d2b94",
                            table="scheduling_waitingentryevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SlotOfferEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="scheduling.slotoffer",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                ("id", models.BigIntegerField()),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.waitingentry",
                    ),
                ),
                (
                    "freed_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.appointment",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.room",
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("offered", "offered"),
                            ("booked", "booked"),
                            ("declined", "declined"),
                            ("taken", "taken by another"),
                            ("expired", "not answered"),
                        ],
                        default="offered",
                        max_length=10,
                    ),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="scheduling.appointment",
                    ),
                ),
                ("offered_at", models.DateTimeField(auto_now_add=True)),
                (
                    "offered_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="aa336ceab5cfc992dfe0f5fbbb78b7dd06ca7066",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_1c03d",
                            table="scheduling_slotofferevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="Appointment",
            name="courses",
            field=models.ManyToManyField(
                related_name="appointments", through="scheduling.AppointmentCourse", to="treatments.treatmentcourse"
            ),
        ),
        audit.migration_operations.InstallTriggers(),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import audit.migration_operations


class Migration(migrations.Migration):
    replaces = [
        ("outcomes", "0002_export"),
        ("outcomes", "0003_versions_of_instruments"),
        ("outcomes", "0004_first_versions"),
        ("outcomes", "0005_definitions_in_versions"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("treatments", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DiaryDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="diary_days",
                        to="treatments.treatmentcourse",
                    ),
                ),
                ("day", models.DateField()),
                ("headache", models.BooleanField()),
                ("migraine", models.BooleanField(default=False)),
                (
                    "severity",
                    models.PositiveSmallIntegerField(blank=True, help_text="1 mild, 2 moderate, 3 severe.", null=True),
                ),
                ("hours", models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True)),
                ("acute_drug", models.BooleanField(default=False)),
                (
                    "answered_by",
                    models.CharField(
                        choices=[
                            ("staff", "staff"),
                            ("tablet", "the patient, on the clinic's tablet"),
                            ("link", "the patient, by link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("recorded_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["course", "day"],
                "constraints": [
                    models.UniqueConstraint(fields=("course", "day"), name="diary_day_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("headache", True),
                            models.Q(("hours", None), ("migraine", False), ("severity", None)),
                            _connector="OR",
                        ),
                        name="diary_day_without_headache_is_empty",
                        violation_error_message="A day without headache has no migraine, severity or hours.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity", None), ("severity__range", (1, 3)), _connector="OR"),
                        name="diary_day_severity_1_to_3",
                        violation_error_message="Severity is 1 to 3.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours", None), ("hours__range", (0, 24)), _connector="OR"),
                        name="diary_day_hours_of_a_day",
                        violation_error_message="A day has 0 to 24 hours.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_by", "staff"), _negated=True),
                            ("recorded_by__isnull", False),
                            _connector="OR",
                        ),
                        name="diary_day_recorded_by_someone",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "outcomes_diarydayevent" ("acute_drug", "answered_by", "course_id", "day", "headache", "hours", "id", "migraine", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "severity") VALUES (NEW."acute_drug", NEW."answered_by", NEW."course_id", NEW."day", NEW."headache", NEW."hours", NEW."id", NEW."migraine", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."severity"); RETURN NULL;',
                            hash="b017fb9838e2b7ca38d886a6e0a593a7290617a6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_1966a",
                            table="outcomes_diaryday",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "outcomes_diarydayevent" ("acute_drug", "answered_by", "course_id", "day", "headache", "hours", "id", "migraine", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "severity") VALUES (NEW."acute_drug", NEW."answered_by", NEW."course_id", NEW."day", NEW."headache", NEW."hours", NEW."id", NEW."migraine", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."severity"); RETURN NULL;',
                            hash="e6f906d0b5fb305311b2a7c637c467738a90a7d8",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_233b5",
                            table="outcomes_diaryday",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("list", "Rows behind a figure"), ("registry", "Registry, without names")],
                        max_length=10,
                    ),
                ),
                (
                    "query",
                    models.CharField(
                        blank=True, help_text="The address of a list behind its question mark.", max_length=500
                    ),
                ),
                ("on", models.DateField(help_text="The day on which it was asked for, at the site.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("running", "being written"),
                            ("ready", "ready"),
                            ("failed", "failed"),
                            ("removed", "removed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("rows_done", models.PositiveIntegerField(default=0)),
                (
                    "rows_total",
                    models.PositiveIntegerField(default=0, help_text="0 where that is not known beforehand."),
                ),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("data", models.BinaryField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["asked_by", "-id"], name="export_of_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["list", "registry"])), name="export_kind_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "running", "ready", "failed", "removed"])),
                        name="export_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("data__isnull", False), ("status", "ready")),
                            models.Q(models.Q(("status", "ready"), _negated=True), ("data", None)),
                            _connector="OR",
                        ),
                        name="export_ready_has_its_file",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Instrument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80)),
                ("short_name", models.CharField(max_length=30)),
                ("unit", models.CharField(blank=True, max_length=40)),
                (
                    "better",
                    models.CharField(
                        choices=[("lower", "lower is better"), ("higher", "higher is better")],
                        default="lower",
                        max_length=6,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_retired", models.BooleanField(default=False, help_text="Not offered any more; its scores stay.")),
                (
                    "conditions",
                    models.ManyToManyField(blank=True, related_name="instruments", to="treatments.condition"),
                ),
            ],
            options={
                "ordering": ["position", "name"],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "outcomes_instrumentevent" ("better", "id", "is_retired", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "short_name", "unit") VALUES (NEW."better", NEW."id", NEW."is_retired", NEW."key", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."short_name", NEW."unit"); RETURN NULL;',
                            hash="a8a321ed2650f63a22686f71b7b9860f7538e1a2",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_cc4e9",
                            table="outcomes_instrument",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "outcomes_instrumentevent" ("better", "id", "is_retired", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "short_name", "unit") VALUES (NEW."better", NEW."id", NEW."is_retired", NEW."key", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."short_name", NEW."unit"); RETURN NULL;',
                            hash="a8834f6a683f88648675544d64c2935340589e63",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_35951",
                            table="outcomes_instrument",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DiaryDayEvent",
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
                        to="outcomes.diaryday",
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
                ("day", models.DateField()),
                ("headache", models.BooleanField()),
                ("migraine", models.BooleanField(default=False)),
                (
                    "severity",
                    models.PositiveSmallIntegerField(blank=True, help_text="1 mild, 2 moderate, 3 severe.", null=True),
                ),
                ("hours", models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True)),
                ("acute_drug", models.BooleanField(default=False)),
                (
                    "answered_by",
                    models.CharField(
                        choices=[
                            ("staff", "staff"),
                            ("tablet", "the patient, on the clinic's tablet"),
                            ("link", "the patient, by link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "recorded_by",
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
                ("recorded_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ac0f50506a157f2873e99498f96d784da33f95eb",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_b56f7",
                            table="outcomes_diarydayevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InstrumentEvent",
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
                        to="outcomes.instrument",
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
                ("key", models.SlugField(db_index=False)),
                ("name", models.CharField(max_length=80)),
                ("short_name", models.CharField(max_length=30)),
                ("unit", models.CharField(blank=True, max_length=40)),
                (
                    "better",
                    models.CharField(
                        choices=[("lower", "lower is better"), ("higher", "higher is better")],
                        default="lower",
                        max_length=6,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_retired", models.BooleanField(default=False, help_text="Not offered any more; its scores stay.")),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="44a5119dc063932a8022b3e088ec41255cd8cce0",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_f11fd",
                            table="outcomes_instrumentevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InstrumentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "instrument",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="outcomes.instrument"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                (
                    "edition",
                    models.CharField(blank=True, help_text="Which edition, anchor or recall is meant.", max_length=100),
                ),
                ("minimum", models.DecimalField(decimal_places=2, max_digits=7)),
                ("maximum", models.DecimalField(decimal_places=2, max_digits=7)),
                ("step", models.DecimalField(decimal_places=2, default=1, max_digits=5)),
                (
                    "scoring",
                    models.CharField(
                        choices=[
                            ("total", "total"),
                            ("sum", "sum"),
                            ("mean", "mean"),
                            ("scaled", "scaled"),
                            ("difference", "difference"),
                            ("principal", "principal"),
                            ("goals", "goals"),
                            ("diary", "diary"),
                        ],
                        default="total",
                        max_length=12,
                    ),
                ),
                ("items", models.JSONField(blank=True, default=list)),
                ("may_miss", models.PositiveSmallIntegerField(default=0, help_text="How many items may be left open.")),
                ("together", models.JSONField(blank=True, default=list)),
                ("needs_licence", models.BooleanField(default=False)),
                ("grades", models.JSONField(blank=True, default=list)),
                ("coding", models.CharField(blank=True, max_length=120)),
                ("bands", models.JSONField(blank=True, default=list)),
                ("bands_source", models.CharField(blank=True, max_length=300)),
                (
                    "bands_confidence",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("A", "read in an official source"),
                            ("A-", "read in a secondary source that agrees"),
                            ("B", "from the label as known; not re-read"),
                            ("C", "uncertain"),
                        ],
                        max_length=2,
                    ),
                ),
                ("meaningful_points", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                ("meaningful_percent", models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ("meaningful_change_words", models.CharField(blank=True, max_length=200)),
                ("change_source", models.CharField(blank=True, max_length=300)),
                (
                    "change_confidence",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("A", "read in an official source"),
                            ("A-", "read in a secondary source that agrees"),
                            ("B", "from the label as known; not re-read"),
                            ("C", "uncertain"),
                        ],
                        max_length=2,
                    ),
                ),
                ("licence", models.CharField(blank=True, max_length=300)),
                ("source", models.CharField(blank=True, max_length=300)),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("A", "read in an official source"),
                            ("A-", "read in a secondary source that agrees"),
                            ("B", "from the label as known; not re-read"),
                            ("C", "uncertain"),
                        ],
                        max_length=2,
                    ),
                ),
                ("is_current", models.BooleanField(default=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who wrote it here; empty for one that ships with Cadence.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["instrument", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("instrument", "version"), name="instrument_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("instrument",),
                        name="instrument_one_current_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minimum__lt", models.F("maximum")), ("step__gt", 0)),
                        name="instrument_version_has_a_range",
                        violation_error_message="The lowest score has to be lower than the highest.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="instrument_version_is_fixed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."instrument_id" IS DISTINCT FROM (NEW."instrument_id") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."edition" IS DISTINCT FROM (NEW."edition") OR OLD."minimum" IS DISTINCT FROM (NEW."minimum") OR OLD."maximum" IS DISTINCT FROM (NEW."maximum") OR OLD."step" IS DISTINCT FROM (NEW."step") OR OLD."scoring" IS DISTINCT FROM (NEW."scoring") OR OLD."items" IS DISTINCT FROM (NEW."items") OR OLD."may_miss" IS DISTINCT FROM (NEW."may_miss") OR OLD."together" IS DISTINCT FROM (NEW."together") OR OLD."needs_licence" IS DISTINCT FROM (NEW."needs_licence") OR OLD."grades" IS DISTINCT FROM (NEW."grades") OR OLD."coding" IS DISTINCT FROM (NEW."coding") OR OLD."bands" IS DISTINCT FROM (NEW."bands") OR OLD."bands_source" IS DISTINCT FROM (NEW."bands_source") OR OLD."bands_confidence" IS DISTINCT FROM (NEW."bands_confidence") OR OLD."meaningful_points" IS DISTINCT FROM (NEW."meaningful_points") OR OLD."meaningful_percent" IS DISTINCT FROM (NEW."meaningful_percent") OR OLD."meaningful_change_words" IS DISTINCT FROM (NEW."meaningful_change_words") OR OLD."change_source" IS DISTINCT FROM (NEW."change_source") OR OLD."change_confidence" IS DISTINCT FROM (NEW."change_confidence") OR OLD."licence" IS DISTINCT FROM (NEW."licence") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."confidence" IS DISTINCT FROM (NEW."confidence") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="a0e949a3d73daf58f8538577ed7dcbfe69d302be",
                            operation="UPDATE",
                            pgid="pgtrigger_instrument_version_is_fixed_9adae",
                            table="outcomes_instrumentversion",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="instrument_version_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="09230a53b0438d0e8ae7f50fdaae37c7b16cf30d",
                            operation="DELETE",
                            pgid="pgtrigger_instrument_version_stays_de49a",
                            table="outcomes_instrumentversion",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ResponderRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "condition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="responder_rule",
                        to="treatments.condition",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(default=1)),
                (
                    "instrument",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="outcomes.instrument"
                    ),
                ),
                ("is_percent", models.BooleanField()),
                ("change", models.DecimalField(decimal_places=2, max_digits=6)),
                (
                    "from_day",
                    models.PositiveSmallIntegerField(help_text="First day after the session an assessment counts."),
                ),
                ("to_day", models.PositiveSmallIntegerField()),
                ("words", models.CharField(max_length=200)),
                ("source", models.CharField(max_length=300)),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("A", "read in an official source"),
                            ("A-", "read in a secondary source that agrees"),
                            ("B", "from the label as known; not re-read"),
                            ("C", "uncertain"),
                        ],
                        max_length=2,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="outcomes.instrument"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="outcomes.instrumentversion",
                    ),
                ),
                ("assessed_on", models.DateField()),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("words", models.JSONField(blank=True, default=dict)),
                (
                    "follow_up",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="treatments.followup",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "answered_by",
                    models.CharField(
                        choices=[
                            ("staff", "staff"),
                            ("tablet", "the patient, on the clinic's tablet"),
                            ("link", "the patient, by link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                ("label", models.CharField(blank=True, help_text="The grade as given, for example 1+.", max_length=40)),
            ],
            options={
                "ordering": ["assessed_on", "id"],
                "indexes": [models.Index(fields=["course", "instrument", "assessed_on"], name="assessment_of_course")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("follow_up"),
                        models.F("instrument"),
                        condition=models.Q(("follow_up__isnull", False)),
                        name="assessment_once_per_follow_up",
                        violation_error_message="This follow-up already has a score for this instrument.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_by", "staff"), _negated=True),
                            ("recorded_by__isnull", False),
                            _connector="OR",
                        ),
                        name="assessment_recorded_by_someone",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="scored_by_a_version_of_its_instrument",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n            IF NOT EXISTS (SELECT 1 FROM outcomes_instrumentversion\n                            WHERE id = NEW.version_id AND instrument_id = NEW.instrument_id) THEN\n                RAISE EXCEPTION 'The version is of another instrument.'\n                    USING ERRCODE = 'integrity_constraint_violation';\n            END IF;\n            RETURN NEW;\n        ",
                            hash="6e7c5fe1c2318e96433282488ef3bc836ef00d29",
                            operation="INSERT OR UPDATE",
                            pgid="pgtrigger_scored_by_a_version_of_its_instrument_99cef",
                            table="outcomes_assessment",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "outcomes_assessmentevent" ("answered_by", "answers", "assessed_on", "course_id", "follow_up_id", "id", "instrument_id", "label", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "value", "version_id", "words") VALUES (NEW."answered_by", NEW."answers", NEW."assessed_on", NEW."course_id", NEW."follow_up_id", NEW."id", NEW."instrument_id", NEW."label", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."value", NEW."version_id", NEW."words"); RETURN NULL;',
                            hash="f0e3886442974fac51d0713143f48a1be74ddaa7",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_00dda",
                            table="outcomes_assessment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "outcomes_assessmentevent" ("answered_by", "answers", "assessed_on", "course_id", "follow_up_id", "id", "instrument_id", "label", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "value", "version_id", "words") VALUES (NEW."answered_by", NEW."answers", NEW."assessed_on", NEW."course_id", NEW."follow_up_id", NEW."id", NEW."instrument_id", NEW."label", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."value", NEW."version_id", NEW."words"); RETURN NULL;',
                            hash="ec12ddf4585f55cde15950eb0888bd85daf65a90",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_723fc",
                            table="outcomes_assessment",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InstrumentText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="texts",
                        to="outcomes.instrumentversion",
                    ),
                ),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2)),
                (
                    "licence",
                    models.CharField(
                        help_text="Who gave it, number or date, what for.", max_length=300, verbose_name="licence held"
                    ),
                ),
                ("instructions", models.CharField(blank=True, max_length=500)),
                (
                    "questions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300),
                        help_text="One for each item, in their order.",
                        size=None,
                    ),
                ),
                (
                    "answers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        blank=True,
                        default=list,
                        help_text="Words of the choices, in their order.",
                        size=None,
                    ),
                ),
                (
                    "loaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("loaded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["version", "language", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("version", "language"),
                        name="instrument_text_one_in_force",
                        violation_error_message="A text in this language is loaded already. Withdraw it first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "es"])),
                        name="instrument_text_language_is_known",
                        violation_error_message="Choose a language from the list.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("licence", ""), _negated=True),
                        name="instrument_text_names_its_licence",
                        violation_error_message="Say which licence the clinic holds.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "outcomes_instrumenttextevent" ("answers", "id", "instructions", "language", "licence", "loaded_at", "loaded_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "questions", "version_id", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."answers", NEW."id", NEW."instructions", NEW."language", NEW."licence", NEW."loaded_at", NEW."loaded_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."questions", NEW."version_id", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="b2be271d20d87c7ba2b9244d7268955dfd3bc0e7",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_9bf26",
                            table="outcomes_instrumenttext",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "outcomes_instrumenttextevent" ("answers", "id", "instructions", "language", "licence", "loaded_at", "loaded_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "questions", "version_id", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."answers", NEW."id", NEW."instructions", NEW."language", NEW."licence", NEW."loaded_at", NEW."loaded_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."questions", NEW."version_id", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="a1d183fac3b4e9925928159b08d80f90429cf54c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_a0361",
                            table="outcomes_instrumenttext",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnscoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="outcomes.instrument"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="outcomes.instrumentversion",
                    ),
                ),
                ("assessed_on", models.DateField()),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("words", models.JSONField(blank=True, default=dict)),
                (
                    "follow_up",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="treatments.followup",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "answered_by",
                    models.CharField(
                        choices=[
                            ("staff", "staff"),
                            ("tablet", "the patient, on the clinic's tablet"),
                            ("link", "the patient, by link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("why_not", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name_plural": "unscored answers",
                "ordering": ["assessed_on", "id"],
                "indexes": [models.Index(fields=["course", "assessed_on"], name="unscored_of_course")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_by", "staff"), _negated=True),
                            ("recorded_by__isnull", False),
                            _connector="OR",
                        ),
                        name="unscored_recorded_by_someone",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="scored_by_a_version_of_its_instrument",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n            IF NOT EXISTS (SELECT 1 FROM outcomes_instrumentversion\n                            WHERE id = NEW.version_id AND instrument_id = NEW.instrument_id) THEN\n                RAISE EXCEPTION 'The version is of another instrument.'\n                    USING ERRCODE = 'integrity_constraint_violation';\n            END IF;\n            RETURN NEW;\n        ",
                            hash="c1ec747ecb90c1a7fd348a7927e6d3c33a94176e",
                            operation="INSERT OR UPDATE",
                            pgid="pgtrigger_scored_by_a_version_of_its_instrument_c4631",
                            table="outcomes_unscoredanswer",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "outcomes_unscoredanswerevent" ("answered_by", "answers", "assessed_on", "course_id", "follow_up_id", "id", "instrument_id", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "version_id", "why_not", "words") VALUES (NEW."answered_by", NEW."answers", NEW."assessed_on", NEW."course_id", NEW."follow_up_id", NEW."id", NEW."instrument_id", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."version_id", NEW."why_not", NEW."words"); RETURN NULL;',
                            hash="22f1437e88e2f32f41869edef864a6ceaa8eed65",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_39187",
                            table="outcomes_unscoredanswer",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "outcomes_unscoredanswerevent" ("answered_by", "answers", "assessed_on", "course_id", "follow_up_id", "id", "instrument_id", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_at", "recorded_by_id", "version_id", "why_not", "words") VALUES (NEW."answered_by", NEW."answers", NEW."assessed_on", NEW."course_id", NEW."follow_up_id", NEW."id", NEW."instrument_id", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recorded_at", NEW."recorded_by_id", NEW."version_id", NEW."why_not", NEW."words"); RETURN NULL;',
                            hash="92126ea015122c2bad7b032c7841d5da6bb51747",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0e84d",
                            table="outcomes_unscoredanswer",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AssessmentEvent",
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
                        to="outcomes.assessment",
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
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="outcomes.instrument",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="outcomes.instrumentversion",
                    ),
                ),
                ("assessed_on", models.DateField()),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("words", models.JSONField(blank=True, default=dict)),
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
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "answered_by",
                    models.CharField(
                        choices=[
                            ("staff", "staff"),
                            ("tablet", "the patient, on the clinic's tablet"),
                            ("link", "the patient, by link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "recorded_by",
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
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("value", models.DecimalField(decimal_places=2, max_digits=7)),
                ("label", models.CharField(blank=True, help_text="The grade as given, for example 1+.", max_length=40)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="da5e6759f398ddd2102895b4e646e9cf9c62d4f8",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_59e4d",
                            table="outcomes_assessmentevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InstrumentTextEvent",
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
                        to="outcomes.instrumenttext",
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
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="outcomes.instrumentversion",
                    ),
                ),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2)),
                (
                    "licence",
                    models.CharField(
                        help_text="Who gave it, number or date, what for.", max_length=300, verbose_name="licence held"
                    ),
                ),
                ("instructions", models.CharField(blank=True, max_length=500)),
                (
                    "questions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300),
                        help_text="One for each item, in their order.",
                        size=None,
                    ),
                ),
                (
                    "answers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        blank=True,
                        default=list,
                        help_text="Words of the choices, in their order.",
                        size=None,
                    ),
                ),
                (
                    "loaded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("loaded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "withdrawn_by",
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
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b8566883504712b5640121c4f18e11dcdbc24f0b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_2b0db",
                            table="outcomes_instrumenttextevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnscoredAnswerEvent",
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
                        to="outcomes.unscoredanswer",
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
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="outcomes.instrument",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="outcomes.instrumentversion",
                    ),
                ),
                ("assessed_on", models.DateField()),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("words", models.JSONField(blank=True, default=dict)),
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
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "answered_by",
                    models.CharField(
                        choices=[
                            ("staff", "staff"),
                            ("tablet", "the patient, on the clinic's tablet"),
                            ("link", "the patient, by link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "recorded_by",
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
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("why_not", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="c73dd9f65ff34c55896c50b7dce2624e7049631a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e0b08",
                            table="outcomes_unscoredanswerevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        audit.migration_operations.InstallTriggers(),
    ]

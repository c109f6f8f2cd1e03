import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outcomes", "0002_export"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("treatments", "0009_unjudged_is_not_serious"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # They go with 0005; on the way back they are empty until 0004 has filled them.
        migrations.AlterField("instrument", "minimum", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
        migrations.AlterField("instrument", "maximum", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
        migrations.AlterField("instrument", "confidence", models.CharField(max_length=2, null=True)),
        migrations.CreateModel(
            name="DiaryDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("recorded_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["course", "day"],
            },
        ),
        migrations.CreateModel(
            name="DiaryDayEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
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
                ("recorded_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InstrumentEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
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
            },
        ),
        migrations.CreateModel(
            name="InstrumentText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("loaded_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["version", "language", "-id"],
            },
        ),
        migrations.CreateModel(
            name="InstrumentTextEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
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
                ("loaded_at", models.DateTimeField(auto_now_add=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InstrumentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["instrument", "-version"],
            },
        ),
        migrations.CreateModel(
            name="UnscoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assessed_on", models.DateField()),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("words", models.JSONField(blank=True, default=dict)),
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
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("why_not", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name_plural": "unscored answers",
                "ordering": ["assessed_on", "id"],
            },
        ),
        migrations.CreateModel(
            name="UnscoredAnswerEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("assessed_on", models.DateField()),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("words", models.JSONField(blank=True, default=dict)),
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
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("why_not", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="assessment",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="assessment",
            name="update_update",
        ),
        migrations.AddField(
            model_name="assessment",
            name="answered_by",
            field=models.CharField(
                choices=[
                    ("staff", "staff"),
                    ("tablet", "the patient, on the clinic's tablet"),
                    ("link", "the patient, by link"),
                ],
                default="staff",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="answers",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="assessment",
            name="words",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="assessmentevent",
            name="answered_by",
            field=models.CharField(
                choices=[
                    ("staff", "staff"),
                    ("tablet", "the patient, on the clinic's tablet"),
                    ("link", "the patient, by link"),
                ],
                default="staff",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="assessmentevent",
            name="answers",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="assessmentevent",
            name="words",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="instrument",
            name="is_retired",
            field=models.BooleanField(default=False, help_text="Not offered any more; its scores stay."),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="treatments.treatmentcourse"
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="follow_up",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="treatments.followup",
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="instrument",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="outcomes.instrument"
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="label",
            field=models.CharField(blank=True, help_text="The grade as given, for example 1+.", max_length=40),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="assessmentevent",
            name="label",
            field=models.CharField(blank=True, help_text="The grade as given, for example 1+.", max_length=40),
        ),
        migrations.AlterField(
            model_name="assessmentevent",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assessment",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assessment",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assessment",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrument",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrument",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        migrations.AddField(
            model_name="diaryday",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="diary_days", to="treatments.treatmentcourse"
            ),
        ),
        migrations.AddField(
            model_name="diaryday",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="diarydayevent",
            name="course",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="treatments.treatmentcourse",
            ),
        ),
        migrations.AddField(
            model_name="diarydayevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="diarydayevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="outcomes.diaryday",
            ),
        ),
        migrations.AddField(
            model_name="diarydayevent",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="instrumentevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="instrumentevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="outcomes.instrument",
            ),
        ),
        migrations.AddField(
            model_name="instrumenttext",
            name="loaded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="instrumenttext",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="instrumenttextevent",
            name="loaded_by",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="instrumenttextevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="instrumenttextevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="outcomes.instrumenttext",
            ),
        ),
        migrations.AddField(
            model_name="instrumenttextevent",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="instrumentversion",
            name="instrument",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="outcomes.instrument"
            ),
        ),
        migrations.AddField(
            model_name="instrumentversion",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Who wrote it here; empty for one that ships with Cadence.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="instrumenttextevent",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="outcomes.instrumentversion",
            ),
        ),
        migrations.AddField(
            model_name="instrumenttext",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="texts", to="outcomes.instrumentversion"
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="outcomes.instrumentversion",
            ),
        ),
        migrations.AddField(
            model_name="assessmentevent",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="outcomes.instrumentversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_by", "staff"), _negated=True), ("recorded_by__isnull", False), _connector="OR"
                ),
                name="assessment_recorded_by_someone",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswer",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="treatments.treatmentcourse"
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswer",
            name="follow_up",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="treatments.followup",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswer",
            name="instrument",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="outcomes.instrument"
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswer",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswer",
            name="version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="%(class)ss",
                to="outcomes.instrumentversion",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswerevent",
            name="course",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="treatments.treatmentcourse",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswerevent",
            name="follow_up",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="treatments.followup",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswerevent",
            name="instrument",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="outcomes.instrument",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswerevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswerevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="outcomes.unscoredanswer",
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswerevent",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="unscoredanswerevent",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="outcomes.instrumentversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="diaryday",
            constraint=models.UniqueConstraint(fields=("course", "day"), name="diary_day_once"),
        ),
        migrations.AddConstraint(
            model_name="diaryday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("headache", True),
                    models.Q(("hours", None), ("migraine", False), ("severity", None)),
                    _connector="OR",
                ),
                name="diary_day_without_headache_is_empty",
                violation_error_message="A day without headache has no migraine, severity or hours.",
            ),
        ),
        migrations.AddConstraint(
            model_name="diaryday",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity", None), ("severity__range", (1, 3)), _connector="OR"),
                name="diary_day_severity_1_to_3",
                violation_error_message="Severity is 1 to 3.",
            ),
        ),
        migrations.AddConstraint(
            model_name="diaryday",
            constraint=models.CheckConstraint(
                condition=models.Q(("hours", None), ("hours__range", (0, 24)), _connector="OR"),
                name="diary_day_hours_of_a_day",
                violation_error_message="A day has 0 to 24 hours.",
            ),
        ),
        migrations.AddConstraint(
            model_name="diaryday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_by", "staff"), _negated=True), ("recorded_by__isnull", False), _connector="OR"
                ),
                name="diary_day_recorded_by_someone",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="diaryday",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="diaryday",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="diarydayevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="ac0f50506a157f2873e99498f96d784da33f95eb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_b56f7",
                    table="outcomes_diarydayevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrumentevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="44a5119dc063932a8022b3e088ec41255cd8cce0",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f11fd",
                    table="outcomes_instrumentevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="instrumentversion",
            constraint=models.UniqueConstraint(fields=("instrument", "version"), name="instrument_version_once"),
        ),
        migrations.AddConstraint(
            model_name="instrumentversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)), fields=("instrument",), name="instrument_one_current_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="instrumentversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum__lt", models.F("maximum")), ("step__gt", 0)),
                name="instrument_version_has_a_range",
                violation_error_message="The lowest score has to be lower than the highest.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrumentversion",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrumentversion",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrumenttextevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="b8566883504712b5640121c4f18e11dcdbc24f0b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2b0db",
                    table="outcomes_instrumenttextevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="instrumenttext",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("version", "language"),
                name="instrument_text_one_in_force",
                violation_error_message="A text in this language is loaded already. Withdraw it first.",
            ),
        ),
        migrations.AddConstraint(
            model_name="instrumenttext",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["en", "es"])),
                name="instrument_text_language_is_known",
                violation_error_message="Choose a language from the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="instrumenttext",
            constraint=models.CheckConstraint(
                condition=models.Q(("licence", ""), _negated=True),
                name="instrument_text_names_its_licence",
                violation_error_message="Say which licence the clinic holds.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrumenttext",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="instrumenttext",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        migrations.AddIndex(
            model_name="unscoredanswer",
            index=models.Index(fields=["course", "assessed_on"], name="unscored_of_course"),
        ),
        migrations.AddConstraint(
            model_name="unscoredanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_by", "staff"), _negated=True), ("recorded_by__isnull", False), _connector="OR"
                ),
                name="unscored_recorded_by_someone",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unscoredanswer",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unscoredanswer",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unscoredanswer",
            trigger=pgtrigger.compiler.Trigger(
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
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unscoredanswerevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c73dd9f65ff34c55896c50b7dce2624e7049631a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e0b08",
                    table="outcomes_unscoredanswerevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]

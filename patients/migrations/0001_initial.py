import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import audit.migration_operations
import patients.models.patient

FOLD = r"""
CREATE FUNCTION patients_fold(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    translate(
        regexp_replace(
            replace(replace(replace(
                lower(normalize($1, NFKD) COLLATE pg_c_utf8), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
            '[\u0300-\u036f''’`´]', '', 'g'),
        'øłđðı', 'olddi'),
    '[][ \t\r\n!"#$%&()*+,./:;<=>?@\\^_{|}~-]+', ' ', 'g'))
"""


class Migration(migrations.Migration):
    replaces = [
        ("patients", "0002_before_and_after_signing"),
        ("patients", "0003_weight_of_a_record"),
        ("patients", "0004_front_desk"),
        ("patients", "0005_merging"),
        ("patients", "0006_payers"),
        ("patients", "0007_known_words"),
        ("patients", "0008_lot_recall"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION patients_fold(text)"),
        migrations.RunSQL("CREATE SEQUENCE patients_record_number START 10001", "DROP SEQUENCE patients_record_number"),
        migrations.CreateModel(
            name="ConsentForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40)),
                ("version", models.PositiveSmallIntegerField()),
                ("language", models.CharField(default="en", max_length=10)),
                ("title", models.CharField(max_length=120)),
                ("text", models.TextField(help_text="Paragraphs are parted by an empty line.")),
                ("covers_off_label", models.BooleanField(default=False)),
                ("valid_days", models.PositiveSmallIntegerField(default=365)),
                ("is_current", models.BooleanField(default=True)),
                ("source", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["key", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "language", "version"), name="consent_form_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("key", "language"),
                        name="consent_form_one_current_version",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Patient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "record_number",
                    models.CharField(
                        db_default=patients.models.patient.NextRecordNumber(),
                        editable=False,
                        max_length=20,
                        unique=True,
                    ),
                ),
                ("given_name", models.CharField(max_length=80)),
                ("family_name", models.CharField(max_length=80)),
                (
                    "former_name",
                    models.CharField(blank=True, help_text="A maiden or other earlier family name.", max_length=80),
                ),
                ("birth_date", models.DateField(verbose_name="date of birth")),
                (
                    "sex",
                    models.CharField(
                        choices=[("F", "Female"), ("M", "Male"), ("O", "Other"), ("U", "Not recorded")],
                        default="U",
                        max_length=1,
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("address", models.CharField(blank=True, max_length=200)),
                ("city", models.CharField(blank=True, max_length=80)),
                ("state", models.CharField(blank=True, max_length=40)),
                ("postal_code", models.CharField(blank=True, max_length=12)),
                (
                    "language",
                    models.CharField(
                        blank=True, help_text="The language the patient wants to be spoken to.", max_length=20
                    ),
                ),
                (
                    "preferred_channel",
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
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="patients", to="accounts.site"
                    ),
                ),
                ("died_on", models.DateField(blank=True, null=True)),
                ("left_on", models.DateField(blank=True, null=True, verbose_name="left the clinic on")),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_records",
                        to="patients.patient",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "name_search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=patients.models.patient.Words(
                            patients.models.patient.Fold(
                                django.db.models.functions.text.Concat(
                                    "given_name",
                                    models.Value(" "),
                                    "family_name",
                                    models.Value(" "),
                                    "former_name",
                                    output_field=models.TextField(),
                                )
                            )
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "name_sort",
                    models.GeneratedField(
                        db_persist=True,
                        expression=patients.models.patient.Fold(
                            django.db.models.functions.text.Concat(
                                "family_name", models.Value(" "), "given_name", output_field=models.TextField()
                            )
                        ),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "phone_digits",
                    models.GeneratedField(
                        db_persist=True,
                        expression=patients.models.patient.Digits(models.F("phone")),
                        output_field=models.TextField(),
                    ),
                ),
            ],
            options={
                "ordering": ["name_sort", "id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["name_search"], name="patient_name_search"),
                    models.Index(fields=["name_sort", "id"], name="patient_name_order"),
                    models.Index(fields=["birth_date"], name="patient_birth_date"),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Reverse("phone_digits"), name="text_pattern_ops"
                        ),
                        name="patient_phone_end",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("preferred_channel__in", ["phone", "text", "email", "letter"])),
                        name="patient_preferred_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("died_on__isnull", True), ("died_on__gte", models.F("birth_date")), _connector="OR"
                        ),
                        name="patient_died_after_birth",
                        violation_error_message="The date of death lies before the date of birth.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("given_name", ""), _negated=True), models.Q(("family_name", ""), _negated=True)
                        ),
                        name="patient_has_a_name",
                        violation_error_message="Both names are needed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into", None),
                            models.Q(("merged_into", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="patient_not_merged_into_itself",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_patientevent" ("address", "birth_date", "city", "created_at", "died_on", "email", "family_name", "former_name", "given_name", "id", "language", "left_on", "merged_into_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postal_code", "preferred_channel", "record_number", "sex", "site_id", "state", "version") VALUES (NEW."address", NEW."birth_date", NEW."city", NEW."created_at", NEW."died_on", NEW."email", NEW."family_name", NEW."former_name", NEW."given_name", NEW."id", NEW."language", NEW."left_on", NEW."merged_into_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."postal_code", NEW."preferred_channel", NEW."record_number", NEW."sex", NEW."site_id", NEW."state", NEW."version"); RETURN NULL;',
                            hash="5aaf8693081d968266c821a418797f87df879dbe",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_62165",
                            table="patients_patient",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."birth_date" IS DISTINCT FROM (NEW."birth_date") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."died_on" IS DISTINCT FROM (NEW."died_on") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."family_name" IS DISTINCT FROM (NEW."family_name") OR OLD."former_name" IS DISTINCT FROM (NEW."former_name") OR OLD."given_name" IS DISTINCT FROM (NEW."given_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."left_on" IS DISTINCT FROM (NEW."left_on") OR OLD."merged_into_id" IS DISTINCT FROM (NEW."merged_into_id") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."postal_code" IS DISTINCT FROM (NEW."postal_code") OR OLD."preferred_channel" IS DISTINCT FROM (NEW."preferred_channel") OR OLD."record_number" IS DISTINCT FROM (NEW."record_number") OR OLD."sex" IS DISTINCT FROM (NEW."sex") OR OLD."site_id" IS DISTINCT FROM (NEW."site_id") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                            func='INSERT INTO "patients_patientevent" ("address", "birth_date", "city", "created_at", "died_on", "email", "family_name", "former_name", "given_name", "id", "language", "left_on", "merged_into_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postal_code", "preferred_channel", "record_number", "sex", "site_id", "state", "version") VALUES (NEW."address", NEW."birth_date", NEW."city", NEW."created_at", NEW."died_on", NEW."email", NEW."family_name", NEW."former_name", NEW."given_name", NEW."id", NEW."language", NEW."left_on", NEW."merged_into_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."postal_code", NEW."preferred_channel", NEW."record_number", NEW."sex", NEW."site_id", NEW."state", NEW."version"); RETURN NULL;',
                            hash="67514d0de5c94f60269de22a6c4a4fa2216ce935",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_546ce",
                            table="patients_patient",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "min_interval_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(366),
                        ],
                        verbose_name="shortest interval in days",
                    ),
                ),
                (
                    "interval_source",
                    models.CharField(blank=True, max_length=300, verbose_name="where the interval is written"),
                ),
                (
                    "lead_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(120)],
                        verbose_name="days an authorisation takes",
                    ),
                ),
                (
                    "authorization_required",
                    models.BooleanField(default=False, verbose_name="wants a prior authorisation"),
                ),
                ("portal", models.CharField(blank=True, max_length=200)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("fax", models.CharField(blank=True, max_length=40)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("is_active", models.BooleanField(default=True, verbose_name="offered for new coverages")),
            ],
            options={
                "ordering": [django.db.models.functions.text.Lower("name"), "id"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="payer_name_once",
                        violation_error_message="A payer of this name is there already.",
                    ),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="payer_has_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("min_interval_days", None),
                            models.Q(("min_interval_days__gte", 1), ("min_interval_days__lte", 366)),
                            _connector="OR",
                        ),
                        name="payer_interval_in_bounds",
                    ),
                    models.CheckConstraint(condition=models.Q(("lead_days__lte", 120)), name="payer_lead_in_bounds"),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_payerevent" ("authorization_required", "fax", "id", "interval_source", "is_active", "lead_days", "min_interval_days", "name", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "portal", "version") VALUES (NEW."authorization_required", NEW."fax", NEW."id", NEW."interval_source", NEW."is_active", NEW."lead_days", NEW."min_interval_days", NEW."name", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."portal", NEW."version"); RETURN NULL;',
                            hash="269969b8caa954b86fa0fdd10808e4fbefa482bb",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_f04e1",
                            table="patients_payer",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_payerevent" ("authorization_required", "fax", "id", "interval_source", "is_active", "lead_days", "min_interval_days", "name", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "portal", "version") VALUES (NEW."authorization_required", NEW."fax", NEW."id", NEW."interval_source", NEW."is_active", NEW."lead_days", NEW."min_interval_days", NEW."name", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."portal", NEW."version"); RETURN NULL;',
                            hash="2479b24d9b366cd43b6688a754b31ea0a9ba5234",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_6f4a4",
                            table="patients_payer",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="identifiers", to="patients.patient"
                    ),
                ),
                ("system", models.CharField(max_length=60)),
                ("value", models.CharField(max_length=120)),
                ("imported", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("system", "value"),
                        name="identifier_once",
                        violation_error_message="This identifier belongs to another patient.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_identifierevent" ("id", "imported", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system", "value") VALUES (NEW."id", NEW."imported", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."system", NEW."value"); RETURN NULL;',
                            hash="7c0caf15d770a37217e2db6516b05699ed084325",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_1ae72",
                            table="patients_identifier",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_identifierevent" ("id", "imported", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system", "value") VALUES (NEW."id", NEW."imported", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."system", NEW."value"); RETURN NULL;',
                            hash="2e8fc20e71e32fac01c6a5ccf705a3d07052c3e3",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_41937",
                            table="patients_identifier",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayerEvent",
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
                        to="patients.payer",
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
                ("name", models.CharField(max_length=100)),
                (
                    "min_interval_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(366),
                        ],
                        verbose_name="shortest interval in days",
                    ),
                ),
                (
                    "interval_source",
                    models.CharField(blank=True, max_length=300, verbose_name="where the interval is written"),
                ),
                (
                    "lead_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(120)],
                        verbose_name="days an authorisation takes",
                    ),
                ),
                (
                    "authorization_required",
                    models.BooleanField(default=False, verbose_name="wants a prior authorisation"),
                ),
                ("portal", models.CharField(blank=True, max_length=200)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("fax", models.CharField(blank=True, max_length=40)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("is_active", models.BooleanField(default=True, verbose_name="offered for new coverages")),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="fb5ea46db7f4cdfd20bc618a4c0995248b4d4476",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_0bc57",
                            table="patients_payerevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PossibleDuplicate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="possible_duplicates",
                        to="patients.patient",
                    ),
                ),
                ("system", models.CharField(max_length=60)),
                ("value", models.CharField(max_length=120)),
                ("incoming", models.JSONField()),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                (
                    "decision",
                    models.CharField(
                        choices=[("waiting", "to decide"), ("same", "the same person"), ("different", "two people")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["waiting", "same", "different"])),
                        name="possible_duplicate_decision_is_known",
                    ),
                    models.UniqueConstraint(fields=("system", "value"), name="possible_duplicate_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Screening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="screenings", to="patients.patient"
                    ),
                ),
                ("answered_on", models.DateField()),
                ("questionnaire", models.CharField(help_text="The version of the questions.", max_length=20)),
                ("answers", models.JSONField(default=dict)),
                (
                    "by_patient",
                    models.BooleanField(default=False, verbose_name="answered by the patient on the tablet"),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-answered_on", "-id"],
                "indexes": [models.Index(fields=["patient", "-answered_on", "-id"], name="screening_of_patient")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="only_ever_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="c45b295ad694e878014777aafe8152ec93de4c7b",
                            operation="DELETE",
                            pgid="pgtrigger_only_ever_added_a7fd6",
                            table="patients_screening",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="screening_only_changes_hands",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n                    IF \n        OLD.patient_id <> NEW.patient_id\n        AND to_jsonb(NEW) - 'patient_id' = to_jsonb(OLD) - 'patient_id'\n        AND \n        EXISTS (\n            SELECT 1 FROM patients_patientmerge AS merge\n             WHERE merge.moved -> 'patients.Screening' @> to_jsonb(NEW.id)\n               AND ((merge.undone_at IS NULL AND merge.merged_id = OLD.patient_id AND merge.kept_id = NEW.patient_id)\n                 OR (merge.undone_at IS NOT NULL AND merge.kept_id = OLD.patient_id\n                     AND merge.merged_id = NEW.patient_id)))\n    \n     THEN\n                        RETURN NEW;\n                    END IF;\n                    RAISE EXCEPTION 'A screening cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';\n                ",
                            hash="e77e61073d1c68f23df7add8165ad0991d028979",
                            operation="UPDATE",
                            pgid="pgtrigger_screening_only_changes_hands_c50e7",
                            table="patients_screening",
                            when="BEFORE",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="patients.patient"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("letter", "Write a letter"),
                            ("message_failed", "A message did not arrive"),
                            ("message_unknown", "A message was perhaps sent"),
                            ("offer_slot", "Offer a freed time"),
                            ("asked_to_move", "The patient asks to move an appointment"),
                            ("asked_to_call", "The patient asks to be called"),
                            ("cancelled_by_link", "The patient cancelled by link"),
                            ("link_locked", "A patient's link is locked"),
                            ("contact_details", "Put contact details right"),
                            ("authorization", "Ask for an authorisation"),
                            ("drug_order", "Chase an order"),
                            ("lot_recall", "Tell the patient of a recalled lot"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "words",
                    models.CharField(
                        blank=True, help_text="What to do, in a sentence; no clinical fact.", max_length=200
                    ),
                ),
                ("about", models.CharField(blank=True, max_length=20)),
                ("about_id", models.BigIntegerField(blank=True, null=True)),
                ("once", models.CharField(blank=True, max_length=120)),
                ("due_on", models.DateField()),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("done_note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["due_on", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)), fields=["site", "due_on", "id"], name="task_open"
                    ),
                    models.Index(fields=["patient", "-id"], name="task_of_patient"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "letter",
                                    "message_failed",
                                    "message_unknown",
                                    "offer_slot",
                                    "asked_to_move",
                                    "asked_to_call",
                                    "cancelled_by_link",
                                    "link_locked",
                                    "contact_details",
                                    "authorization",
                                    "drug_order",
                                    "lot_recall",
                                    "other",
                                ],
                            )
                        ),
                        name="task_kind_is_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("done_at", None), models.Q(("once", ""), _negated=True)),
                        fields=("once",),
                        name="task_open_once",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_taskevent" ("about", "about_id", "assigned_to_id", "created_at", "created_by_id", "done_at", "done_by_id", "done_note", "due_on", "id", "kind", "once", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "version", "words") VALUES (NEW."about", NEW."about_id", NEW."assigned_to_id", NEW."created_at", NEW."created_by_id", NEW."done_at", NEW."done_by_id", NEW."done_note", NEW."due_on", NEW."id", NEW."kind", NEW."once", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."site_id", NEW."version", NEW."words"); RETURN NULL;',
                            hash="091073c9e875fd3e88c248d71f707f627d3bb137",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_89922",
                            table="patients_task",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_taskevent" ("about", "about_id", "assigned_to_id", "created_at", "created_by_id", "done_at", "done_by_id", "done_note", "due_on", "id", "kind", "once", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "site_id", "version", "words") VALUES (NEW."about", NEW."about_id", NEW."assigned_to_id", NEW."created_at", NEW."created_by_id", NEW."done_at", NEW."done_by_id", NEW."done_note", NEW."due_on", NEW."id", NEW."kind", NEW."once", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."site_id", NEW."version", NEW."words"); RETURN NULL;',
                            hash="bdec6500cb06ce50d0d5cf4878809fd96d4f368e",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_989dd",
                            table="patients_task",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ToldApart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="patients.patient"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="patients.patient"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "told apart",
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="told_apart_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="told_apart_in_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TriedTreatment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tried_treatments",
                        to="patients.patient",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("antidepressant", "Antidepressant"),
                            ("anticonvulsant", "Anticonvulsant"),
                            ("beta_blocker", "Beta blocker"),
                            ("cgrp", "CGRP-targeting medicine"),
                            ("antihypertensive", "Other blood-pressure medicine"),
                            ("acute_migraine", "Acute migraine medicine"),
                            ("oral_antispastic", "Oral antispastic or muscle relaxant"),
                            ("anticholinergic", "Anticholinergic"),
                            ("analgesic", "Analgesic or anti-inflammatory"),
                            ("physical_therapy", "Physical or occupational therapy"),
                            ("orthosis", "Orthosis, cast or stretching"),
                            ("splint", "Bite splint"),
                            ("psychological", "Psychological or behavioural treatment"),
                            ("nerve_block", "Nerve block or trigger-point injection"),
                            ("device", "Device or stimulation"),
                            ("surgery", "Surgery"),
                            ("other", "Other"),
                        ],
                        max_length=24,
                        verbose_name="class",
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("dose", models.CharField(blank=True, max_length=80, verbose_name="highest dose")),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="from")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="to")),
                (
                    "stopped",
                    models.CharField(
                        choices=[
                            ("ongoing", "Still taken"),
                            ("no_effect", "No or too little effect"),
                            ("lost_effect", "Effect lost"),
                            ("side_effects", "Side effects"),
                            ("contraindicated", "Contraindicated, not tried"),
                            ("patient_choice", "Patient's choice"),
                            ("cost", "Cost or coverage"),
                            ("completed", "Completed"),
                        ],
                        max_length=20,
                        verbose_name="why stopped",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("started_on", None),
                            ("ended_on", None),
                            ("ended_on__gte", models.F("started_on")),
                            _connector="OR",
                        ),
                        name="tried_treatment_ends_after_start",
                        violation_error_message="It stopped before it started.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("stopped", "ongoing"), _negated=True), ("ended_on", None), _connector="OR"
                        ),
                        name="tried_treatment_ongoing_has_no_end",
                        violation_error_message="Still taken: leave the end empty.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_triedtreatmentevent" ("dose", "ended_on", "id", "kind", "name", "note", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "started_on", "stopped", "version") VALUES (NEW."dose", NEW."ended_on", NEW."id", NEW."kind", NEW."name", NEW."note", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."started_on", NEW."stopped", NEW."version"); RETURN NULL;',
                            hash="a1538463a362a7c3849d1a0dbd8fd6c44034b8cf",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_4a790",
                            table="patients_triedtreatment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_triedtreatmentevent" ("dose", "ended_on", "id", "kind", "name", "note", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "started_on", "stopped", "version") VALUES (NEW."dose", NEW."ended_on", NEW."id", NEW."kind", NEW."name", NEW."note", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."started_on", NEW."stopped", NEW."version"); RETURN NULL;',
                            hash="f747b255d71b068708d3a31f578b1213acc9fd12",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_03b0d",
                            table="patients_triedtreatment",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Weight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="weights", to="patients.patient"
                    ),
                ),
                ("kg", models.DecimalField(decimal_places=1, max_digits=4, verbose_name="weight in kg")),
                ("measured_on", models.DateField()),
            ],
            options={
                "ordering": ["-measured_on", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kg__gte", 1), ("kg__lte", 400)),
                        name="weight_is_plausible",
                        violation_error_message="From 1 to 400 kg.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="weight_of_a_record_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."kg" IS DISTINCT FROM (NEW."kg") OR OLD."measured_on" IS DISTINCT FROM (NEW."measured_on") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id"))',
                            func="\n        IF EXISTS (SELECT 1 FROM treatments_injectionsession WHERE weight_id = OLD.id AND status <> 'draft')\n           AND NOT (\n        OLD.patient_id <> NEW.patient_id\n        AND to_jsonb(NEW) - 'patient_id' = to_jsonb(OLD) - 'patient_id'\n        AND \n        EXISTS (\n            SELECT 1 FROM patients_patientmerge AS merge\n             WHERE merge.moved -> 'patients.Weight' @> to_jsonb(NEW.id)\n               AND ((merge.undone_at IS NULL AND merge.merged_id = OLD.patient_id AND merge.kept_id = NEW.patient_id)\n                 OR (merge.undone_at IS NOT NULL AND merge.kept_id = OLD.patient_id\n                     AND merge.merged_id = NEW.patient_id)))\n    \n    ) THEN\n            RAISE EXCEPTION 'A signed session rests on this weight: add a new one.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="c7bf622d0e3781e4e053aa21eee7ef9515c435b9",
                            operation="UPDATE",
                            pgid="pgtrigger_weight_of_a_record_stays_51a37",
                            table="patients_weight",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_weightevent" ("id", "kg", "measured_on", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "version") VALUES (NEW."id", NEW."kg", NEW."measured_on", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."version"); RETURN NULL;',
                            hash="0e7b7a23e8d2533fc7edcefb16e0ae243623e939",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_611a2",
                            table="patients_weight",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_weightevent" ("id", "kg", "measured_on", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "version") VALUES (NEW."id", NEW."kg", NEW."measured_on", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."version"); RETURN NULL;',
                            hash="5d81a3680d3f871df35da7409492f9d1a181d454",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_aad99",
                            table="patients_weight",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Allergy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="allergies", to="patients.patient"
                    ),
                ),
                (
                    "substance",
                    models.CharField(
                        choices=[
                            ("botulinum_toxin", "Botulinum toxin product"),
                            ("albumin", "Human albumin"),
                            ("milk_protein", "Cow's milk protein"),
                            ("local_anaesthetic", "Local anaesthetic"),
                            ("latex", "Latex"),
                            ("skin_antiseptic", "Skin antiseptic"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, help_text="Needed for Other.", max_length=80, verbose_name="which"),
                ),
                ("reaction", models.CharField(blank=True, max_length=120)),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="no longer since")),
            ],
            options={
                "verbose_name_plural": "allergies",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("substance", "other"), _negated=True),
                            models.Q(("name", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="allergy_other_is_named",
                        violation_error_message="Say which substance it is.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_allergyevent" ("ended_on", "id", "name", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reaction", "substance", "version") VALUES (NEW."ended_on", NEW."id", NEW."name", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reaction", NEW."substance", NEW."version"); RETURN NULL;',
                            hash="e035d760e6dda1f3b0157272999e75b76f08c2d1",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_09063",
                            table="patients_allergy",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_allergyevent" ("ended_on", "id", "name", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reaction", "substance", "version") VALUES (NEW."ended_on", NEW."id", NEW."name", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reaction", NEW."substance", NEW."version"); RETURN NULL;',
                            hash="ab1ee0a07d7f03b2a108340adce3556a8125e3c6",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_6c37b",
                            table="patients_allergy",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="consents", to="patients.patient"
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="consents", to="patients.consentform"
                    ),
                ),
                (
                    "conditions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                ("signed_on", models.DateField()),
                ("signed_at", models.DateTimeField(auto_now_add=True)),
                ("expires_on", models.DateField()),
                (
                    "signer",
                    models.CharField(
                        choices=[
                            ("patient", "The patient"),
                            ("parent", "Parent or guardian"),
                            ("representative", "Legal representative"),
                        ],
                        default="patient",
                        max_length=20,
                    ),
                ),
                ("signer_name", models.CharField(max_length=120, verbose_name="name of who signs")),
                (
                    "method",
                    models.CharField(
                        choices=[("screen", "Signed on the screen"), ("paper", "Signed on paper")],
                        default="screen",
                        max_length=10,
                    ),
                ),
                ("signature", models.TextField(blank=True)),
                (
                    "witness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("withdrawn_on", models.DateField(blank=True, null=True)),
                ("withdrawn_reason", models.CharField(blank=True, max_length=200)),
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
            ],
            options={
                "ordering": ["-signed_on", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_on__gte", models.F("signed_on"))),
                        name="consent_expires_after_signing",
                        violation_error_message="It cannot expire before it is signed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("method", "screen"), _negated=True),
                            models.Q(("signature", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="consent_on_screen_is_drawn",
                        violation_error_message="The signature is missing.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("withdrawn_on", None), ("withdrawn_by__isnull", False), _connector="OR"),
                        name="consent_withdrawn_by_someone",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="consent_is_never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="790a3537bad2f9b634a37ec1010766720652cadb",
                            operation="DELETE",
                            pgid="pgtrigger_consent_is_never_deleted_eadfe",
                            table="patients_consent",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="consent_may_only_be_withdrawn",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n                    IF OLD.withdrawn_on IS NULL\n                       AND to_jsonb(NEW) - '{withdrawn_on,withdrawn_reason,withdrawn_by_id}'::text[] = to_jsonb(OLD) - '{withdrawn_on,withdrawn_reason,withdrawn_by_id}'::text[] THEN\n                        RETURN NEW;\n                    END IF;\n                    IF \n        OLD.patient_id <> NEW.patient_id\n        AND to_jsonb(NEW) - 'patient_id' = to_jsonb(OLD) - 'patient_id'\n        AND \n        EXISTS (\n            SELECT 1 FROM patients_patientmerge AS merge\n             WHERE merge.moved -> 'patients.Consent' @> to_jsonb(NEW.id)\n               AND ((merge.undone_at IS NULL AND merge.merged_id = OLD.patient_id AND merge.kept_id = NEW.patient_id)\n                 OR (merge.undone_at IS NOT NULL AND merge.kept_id = OLD.patient_id\n                     AND merge.merged_id = NEW.patient_id)))\n    \n     THEN\n                        RETURN NEW;\n                    END IF;\n                    RAISE EXCEPTION 'A signed consent cannot be changed.'\n                        USING ERRCODE = 'integrity_constraint_violation';\n                ",
                            hash="f740d7d638ae8faa66e01614560c5c3c74859dc9",
                            operation="UPDATE",
                            pgid="pgtrigger_consent_may_only_be_withdrawn_f3281",
                            table="patients_consent",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_consentevent" ("conditions", "expires_on", "form_id", "id", "method", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "signature", "signed_at", "signed_on", "signer", "signer_name", "withdrawn_by_id", "withdrawn_on", "withdrawn_reason", "witness_id") VALUES (NEW."conditions", NEW."expires_on", NEW."form_id", NEW."id", NEW."method", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."signature", NEW."signed_at", NEW."signed_on", NEW."signer", NEW."signer_name", NEW."withdrawn_by_id", NEW."withdrawn_on", NEW."withdrawn_reason", NEW."witness_id"); RETURN NULL;',
                            hash="1208bc5e3e127942e0257d987f25cd02b5a02b56",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_f3c10",
                            table="patients_consent",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_consentevent" ("conditions", "expires_on", "form_id", "id", "method", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "signature", "signed_at", "signed_on", "signer", "signer_name", "withdrawn_by_id", "withdrawn_on", "withdrawn_reason", "witness_id") VALUES (NEW."conditions", NEW."expires_on", NEW."form_id", NEW."id", NEW."method", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."signature", NEW."signed_at", NEW."signed_on", NEW."signer", NEW."signer_name", NEW."withdrawn_by_id", NEW."withdrawn_on", NEW."withdrawn_reason", NEW."witness_id"); RETURN NULL;',
                            hash="1afa7b5ee4cfa1f747705416348e89cef7f6b247",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_06fdd",
                            table="patients_consent",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoryItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="history_items", to="patients.patient"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("neuromuscular", "Neuromuscular disorder"),
                            ("swallowing_breathing", "Swallowing or breathing problem"),
                            ("bleeding", "Bleeding disorder"),
                            ("cardiac", "Heart disease"),
                            ("pregnancy", "Pregnant or breast-feeding"),
                            ("surgery", "Surgery planned or changed anatomy"),
                            ("lost_response", "Lost response to toxin before"),
                            ("other", "Other"),
                        ],
                        max_length=24,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("since", models.DateField(blank=True, null=True)),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="no longer since")),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_historyitemevent" ("ended_on", "id", "kind", "note", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "since", "version") VALUES (NEW."ended_on", NEW."id", NEW."kind", NEW."note", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."since", NEW."version"); RETURN NULL;',
                            hash="00d358edc9b8044dd4e2ccebe36ab1520589a4b5",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_3bea9",
                            table="patients_historyitem",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_historyitemevent" ("ended_on", "id", "kind", "note", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "since", "version") VALUES (NEW."ended_on", NEW."id", NEW."kind", NEW."note", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."since", NEW."version"); RETURN NULL;',
                            hash="3f97cb2fa2d1d5fde64e4e38e57c18f03f9e28d0",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_cbd40",
                            table="patients_historyitem",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Medication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="medications", to="patients.patient"
                    ),
                ),
                (
                    "drug_class",
                    models.CharField(
                        choices=[
                            ("anticoagulant", "Anticoagulant"),
                            ("antiplatelet", "Antiplatelet"),
                            ("aminoglycoside", "Aminoglycoside antibiotic"),
                            ("neuromuscular_blocker", "Neuromuscular blocker"),
                            ("muscle_relaxant", "Muscle relaxant"),
                            ("anticholinergic", "Anticholinergic"),
                            ("migraine_preventive", "Migraine preventive"),
                            ("migraine_acute", "Acute migraine medicine"),
                            ("other", "Other"),
                        ],
                        max_length=24,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("dose", models.CharField(blank=True, max_length=80)),
                ("started_on", models.DateField(blank=True, null=True)),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="stopped on")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("started_on__isnull", True),
                            ("ended_on__isnull", True),
                            ("ended_on__gte", models.F("started_on")),
                            _connector="OR",
                        ),
                        name="medication_ends_after_start",
                        violation_error_message="It stopped before it started.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_medicationevent" ("dose", "drug_class", "ended_on", "id", "name", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "started_on", "version") VALUES (NEW."dose", NEW."drug_class", NEW."ended_on", NEW."id", NEW."name", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."started_on", NEW."version"); RETURN NULL;',
                            hash="72e8dd2ff8ac8dba49fb972d43b24125503708de",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_47d9a",
                            table="patients_medication",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_medicationevent" ("dose", "drug_class", "ended_on", "id", "name", "noted_at", "noted_by_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "started_on", "version") VALUES (NEW."dose", NEW."drug_class", NEW."ended_on", NEW."id", NEW."name", NEW."noted_at", NEW."noted_by_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."started_on", NEW."version"); RETURN NULL;',
                            hash="e17a8d621f36f991432885a4e2d1930dca7bbf34",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_64339",
                            table="patients_medication",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="coverages", to="patients.patient"
                    ),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="coverages", to="patients.payer"
                    ),
                ),
                ("member_id", models.CharField(blank=True, max_length=40, verbose_name="member number")),
                (
                    "authorization_required",
                    models.BooleanField(default=False, verbose_name="the payer wants a prior authorisation"),
                ),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_on", None),
                            ("ends_on", None),
                            ("ends_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="coverage_ends_after_start",
                        violation_error_message="It ended before it started.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_coverageevent" ("authorization_required", "ends_on", "id", "member_id", "patient_id", "payer_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "version") VALUES (NEW."authorization_required", NEW."ends_on", NEW."id", NEW."member_id", NEW."patient_id", NEW."payer_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."starts_on", NEW."version"); RETURN NULL;',
                            hash="3058a614b281f5826a86f8ce0a28476b493fd2b7",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_d27af",
                            table="patients_coverage",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_coverageevent" ("authorization_required", "ends_on", "id", "member_id", "patient_id", "payer_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "version") VALUES (NEW."authorization_required", NEW."ends_on", NEW."id", NEW."member_id", NEW."patient_id", NEW."payer_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."starts_on", NEW."version"); RETURN NULL;',
                            hash="852a4793dcedba480b30ce315d4e1b5c37275e2c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_2d74e",
                            table="patients_coverage",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientEvent",
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
                        to="patients.patient",
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
                    "record_number",
                    models.CharField(
                        db_default=patients.models.patient.NextRecordNumber(), editable=False, max_length=20
                    ),
                ),
                ("given_name", models.CharField(max_length=80)),
                ("family_name", models.CharField(max_length=80)),
                (
                    "former_name",
                    models.CharField(blank=True, help_text="A maiden or other earlier family name.", max_length=80),
                ),
                ("birth_date", models.DateField(verbose_name="date of birth")),
                (
                    "sex",
                    models.CharField(
                        choices=[("F", "Female"), ("M", "Male"), ("O", "Other"), ("U", "Not recorded")],
                        default="U",
                        max_length=1,
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("address", models.CharField(blank=True, max_length=200)),
                ("city", models.CharField(blank=True, max_length=80)),
                ("state", models.CharField(blank=True, max_length=40)),
                ("postal_code", models.CharField(blank=True, max_length=12)),
                (
                    "language",
                    models.CharField(
                        blank=True, help_text="The language the patient wants to be spoken to.", max_length=20
                    ),
                ),
                (
                    "preferred_channel",
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
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="accounts.site",
                    ),
                ),
                ("died_on", models.DateField(blank=True, null=True)),
                ("left_on", models.DateField(blank=True, null=True, verbose_name="left the clinic on")),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
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
                            hash="d56fc44e91ee8df71d41dd0265710731967b921c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_ade9e",
                            table="patients_patientevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="patients.patient"
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="merged_by", to="patients.patient"
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("moved", models.JSONField(default=dict)),
                ("filled", models.JSONField(default=dict)),
                ("changed", models.JSONField(default=dict)),
                ("newest", models.JSONField(default=dict)),
                ("seal", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("undone_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("merged",), name="merge_standing_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kept", models.F("merged")), _negated=True), name="merge_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at", None), ("undone_by", None)),
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="merge_undone_by_someone",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="merge_is_never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="f2b2435957700a34e6b5963b70fb1f17a6445aff",
                            operation="DELETE",
                            pgid="pgtrigger_merge_is_never_deleted_1d2e6",
                            table="patients_patientmerge",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="merge_is_only_undone",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n                    IF OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL\n                       AND to_jsonb(NEW) - '{undone_at,undone_by_id,undone_reason,seal}'::text[] = to_jsonb(OLD) - '{undone_at,undone_by_id,undone_reason,seal}'::text[] THEN\n                        RETURN NEW;\n                    END IF;\n                    RAISE EXCEPTION 'A merge can only be taken apart, once.'\n                        USING ERRCODE = 'integrity_constraint_violation';\n                ",
                            hash="a8d4e4b0715843022e34b18ad7fa0b16eae7a55f",
                            operation="UPDATE",
                            pgid="pgtrigger_merge_is_only_undone_36c95",
                            table="patients_patientmerge",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_patientmergeevent" ("at", "by_id", "changed", "filled", "id", "kept_id", "merged_id", "moved", "newest", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "seal", "undone_at", "undone_by_id", "undone_reason") VALUES (NEW."at", NEW."by_id", NEW."changed", NEW."filled", NEW."id", NEW."kept_id", NEW."merged_id", NEW."moved", NEW."newest", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."seal", NEW."undone_at", NEW."undone_by_id", NEW."undone_reason"); RETURN NULL;',
                            hash="43d811f07639f891932c0ac4b3c830b8c404d7d9",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_1005c",
                            table="patients_patientmerge",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_patientmergeevent" ("at", "by_id", "changed", "filled", "id", "kept_id", "merged_id", "moved", "newest", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "seal", "undone_at", "undone_by_id", "undone_reason") VALUES (NEW."at", NEW."by_id", NEW."changed", NEW."filled", NEW."id", NEW."kept_id", NEW."merged_id", NEW."moved", NEW."newest", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."seal", NEW."undone_at", NEW."undone_by_id", NEW."undone_reason"); RETURN NULL;',
                            hash="fd8000f62c687e4a7cdedf42fbe0f48de5b84d0b",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_958e3",
                            table="patients_patientmerge",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriorAuthorization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authorizations",
                        to="patients.patient",
                    ),
                ),
                (
                    "coverage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorizations",
                        to="patients.coverage",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="authorisation number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("denied", "Denied"),
                            ("appeal", "In appeal"),
                        ],
                        default="submitted",
                        max_length=10,
                    ),
                ),
                ("product", models.CharField(max_length=60)),
                ("condition", models.CharField(max_length=60)),
                ("units_approved", models.PositiveIntegerField(blank=True, null=True)),
                ("visits_approved", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("submitted_on", models.DateField(blank=True, null=True)),
                ("decided_on", models.DateField(blank=True, null=True)),
                ("appealed_on", models.DateField(blank=True, null=True)),
                ("denial_reason", models.CharField(blank=True, max_length=300, verbose_name="reason of the denial")),
                ("document", models.FileField(blank=True, upload_to="authorizations/")),
                ("document_name", models.CharField(blank=True, max_length=200)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-ends_on", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["submitted", "approved", "denied", "appeal"])),
                        name="authorization_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="authorization_ends_after_start",
                        violation_error_message="It ends before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "approved"), _negated=True),
                            models.Q(("number", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="authorization_approved_has_number",
                        violation_error_message="An approved authorisation has a number.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_priorauthorizationevent" ("appealed_on", "condition", "coverage_id", "decided_on", "denial_reason", "document", "document_name", "ends_on", "id", "note", "number", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product", "starts_on", "status", "submitted_on", "units_approved", "version", "visits_approved") VALUES (NEW."appealed_on", NEW."condition", NEW."coverage_id", NEW."decided_on", NEW."denial_reason", NEW."document", NEW."document_name", NEW."ends_on", NEW."id", NEW."note", NEW."number", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product", NEW."starts_on", NEW."status", NEW."submitted_on", NEW."units_approved", NEW."version", NEW."visits_approved"); RETURN NULL;',
                            hash="69cd7e942c91c15310a1467f61a454dc24fc103f",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_ff90b",
                            table="patients_priorauthorization",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_priorauthorizationevent" ("appealed_on", "condition", "coverage_id", "decided_on", "denial_reason", "document", "document_name", "ends_on", "id", "note", "number", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product", "starts_on", "status", "submitted_on", "units_approved", "version", "visits_approved") VALUES (NEW."appealed_on", NEW."condition", NEW."coverage_id", NEW."decided_on", NEW."denial_reason", NEW."document", NEW."document_name", NEW."ends_on", NEW."id", NEW."note", NEW."number", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product", NEW."starts_on", NEW."status", NEW."submitted_on", NEW."units_approved", NEW."version", NEW."visits_approved"); RETURN NULL;',
                            hash="66f98c94eecbf88acef4b67824417af7ddf104c1",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_6d5f3",
                            table="patients_priorauthorization",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskEvent",
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
                        to="patients.task",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("letter", "Write a letter"),
                            ("message_failed", "A message did not arrive"),
                            ("message_unknown", "A message was perhaps sent"),
                            ("offer_slot", "Offer a freed time"),
                            ("asked_to_move", "The patient asks to move an appointment"),
                            ("asked_to_call", "The patient asks to be called"),
                            ("cancelled_by_link", "The patient cancelled by link"),
                            ("link_locked", "A patient's link is locked"),
                            ("contact_details", "Put contact details right"),
                            ("authorization", "Ask for an authorisation"),
                            ("drug_order", "Chase an order"),
                            ("lot_recall", "Tell the patient of a recalled lot"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "words",
                    models.CharField(
                        blank=True, help_text="What to do, in a sentence; no clinical fact.", max_length=200
                    ),
                ),
                ("about", models.CharField(blank=True, max_length=20)),
                ("about_id", models.BigIntegerField(blank=True, null=True)),
                ("once", models.CharField(blank=True, max_length=120)),
                ("due_on", models.DateField()),
                (
                    "assigned_to",
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
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "done_by",
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
                ("done_note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="1c3ff72e2ca812598ade38c55bfb13a2319afbe0",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_4b6b3",
                            table="patients_taskevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TriedTreatmentEvent",
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
                        to="patients.triedtreatment",
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
                    "noted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("antidepressant", "Antidepressant"),
                            ("anticonvulsant", "Anticonvulsant"),
                            ("beta_blocker", "Beta blocker"),
                            ("cgrp", "CGRP-targeting medicine"),
                            ("antihypertensive", "Other blood-pressure medicine"),
                            ("acute_migraine", "Acute migraine medicine"),
                            ("oral_antispastic", "Oral antispastic or muscle relaxant"),
                            ("anticholinergic", "Anticholinergic"),
                            ("analgesic", "Analgesic or anti-inflammatory"),
                            ("physical_therapy", "Physical or occupational therapy"),
                            ("orthosis", "Orthosis, cast or stretching"),
                            ("splint", "Bite splint"),
                            ("psychological", "Psychological or behavioural treatment"),
                            ("nerve_block", "Nerve block or trigger-point injection"),
                            ("device", "Device or stimulation"),
                            ("surgery", "Surgery"),
                            ("other", "Other"),
                        ],
                        max_length=24,
                        verbose_name="class",
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("dose", models.CharField(blank=True, max_length=80, verbose_name="highest dose")),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="from")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="to")),
                (
                    "stopped",
                    models.CharField(
                        choices=[
                            ("ongoing", "Still taken"),
                            ("no_effect", "No or too little effect"),
                            ("lost_effect", "Effect lost"),
                            ("side_effects", "Side effects"),
                            ("contraindicated", "Contraindicated, not tried"),
                            ("patient_choice", "Patient's choice"),
                            ("cost", "Cost or coverage"),
                            ("completed", "Completed"),
                        ],
                        max_length=20,
                        verbose_name="why stopped",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="fe15dd6bb4894952359a17d4321831db418687bf",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_2bd00",
                            table="patients_triedtreatmentevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WeightEvent",
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
                        to="patients.weight",
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
                    "noted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
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
                ("kg", models.DecimalField(decimal_places=1, max_digits=4, verbose_name="weight in kg")),
                ("measured_on", models.DateField()),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="9067cd881e43babc812ab35297355ac0a3ca14a5",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_fc10f",
                            table="patients_weightevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MedicationEvent",
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
                        to="patients.medication",
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
                    "noted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
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
                    "drug_class",
                    models.CharField(
                        choices=[
                            ("anticoagulant", "Anticoagulant"),
                            ("antiplatelet", "Antiplatelet"),
                            ("aminoglycoside", "Aminoglycoside antibiotic"),
                            ("neuromuscular_blocker", "Neuromuscular blocker"),
                            ("muscle_relaxant", "Muscle relaxant"),
                            ("anticholinergic", "Anticholinergic"),
                            ("migraine_preventive", "Migraine preventive"),
                            ("migraine_acute", "Acute migraine medicine"),
                            ("other", "Other"),
                        ],
                        max_length=24,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("dose", models.CharField(blank=True, max_length=80)),
                ("started_on", models.DateField(blank=True, null=True)),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="stopped on")),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="f3c4d0ad448b5bfc9797ade73a83127994bf3672",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_02766",
                            table="patients_medicationevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentifierEvent",
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
                        to="patients.identifier",
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
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                ("system", models.CharField(max_length=60)),
                ("value", models.CharField(max_length=120)),
                ("imported", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="397077d498e98fe56483c162c1617ee7db122baf",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_61158",
                            table="patients_identifierevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoryItemEvent",
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
                        to="patients.historyitem",
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
                    "noted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("neuromuscular", "Neuromuscular disorder"),
                            ("swallowing_breathing", "Swallowing or breathing problem"),
                            ("bleeding", "Bleeding disorder"),
                            ("cardiac", "Heart disease"),
                            ("pregnancy", "Pregnant or breast-feeding"),
                            ("surgery", "Surgery planned or changed anatomy"),
                            ("lost_response", "Lost response to toxin before"),
                            ("other", "Other"),
                        ],
                        max_length=24,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("since", models.DateField(blank=True, null=True)),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="no longer since")),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="d2fc8de4de6daf7c274006413734590abe0d5741",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_7c858",
                            table="patients_historyitemevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentEvent",
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
                        to="patients.consent",
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
                    "form",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.consentform",
                    ),
                ),
                (
                    "conditions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                ("signed_on", models.DateField()),
                ("signed_at", models.DateTimeField(auto_now_add=True)),
                ("expires_on", models.DateField()),
                (
                    "signer",
                    models.CharField(
                        choices=[
                            ("patient", "The patient"),
                            ("parent", "Parent or guardian"),
                            ("representative", "Legal representative"),
                        ],
                        default="patient",
                        max_length=20,
                    ),
                ),
                ("signer_name", models.CharField(max_length=120, verbose_name="name of who signs")),
                (
                    "method",
                    models.CharField(
                        choices=[("screen", "Signed on the screen"), ("paper", "Signed on paper")],
                        default="screen",
                        max_length=10,
                    ),
                ),
                ("signature", models.TextField(blank=True)),
                (
                    "witness",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("withdrawn_on", models.DateField(blank=True, null=True)),
                ("withdrawn_reason", models.CharField(blank=True, max_length=200)),
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
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="fced6dcbc87843e2b3fc4d589e9e5c46457e7a26",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_76697",
                            table="patients_consentevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AllergyEvent",
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
                        to="patients.allergy",
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
                    "noted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("noted_at", models.DateTimeField(auto_now_add=True)),
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
                    "substance",
                    models.CharField(
                        choices=[
                            ("botulinum_toxin", "Botulinum toxin product"),
                            ("albumin", "Human albumin"),
                            ("milk_protein", "Cow's milk protein"),
                            ("local_anaesthetic", "Local anaesthetic"),
                            ("latex", "Latex"),
                            ("skin_antiseptic", "Skin antiseptic"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, help_text="Needed for Other.", max_length=80, verbose_name="which"),
                ),
                ("reaction", models.CharField(blank=True, max_length=120)),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="no longer since")),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="c548d99255e80820398f5ae48af48c09093f1f15",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_539c8",
                            table="patients_allergyevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientMergeEvent",
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
                        to="patients.patientmerge",
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
                    "kept",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("moved", models.JSONField(default=dict)),
                ("filled", models.JSONField(default=dict)),
                ("changed", models.JSONField(default=dict)),
                ("newest", models.JSONField(default=dict)),
                ("seal", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "undone_by",
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
                ("undone_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="70174e5bd035121c66e52d2a519418e6c2edbb8a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_f1e53",
                            table="patients_patientmergeevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CoverageEvent",
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
                        to="patients.coverage",
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
                    "payer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.payer",
                    ),
                ),
                ("member_id", models.CharField(blank=True, max_length=40, verbose_name="member number")),
                (
                    "authorization_required",
                    models.BooleanField(default=False, verbose_name="the payer wants a prior authorisation"),
                ),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="5a570cc6ea4a439e0cb5213bcf808dac1048093a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_b7602",
                            table="patients_coverageevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriorAuthorizationEvent",
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
                        to="patients.priorauthorization",
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
                    "coverage",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.coverage",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="authorisation number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("denied", "Denied"),
                            ("appeal", "In appeal"),
                        ],
                        default="submitted",
                        max_length=10,
                    ),
                ),
                ("product", models.CharField(max_length=60)),
                ("condition", models.CharField(max_length=60)),
                ("units_approved", models.PositiveIntegerField(blank=True, null=True)),
                ("visits_approved", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("submitted_on", models.DateField(blank=True, null=True)),
                ("decided_on", models.DateField(blank=True, null=True)),
                ("appealed_on", models.DateField(blank=True, null=True)),
                ("denial_reason", models.CharField(blank=True, max_length=300, verbose_name="reason of the denial")),
                ("document", models.FileField(blank=True, upload_to="authorizations/")),
                ("document_name", models.CharField(blank=True, max_length=200)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0231e829ed4c46e2ce45d3277c4d91f41dbbefc8",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_4544f",
                            table="patients_priorauthorizationevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        audit.migration_operations.InstallTriggers(),
    ]

from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import audit.migration_operations


class Migration(migrations.Migration):
    replaces = [
        ("treatments", "0002_before_and_after_signing"),
        ("treatments", "0003_another_patients_vial"),
        ("treatments", "0004_as_signed"),
        ("treatments", "0005_drug_orders"),
        ("treatments", "0006_adverse_event"),
        ("treatments", "0007_merging"),
        ("treatments", "0008_cancelled_orders"),
        ("treatments", "0009_unjudged_is_not_serious"),
        ("treatments", "0010_known_words"),
        ("treatments", "0011_follow_up_owner"),
        ("treatments", "0012_lot_recall"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("inventory", "0001_initial"),
        ("patients", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Muscle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80)),
                (
                    "short",
                    models.CharField(
                        blank=True, help_text="Two letters for the keyboard, for example fr.", max_length=4
                    ),
                ),
                ("region", models.CharField(max_length=20)),
                ("is_midline", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="LabelConfirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=160)),
                ("value", models.CharField(max_length=120)),
                (
                    "label_revision",
                    models.CharField(
                        help_text="For example 11/2023.", max_length=80, verbose_name="revision of the label"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("confirmed_at", models.DateTimeField(auto_now_add=True)),
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
                "ordering": ["subject", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("subject",),
                        name="label_confirmation_one_in_force",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_labelconfirmationevent" ("confirmed_at", "confirmed_by_id", "id", "label_revision", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject", "value", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."label_revision", NEW."note", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."subject", NEW."value", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="adbc817cbe7510fab577b746187fe7805bc26e81",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_22729",
                            table="treatments_labelconfirmation",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_labelconfirmationevent" ("confirmed_at", "confirmed_by_id", "id", "label_revision", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "subject", "value", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."label_revision", NEW."note", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."subject", NEW."value", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="039611e4164438482607dde4ee804d686e453492",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_7033a",
                            table="treatments_labelconfirmation",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LotRecall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.lot"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("called_off_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("called_off_reason", "")),
                        fields=("lot",),
                        name="lot_recall_once",
                        violation_error_message="The patients of this lot are being told already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("closed_by", None)),
                            models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="lot_recall_closed_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("called_off_reason", ""), ("closed_at__isnull", False), _connector="OR"),
                        name="lot_recall_called_off_is_closed",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="lot_recall_closed_when_all_are_told",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n        IF NEW.closed_at IS NOT NULL AND NEW.called_off_reason = '' AND EXISTS (\n            SELECT 1 FROM treatments_lotrecallpatient WHERE recall_id = NEW.id AND acknowledged_at IS NULL) THEN\n            RAISE EXCEPTION 'A patient of this lot recall has not been told.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="a0f0dac844d363738e71a678cea6233043b0d343",
                            operation="UPDATE",
                            pgid="pgtrigger_lot_recall_closed_when_all_are_told_f1883",
                            table="treatments_lotrecall",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="lot_recall_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="576e98cc8feb1150b2eb771c2fc0c973ba78ac0c",
                            operation="DELETE",
                            pgid="pgtrigger_lot_recall_stays_0c8a8",
                            table="treatments_lotrecall",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_lotrecallevent" ("called_off_reason", "closed_at", "closed_by_id", "id", "lot_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "started_at", "started_by_id", "version") VALUES (NEW."called_off_reason", NEW."closed_at", NEW."closed_by_id", NEW."id", NEW."lot_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."started_at", NEW."started_by_id", NEW."version"); RETURN NULL;',
                            hash="3606491e65da1a2fd841d63653b0ba72935701d6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_bea6e",
                            table="treatments_lotrecall",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_lotrecallevent" ("called_off_reason", "closed_at", "closed_by_id", "id", "lot_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "started_at", "started_by_id", "version") VALUES (NEW."called_off_reason", NEW."closed_at", NEW."closed_by_id", NEW."id", NEW."lot_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."started_at", NEW."started_by_id", NEW."version"); RETURN NULL;',
                            hash="7a923a9cbc79172bcff3e347285670c22264108e",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_e6de0",
                            table="treatments_lotrecall",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientVial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "vial",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="patient_vial", to="inventory.vial"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vials", to="patients.patient"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=120, verbose_name="pharmacy or order number")),
                (
                    "named_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("named_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_patientvialevent" ("id", "named_at", "named_by_id", "note", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "vial_id") VALUES (NEW."id", NEW."named_at", NEW."named_by_id", NEW."note", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."vial_id"); RETURN NULL;',
                            hash="57b9e90da5bcb9d061004e2e4eb83be0677c3cd6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_0bde5",
                            table="treatments_patientvial",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_patientvialevent" ("id", "named_at", "named_by_id", "note", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "vial_id") VALUES (NEW."id", NEW."named_at", NEW."named_by_id", NEW."note", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."vial_id"); RETURN NULL;',
                            hash="39ab3a52dff5d45c8d5a6877555e66425f97736d",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_7bc05",
                            table="treatments_patientvial",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Condition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80, unique=True)),
                ("short_name", models.CharField(max_length=40)),
                (
                    "body_views",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        default=list,
                        help_text="The body maps it is charted on.",
                        size=None,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("muscles", models.ManyToManyField(blank=True, related_name="conditions", to="treatments.muscle")),
                (
                    "on_label_products",
                    models.ManyToManyField(blank=True, related_name="labelled_conditions", to="inventory.product"),
                ),
            ],
            options={
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="LabelConfirmationEvent",
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
                        to="treatments.labelconfirmation",
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
                ("subject", models.CharField(max_length=160)),
                ("value", models.CharField(max_length=120)),
                (
                    "label_revision",
                    models.CharField(
                        help_text="For example 11/2023.", max_length=80, verbose_name="revision of the label"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("confirmed_at", models.DateTimeField(auto_now_add=True)),
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
                            hash="d17d82760a078dfd25613c961d1006383be2ab77",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_8c30b",
                            table="treatments_labelconfirmationevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LotRecallEvent",
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
                        to="treatments.lotrecall",
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
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="inventory.lot",
                    ),
                ),
                ("started_at", models.DateTimeField()),
                (
                    "started_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_by",
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
                ("called_off_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ec40ef74c432c91833a231734920bcc6c1e78c25",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_c1afd",
                            table="treatments_lotrecallevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LotRecallPatient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "recall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="patients", to="treatments.lotrecall"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                    ),
                ),
                (
                    "because",
                    models.CharField(
                        choices=[
                            ("given", "a signed session opened a vial of it"),
                            ("outside", "a session recorded from outside names the lot"),
                            ("voided", "a session that was voided opened a vial of it"),
                            ("draft", "a draft picked a vial of it: ask whether it was given"),
                        ],
                        max_length=10,
                    ),
                ),
                ("calls", models.PositiveSmallIntegerField(default=0, help_text="That nobody answered.")),
                ("called_at", models.DateTimeField(blank=True, null=True)),
                (
                    "called_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("reached", "Reached"),
                            ("letter", "Letter sent"),
                            ("unreached", "Could not be reached"),
                        ],
                        max_length=10,
                        verbose_name="how the patient was told",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "acknowledged_by",
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
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("acknowledged_at", None)), fields=["recall", "id"], name="lot_recall_open"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("recall", "patient"), name="lot_recall_patient_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("acknowledged_at", None), ("acknowledged_by", None), ("answer", "")),
                            models.Q(
                                ("answer__in", ["reached", "letter", "unreached"]),
                                ("acknowledged_at__isnull", False),
                                ("acknowledged_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="lot_recall_told_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", "unreached"), _negated=True),
                            models.Q(("note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="lot_recall_unreached_says_what_was_tried",
                        violation_error_message="Say what was tried.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("called_at", None), ("called_by", None), ("calls", 0)),
                            models.Q(("called_at__isnull", False), ("called_by__isnull", False), ("calls__gt", 0)),
                            _connector="OR",
                        ),
                        name="lot_recall_called_by_someone",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="lot_recall_patient_of_an_open_one",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE is_closed boolean;",
                            func="\n        SELECT closed_at IS NOT NULL INTO is_closed FROM treatments_lotrecall WHERE id = NEW.recall_id FOR SHARE;\n        IF is_closed AND NEW.acknowledged_at IS NULL\n           AND (TG_OP = 'INSERT' OR OLD.acknowledged_at IS NOT NULL) THEN\n            RAISE EXCEPTION 'This lot recall is closed.' USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="c602c5c6b2cb6e60fce8ebd32cd7ba7ea827d4bc",
                            operation="INSERT OR UPDATE",
                            pgid="pgtrigger_lot_recall_patient_of_an_open_one_824dc",
                            table="treatments_lotrecallpatient",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="lot_recall_patient_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="1caf7827160308a6d05a7354f19453426643e34f",
                            operation="DELETE",
                            pgid="pgtrigger_lot_recall_patient_stays_e12c1",
                            table="treatments_lotrecallpatient",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_lotrecallpatientevent" ("acknowledged_at", "acknowledged_by_id", "answer", "because", "called_at", "called_by_id", "calls", "id", "note", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recall_id", "version") VALUES (NEW."acknowledged_at", NEW."acknowledged_by_id", NEW."answer", NEW."because", NEW."called_at", NEW."called_by_id", NEW."calls", NEW."id", NEW."note", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."recall_id", NEW."version"); RETURN NULL;',
                            hash="f031ceb9ffaf3fbcca588871cfccd635191a4bf0",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_f1d68",
                            table="treatments_lotrecallpatient",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_lotrecallpatientevent" ("acknowledged_at", "acknowledged_by_id", "answer", "because", "called_at", "called_by_id", "calls", "id", "note", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recall_id", "version") VALUES (NEW."acknowledged_at", NEW."acknowledged_by_id", NEW."answer", NEW."because", NEW."called_at", NEW."called_by_id", NEW."calls", NEW."id", NEW."note", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."recall_id", NEW."version"); RETURN NULL;',
                            hash="f9ddba08805687a368fa7d7e7fcbcc7c0620afc5",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_6928f",
                            table="treatments_lotrecallpatient",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientVialEvent",
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
                        to="treatments.patientvial",
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
                    "vial",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="inventory.vial",
                    ),
                ),
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
                ("note", models.CharField(blank=True, max_length=120, verbose_name="pharmacy or order number")),
                (
                    "named_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("named_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="2722a44dcbd2366905f64010e1bdb5ad02b761e0",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_6355c",
                            table="treatments_patientvialevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConditionPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "condition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="policies", to="treatments.condition"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("in_force_from", models.DateField()),
                ("min_interval_days", models.PositiveSmallIntegerField()),
                ("opens_months", models.PositiveSmallIntegerField(default=3)),
                ("closes_months", models.PositiveSmallIntegerField(default=6)),
                ("lead_days", models.PositiveSmallIntegerField(default=21)),
                ("lapse_months", models.PositiveSmallIntegerField(default=6)),
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
            options={
                "verbose_name_plural": "condition policies",
                "ordering": ["condition", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("condition", "version"), name="policy_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(("closes_months__gte", models.F("opens_months")), ("lapse_months__gte", 1)),
                        name="policy_closes_after_it_opens",
                        violation_error_message="The window cannot close before it opens.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DiagnosisCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "condition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="diagnosis_codes",
                        to="treatments.condition",
                    ),
                ),
                ("code", models.CharField(max_length=8)),
                ("display", models.CharField(max_length=250)),
            ],
            options={
                "ordering": ["code"],
                "constraints": [models.UniqueConstraint(fields=("condition", "code"), name="diagnosis_code_once")],
            },
        ),
        migrations.CreateModel(
            name="LotRecallPatientEvent",
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
                        to="treatments.lotrecallpatient",
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
                    "recall",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.lotrecall",
                    ),
                ),
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
                    "because",
                    models.CharField(
                        choices=[
                            ("given", "a signed session opened a vial of it"),
                            ("outside", "a session recorded from outside names the lot"),
                            ("voided", "a session that was voided opened a vial of it"),
                            ("draft", "a draft picked a vial of it: ask whether it was given"),
                        ],
                        max_length=10,
                    ),
                ),
                ("calls", models.PositiveSmallIntegerField(default=0, help_text="That nobody answered.")),
                ("called_at", models.DateTimeField(blank=True, null=True)),
                (
                    "called_by",
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
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("reached", "Reached"),
                            ("letter", "Letter sent"),
                            ("unreached", "Could not be reached"),
                        ],
                        max_length=10,
                        verbose_name="how the patient was told",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "acknowledged_by",
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
                            hash="ec9827d198c2e4e7b42f432c0d3df8e90870b0fb",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_44be6",
                            table="treatments_lotrecallpatientevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MuscleDose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="muscle_doses", to="inventory.product"
                    ),
                ),
                (
                    "condition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="muscle_doses",
                        to="treatments.condition",
                    ),
                ),
                (
                    "muscles",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None),
                ),
                ("under_18", models.BooleanField(default=False)),
                ("per_kg", models.BooleanField(default=False)),
                ("units_min", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                ("units_max", models.DecimalField(decimal_places=2, max_digits=7)),
                ("sites_min", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("sites_max", models.PositiveSmallIntegerField(blank=True, null=True)),
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
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "ordering": ["product", "condition", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "condition", "muscles", "under_18"), name="muscle_dose_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("units_min", None), ("units_max__gte", models.F("units_min")), _connector="OR"
                        ),
                        name="muscle_dose_is_a_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUpStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follow_up_steps",
                        to="treatments.conditionpolicy",
                    ),
                ),
                ("key", models.SlugField(max_length=30)),
                ("name", models.CharField(max_length=80)),
                ("day", models.PositiveSmallIntegerField(help_text="Days after the session.")),
                ("purpose", models.CharField(max_length=200)),
                (
                    "instruments",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), blank=True, default=list, size=None
                    ),
                ),
            ],
            options={
                "ordering": ["policy", "day"],
                "constraints": [models.UniqueConstraint(fields=("policy", "key"), name="follow_up_step_once")],
            },
        ),
        migrations.CreateModel(
            name="TreatmentCourse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("last_session_on", models.DateField(blank=True, null=True)),
                ("eligible_on", models.DateField(blank=True, null=True)),
                ("opening_on", models.DateField(blank=True, null=True)),
                ("window_opens_on", models.DateField(blank=True, null=True)),
                ("window_closes_on", models.DateField(blank=True, null=True)),
                ("lapses_on", models.DateField(blank=True, null=True)),
                ("target_on", models.DateField(blank=True, null=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="courses", to="patients.patient"
                    ),
                ),
                (
                    "condition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="courses", to="treatments.condition"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="courses", to="accounts.site"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="courses", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "diagnosis",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="treatments.diagnosiscode",
                    ),
                ),
                ("started_on", models.DateField()),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "closed_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("completed", "completed"),
                            ("paused", "paused"),
                            ("stopped", "stopped"),
                            ("merged", "continued in another course"),
                        ],
                        max_length=10,
                    ),
                ),
                ("closed_note", models.CharField(blank=True, max_length=200)),
                (
                    "booked_dates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(), default=list, editable=False, size=None
                    ),
                ),
                ("booked_until", models.DateField(editable=False, null=True)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_on", None)),
                        fields=["site", "window_closes_on", "id"],
                        name="course_open_by_window",
                    ),
                    models.Index(fields=["patient", "condition"], name="course_of_patient"),
                    models.Index(
                        condition=models.Q(("closed_on", None)),
                        fields=["site", "booked_until", "window_opens_on", "id"],
                        name="course_unbooked",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_on", None)),
                        fields=("patient", "condition"),
                        name="course_open_once",
                        violation_error_message="This patient already has an open course for this condition.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on", None), ("closed_reason", "")),
                            models.Q(("closed_on__isnull", False), models.Q(("closed_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="course_closed_with_reason",
                        violation_error_message="A closed course needs its reason.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("eligible_on", None),
                                ("lapses_on", None),
                                ("last_session_on", None),
                                ("opening_on", None),
                                ("target_on", None),
                                ("window_closes_on", None),
                                ("window_opens_on", None),
                            ),
                            models.Q(
                                ("eligible_on__isnull", False),
                                ("lapses_on__isnull", False),
                                ("last_session_on__isnull", False),
                                ("opening_on__isnull", False),
                                ("target_on__isnull", False),
                                ("window_closes_on__isnull", False),
                                ("window_opens_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="course_dates_all_or_none",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_treatmentcourseevent" ("closed_note", "closed_on", "closed_reason", "condition_id", "diagnosis_id", "eligible_on", "id", "lapses_on", "last_session_on", "opening_on", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "site_id", "started_on", "target_on", "version", "window_closes_on", "window_opens_on") VALUES (NEW."closed_note", NEW."closed_on", NEW."closed_reason", NEW."condition_id", NEW."diagnosis_id", NEW."eligible_on", NEW."id", NEW."lapses_on", NEW."last_session_on", NEW."opening_on", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."provider_id", NEW."site_id", NEW."started_on", NEW."target_on", NEW."version", NEW."window_closes_on", NEW."window_opens_on"); RETURN NULL;',
                            hash="0c6d0153825671a02c0a2bef5a9bd87bf5401197",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_4ba8e",
                            table="treatments_treatmentcourse",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."closed_note" IS DISTINCT FROM (NEW."closed_note") OR OLD."closed_on" IS DISTINCT FROM (NEW."closed_on") OR OLD."closed_reason" IS DISTINCT FROM (NEW."closed_reason") OR OLD."condition_id" IS DISTINCT FROM (NEW."condition_id") OR OLD."diagnosis_id" IS DISTINCT FROM (NEW."diagnosis_id") OR OLD."eligible_on" IS DISTINCT FROM (NEW."eligible_on") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."lapses_on" IS DISTINCT FROM (NEW."lapses_on") OR OLD."last_session_on" IS DISTINCT FROM (NEW."last_session_on") OR OLD."opening_on" IS DISTINCT FROM (NEW."opening_on") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."provider_id" IS DISTINCT FROM (NEW."provider_id") OR OLD."site_id" IS DISTINCT FROM (NEW."site_id") OR OLD."started_on" IS DISTINCT FROM (NEW."started_on") OR OLD."target_on" IS DISTINCT FROM (NEW."target_on") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."window_closes_on" IS DISTINCT FROM (NEW."window_closes_on") OR OLD."window_opens_on" IS DISTINCT FROM (NEW."window_opens_on"))',
                            func='INSERT INTO "treatments_treatmentcourseevent" ("closed_note", "closed_on", "closed_reason", "condition_id", "diagnosis_id", "eligible_on", "id", "lapses_on", "last_session_on", "opening_on", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "site_id", "started_on", "target_on", "version", "window_closes_on", "window_opens_on") VALUES (NEW."closed_note", NEW."closed_on", NEW."closed_reason", NEW."condition_id", NEW."diagnosis_id", NEW."eligible_on", NEW."id", NEW."lapses_on", NEW."last_session_on", NEW."opening_on", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."provider_id", NEW."site_id", NEW."started_on", NEW."target_on", NEW."version", NEW."window_closes_on", NEW."window_opens_on"); RETURN NULL;',
                            hash="299210cc4054fc763816eb6eba00552f7ca4471e",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_1215a",
                            table="treatments_treatmentcourse",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DrugOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drug_orders", to="patients.patient"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drug_orders",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
                (
                    "authorization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drug_orders",
                        to="patients.priorauthorization",
                    ),
                ),
                (
                    "size",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.vialsize"
                    ),
                ),
                ("vials", models.PositiveSmallIntegerField()),
                ("pharmacy", models.CharField(max_length=100)),
                ("order_number", models.CharField(blank=True, max_length=60)),
                ("tracking_number", models.CharField(blank=True, max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ordered", "ordered"),
                            ("shipped", "shipped"),
                            ("arrived", "arrived"),
                            ("cancelled", "cancelled"),
                        ],
                        default="ordered",
                        max_length=10,
                    ),
                ),
                ("ordered_on", models.DateField()),
                ("expected_on", models.DateField(blank=True, null=True)),
                ("shipped_on", models.DateField(blank=True, null=True)),
                ("arrived_on", models.DateField(blank=True, null=True)),
                ("cancelled_reason", models.CharField(blank=True, max_length=200, verbose_name="why it was cancelled")),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "ordered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-ordered_on", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["ordered", "shipped"])),
                        fields=["site", "expected_on", "id"],
                        name="drug_order_under_way",
                    ),
                    models.Index(fields=["patient", "-id"], name="drug_order_of_patient"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["ordered", "shipped", "arrived", "cancelled"])),
                        name="drug_order_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("vials__gte", 1), ("vials__lte", 20)),
                        name="drug_order_has_vials",
                        violation_error_message="From 1 to 20 vials.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "arrived"), _negated=True),
                            ("arrived_on__isnull", False),
                            _connector="OR",
                        ),
                        name="drug_order_arrived_on_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "cancelled"), _negated=True),
                            models.Q(("cancelled_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="drug_order_cancelled_with_reason",
                        violation_error_message="Say why it is cancelled.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "shipped"), _negated=True),
                            ("shipped_on__isnull", False),
                            _connector="OR",
                        ),
                        name="drug_order_shipped_on_a_day",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_drugorderevent" ("arrived_on", "authorization_id", "cancelled_reason", "course_id", "created_at", "expected_on", "id", "note", "order_number", "ordered_by_id", "ordered_on", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pharmacy", "shipped_on", "site_id", "size_id", "status", "tracking_number", "version", "vials") VALUES (NEW."arrived_on", NEW."authorization_id", NEW."cancelled_reason", NEW."course_id", NEW."created_at", NEW."expected_on", NEW."id", NEW."note", NEW."order_number", NEW."ordered_by_id", NEW."ordered_on", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."pharmacy", NEW."shipped_on", NEW."site_id", NEW."size_id", NEW."status", NEW."tracking_number", NEW."version", NEW."vials"); RETURN NULL;',
                            hash="a5e630e75f87bd1d85609193db2034c7af36ab89",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_5cd2a",
                            table="treatments_drugorder",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_drugorderevent" ("arrived_on", "authorization_id", "cancelled_reason", "course_id", "created_at", "expected_on", "id", "note", "order_number", "ordered_by_id", "ordered_on", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pharmacy", "shipped_on", "site_id", "size_id", "status", "tracking_number", "version", "vials") VALUES (NEW."arrived_on", NEW."authorization_id", NEW."cancelled_reason", NEW."course_id", NEW."created_at", NEW."expected_on", NEW."id", NEW."note", NEW."order_number", NEW."ordered_by_id", NEW."ordered_on", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."pharmacy", NEW."shipped_on", NEW."site_id", NEW."size_id", NEW."status", NEW."tracking_number", NEW."version", NEW."vials"); RETURN NULL;',
                            hash="00a2f418d069e37a2ebd9cd8b78914621b7e3c29",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_3d8f2",
                            table="treatments_drugorder",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evaluation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evaluations",
                        to="treatments.treatmentcourse",
                    ),
                ),
                ("evaluated_on", models.DateField()),
                (
                    "evaluated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("symptoms", models.TextField()),
                ("symptoms_since", models.CharField(blank=True, max_length=60, verbose_name="since")),
                ("history", models.TextField(blank=True)),
                ("examination", models.TextField(blank=True)),
                (
                    "suitability",
                    models.CharField(
                        choices=[
                            ("suitable", "Suitable"),
                            ("with_care", "Suitable with care"),
                            ("not_suitable", "Not suitable"),
                        ],
                        max_length=12,
                    ),
                ),
                ("suitability_reasons", models.TextField(verbose_name="reasons")),
                ("goals", models.TextField(help_text="One goal a line.")),
                ("told_onset", models.BooleanField(default=False, verbose_name="onset in days to two weeks")),
                (
                    "told_duration",
                    models.BooleanField(default=False, verbose_name="the effect lasts three to six months"),
                ),
                ("told_partial", models.BooleanField(default=False, verbose_name="relief may be partial")),
                ("told_risks", models.BooleanField(default=False, verbose_name="risks, and when to seek help")),
                ("told_note", models.TextField(blank=True, verbose_name="what else was said")),
                (
                    "medication_guide_on",
                    models.DateField(blank=True, null=True, verbose_name="medication guide given on"),
                ),
                ("physical_therapy", models.TextField(blank=True)),
                ("medication_plan", models.TextField(blank=True, verbose_name="medication")),
                ("lifestyle", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-evaluated_on", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("symptoms", ""), _negated=True),
                            models.Q(("suitability_reasons", ""), _negated=True),
                            models.Q(("goals", ""), _negated=True),
                        ),
                        name="evaluation_says_what_and_why",
                    ),
                    models.UniqueConstraint(
                        fields=("course", "evaluated_on"),
                        name="evaluation_once_a_day",
                        violation_error_message="There is an evaluation of this day already: edit that one.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_evaluationevent" ("course_id", "evaluated_by_id", "evaluated_on", "examination", "goals", "history", "id", "lifestyle", "medication_guide_on", "medication_plan", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "physical_therapy", "suitability", "suitability_reasons", "symptoms", "symptoms_since", "told_duration", "told_note", "told_onset", "told_partial", "told_risks", "version") VALUES (NEW."course_id", NEW."evaluated_by_id", NEW."evaluated_on", NEW."examination", NEW."goals", NEW."history", NEW."id", NEW."lifestyle", NEW."medication_guide_on", NEW."medication_plan", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."physical_therapy", NEW."suitability", NEW."suitability_reasons", NEW."symptoms", NEW."symptoms_since", NEW."told_duration", NEW."told_note", NEW."told_onset", NEW."told_partial", NEW."told_risks", NEW."version"); RETURN NULL;',
                            hash="6ac7c4504d39b13176773412aed220d81f4cdd98",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_aa220",
                            table="treatments_evaluation",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_evaluationevent" ("course_id", "evaluated_by_id", "evaluated_on", "examination", "goals", "history", "id", "lifestyle", "medication_guide_on", "medication_plan", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "physical_therapy", "suitability", "suitability_reasons", "symptoms", "symptoms_since", "told_duration", "told_note", "told_onset", "told_partial", "told_risks", "version") VALUES (NEW."course_id", NEW."evaluated_by_id", NEW."evaluated_on", NEW."examination", NEW."goals", NEW."history", NEW."id", NEW."lifestyle", NEW."medication_guide_on", NEW."medication_plan", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."physical_therapy", NEW."suitability", NEW."suitability_reasons", NEW."symptoms", NEW."symptoms_since", NEW."told_duration", NEW."told_note", NEW."told_onset", NEW."told_partial", NEW."told_risks", NEW."version"); RETURN NULL;',
                            hash="cb447264f5b3578f7eb21191633aba59a7d1e5c8",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c8ed1",
                            table="treatments_evaluation",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TreatmentCourseEvent",
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
                        to="treatments.treatmentcourse",
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
                ("last_session_on", models.DateField(blank=True, null=True)),
                ("eligible_on", models.DateField(blank=True, null=True)),
                ("opening_on", models.DateField(blank=True, null=True)),
                ("window_opens_on", models.DateField(blank=True, null=True)),
                ("window_closes_on", models.DateField(blank=True, null=True)),
                ("lapses_on", models.DateField(blank=True, null=True)),
                ("target_on", models.DateField(blank=True, null=True)),
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
                    "condition",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.condition",
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
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "diagnosis",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.diagnosiscode",
                    ),
                ),
                ("started_on", models.DateField()),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "closed_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("completed", "completed"),
                            ("paused", "paused"),
                            ("stopped", "stopped"),
                            ("merged", "continued in another course"),
                        ],
                        max_length=10,
                    ),
                ),
                ("closed_note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="c834422a47e4ee9813e4d722779578ec0d068a60",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_162c5",
                            table="treatments_treatmentcourseevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EvaluationEvent",
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
                        to="treatments.evaluation",
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
                    "course",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.treatmentcourse",
                    ),
                ),
                ("evaluated_on", models.DateField()),
                (
                    "evaluated_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("symptoms", models.TextField()),
                ("symptoms_since", models.CharField(blank=True, max_length=60, verbose_name="since")),
                ("history", models.TextField(blank=True)),
                ("examination", models.TextField(blank=True)),
                (
                    "suitability",
                    models.CharField(
                        choices=[
                            ("suitable", "Suitable"),
                            ("with_care", "Suitable with care"),
                            ("not_suitable", "Not suitable"),
                        ],
                        max_length=12,
                    ),
                ),
                ("suitability_reasons", models.TextField(verbose_name="reasons")),
                ("goals", models.TextField(help_text="One goal a line.")),
                ("told_onset", models.BooleanField(default=False, verbose_name="onset in days to two weeks")),
                (
                    "told_duration",
                    models.BooleanField(default=False, verbose_name="the effect lasts three to six months"),
                ),
                ("told_partial", models.BooleanField(default=False, verbose_name="relief may be partial")),
                ("told_risks", models.BooleanField(default=False, verbose_name="risks, and when to seek help")),
                ("told_note", models.TextField(blank=True, verbose_name="what else was said")),
                (
                    "medication_guide_on",
                    models.DateField(blank=True, null=True, verbose_name="medication guide given on"),
                ),
                ("physical_therapy", models.TextField(blank=True)),
                ("medication_plan", models.TextField(blank=True, verbose_name="medication")),
                ("lifestyle", models.TextField(blank=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="790c88c1e944de034a45ac5472bf07395db925bd",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e7ec8",
                            table="treatments_evaluationevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DrugOrderEvent",
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
                        to="treatments.drugorder",
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
                    "authorization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.priorauthorization",
                    ),
                ),
                (
                    "size",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="inventory.vialsize",
                    ),
                ),
                ("vials", models.PositiveSmallIntegerField()),
                ("pharmacy", models.CharField(max_length=100)),
                ("order_number", models.CharField(blank=True, max_length=60)),
                ("tracking_number", models.CharField(blank=True, max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ordered", "ordered"),
                            ("shipped", "shipped"),
                            ("arrived", "arrived"),
                            ("cancelled", "cancelled"),
                        ],
                        default="ordered",
                        max_length=10,
                    ),
                ),
                ("ordered_on", models.DateField()),
                ("expected_on", models.DateField(blank=True, null=True)),
                ("shipped_on", models.DateField(blank=True, null=True)),
                ("arrived_on", models.DateField(blank=True, null=True)),
                ("cancelled_reason", models.CharField(blank=True, max_length=200, verbose_name="why it was cancelled")),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "ordered_by",
                    models.ForeignKey(
                        db_constraint=False,
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
                            hash="5938ddec94918f1ed577c216fb95af2dc675ef9a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_a666d",
                            table="treatments_drugorderevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InjectionSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="patients.patient"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="accounts.site"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("performed_on", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("signed", "signed"),
                            ("recorded", "recorded from outside"),
                            ("voided", "voided"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("is_outside", models.BooleanField(default=False)),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="inventory.product",
                    ),
                ),
                ("dilution_units", models.PositiveIntegerField(blank=True, null=True)),
                ("dilution_ml", models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                (
                    "guidance",
                    models.CharField(
                        choices=[
                            ("none", "Landmarks only"),
                            ("emg", "EMG"),
                            ("stimulation", "Electrical stimulation"),
                            ("ultrasound", "Ultrasound"),
                        ],
                        default="none",
                        max_length=12,
                    ),
                ),
                ("guidance_reason", models.CharField(blank=True, max_length=200)),
                (
                    "numbing",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("ice", "Ice"),
                            ("topical", "Topical anaesthetic"),
                            ("both", "Ice and topical anaesthetic"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("discomfort", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="discomfort 0-10")),
                ("started_at", models.TimeField(blank=True, null=True, verbose_name="started")),
                ("ended_at", models.TimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "complication",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("faint", "Fainting or near fainting"),
                            ("pain", "Marked pain"),
                            ("haematoma", "Haematoma"),
                            ("allergic", "Allergic reaction"),
                            ("other", "Other"),
                        ],
                        default="none",
                        max_length=12,
                    ),
                ),
                ("complication_note", models.CharField(blank=True, max_length=200)),
                (
                    "bleeding",
                    models.CharField(
                        choices=[("none", "None"), ("minor", "Minor, stopped by pressure"), ("prolonged", "Prolonged")],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("aftercare_given", models.BooleanField(default=False, verbose_name="aftercare explained")),
                ("aftercare_note", models.CharField(blank=True, max_length=300)),
                ("medication_guide_given", models.BooleanField(default=False, verbose_name="medication guide given")),
                (
                    "last_response",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("first", "First session"),
                            ("good", "Good"),
                            ("partial", "Partial"),
                            ("none", "None"),
                            ("unknown", "Not known"),
                        ],
                        max_length=10,
                        verbose_name="response to the last session",
                    ),
                ),
                ("last_response_note", models.CharField(blank=True, max_length=300)),
                ("notes", models.TextField(blank=True)),
                ("is_touch_up", models.BooleanField(default=False, verbose_name="touch-up")),
                ("touch_up_reason", models.CharField(blank=True, max_length=200)),
                (
                    "screening",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="patients.screening",
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="patients.consent",
                    ),
                ),
                (
                    "weight",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="patients.weight",
                    ),
                ),
                (
                    "authorization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="patients.priorauthorization",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "outside_units",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=7, null=True, verbose_name="total units"
                    ),
                ),
                ("outside_source", models.CharField(blank=True, max_length=200, verbose_name="source")),
                ("outside_lot", models.CharField(blank=True, max_length=40, verbose_name="lot number")),
                (
                    "findings",
                    models.JSONField(default=list, editable=False, help_text="What was found when it was signed."),
                ),
                (
                    "as_signed",
                    models.JSONField(
                        default=dict, editable=False, help_text="What the rows it points at said when it was signed."
                    ),
                ),
                ("signed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "signed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("signature", models.CharField(blank=True, editable=False, max_length=200)),
                ("voided_at", models.DateTimeField(editable=False, null=True)),
                (
                    "voided_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("void_reason", models.CharField(blank=True, editable=False, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("saved_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["-performed_on", "-id"],
                "indexes": [
                    models.Index(fields=["patient", "-performed_on"], name="session_of_patient"),
                    models.Index(
                        condition=models.Q(("status", "draft")), fields=["provider", "-id"], name="session_drafts"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "signed", "recorded", "voided"])),
                        name="session_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_outside", True), ("status__in", ["draft", "recorded", "voided"])),
                            models.Q(("is_outside", False), ("status__in", ["draft", "signed", "voided"])),
                            _connector="OR",
                        ),
                        name="session_outside_is_never_signed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "signed"), _negated=True),
                            models.Q(
                                ("product__isnull", False),
                                ("provider__isnull", False),
                                ("signed_at__isnull", False),
                                ("signed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="session_signed_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "recorded"), _negated=True),
                            models.Q(
                                ("outside_units__gt", 0),
                                ("product__isnull", False),
                                models.Q(("outside_source", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="session_outside_has_dose_and_source",
                        violation_error_message="An outside session needs its product, total units and source.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_touch_up", False),
                            models.Q(("touch_up_reason", ""), _negated=True),
                            ("status", "draft"),
                            _connector="OR",
                        ),
                        name="session_touch_up_has_reason",
                        violation_error_message="Say why this is a touch-up.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discomfort", None), ("discomfort__lte", 10), _connector="OR"),
                        name="session_discomfort_0_to_10",
                        violation_error_message="From 0 to 10.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("started_at", None),
                            ("ended_at", None),
                            ("ended_at__gte", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="session_ends_after_start",
                        violation_error_message="It ended before it started.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "voided"), _negated=True),
                            models.Q(("voided_at__isnull", False), models.Q(("void_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="session_voided_with_reason",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="signed_session_is_locked",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n        IF OLD.status = 'draft' THEN\n            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n            RETURN NEW;\n        END IF;\n        IF TG_OP = 'UPDATE' AND OLD.status IN ('signed', 'recorded') AND NEW.status = 'voided'\n           AND to_jsonb(NEW) - '{status,voided_at,voided_by_id,void_reason,version,saved_at}'::text[] = to_jsonb(OLD) - '{status,voided_at,voided_by_id,void_reason,version,saved_at}'::text[] THEN\n            RETURN NEW;\n        END IF;\n        IF TG_OP = 'UPDATE' AND \n        OLD.patient_id <> NEW.patient_id\n        AND to_jsonb(NEW) - 'patient_id' = to_jsonb(OLD) - 'patient_id'\n        AND \n        EXISTS (\n            SELECT 1 FROM patients_patientmerge AS merge\n             WHERE merge.moved -> 'treatments.InjectionSession' @> to_jsonb(NEW.id)\n               AND ((merge.undone_at IS NULL AND merge.merged_id = OLD.patient_id AND merge.kept_id = NEW.patient_id)\n                 OR (merge.undone_at IS NOT NULL AND merge.kept_id = OLD.patient_id\n                     AND merge.merged_id = NEW.patient_id)))\n    \n     THEN\n            RETURN NEW;\n        END IF;\n        RAISE EXCEPTION 'A % session cannot be changed.', OLD.status USING ERRCODE = 'integrity_constraint_violation';\n    ",
                            hash="5b5c94d9b0e6ba1f96c29a8005006dec30866771",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_signed_session_is_locked_45b3d",
                            table="treatments_injectionsession",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="signed_session_is_complete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE injected numeric; given numeric; unclosed integer; empty integer; anothers integer;",
                            func="\n        IF NEW.status <> 'signed' OR (TG_OP = 'UPDATE' AND OLD.status = 'signed') THEN\n            RETURN NEW;\n        END IF;\n        SELECT sum(units), count(*) FILTER (WHERE units IS NULL) INTO injected, empty\n          FROM treatments_injection WHERE session_id = NEW.id;\n        SELECT sum(use.units_given),\n               count(*) FILTER (WHERE use.units_given + use.units_discarded <> size.units\n                                   OR size.product_id <> NEW.product_id),\n               count(*) FILTER (WHERE named.patient_id <> NEW.patient_id\n                                   OR (vial.source = 'pharmacy' AND named.id IS NULL))\n          INTO given, unclosed, anothers\n          FROM treatments_vialuse use\n          JOIN inventory_vial vial ON vial.id = use.vial_id\n          JOIN inventory_vialsize size ON size.id = vial.size_id\n          LEFT JOIN treatments_patientvial named ON named.vial_id = vial.id\n         WHERE use.session_id = NEW.id;\n        IF coalesce(injected, 0) <= 0 OR empty > 0 THEN\n            RAISE EXCEPTION 'A session is signed with units at every site.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        IF given IS DISTINCT FROM injected OR unclosed > 0 THEN\n            RAISE EXCEPTION 'The vials of a signed session must close: given plus discarded is the vial.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        IF anothers > 0 THEN\n            RAISE EXCEPTION 'A vial of this session belongs to another patient.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="d7b5f2da043928d5d4607cec81eacbe4d0db2883",
                            operation="INSERT OR UPDATE",
                            pgid="pgtrigger_signed_session_is_complete_9cf16",
                            table="treatments_injectionsession",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="voided_session_is_sealed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (NEW.\"status\" = 'voided' AND OLD.\"status\" IN ('signed', 'recorded'))",
                            constraint="CONSTRAINT",
                            func="\n        IF NOT EXISTS (SELECT 1 FROM treatments_recordseal WHERE session_id = NEW.id AND event = 'voided') THEN\n            RAISE EXCEPTION 'A session is voided with a seal of it.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NULL;\n    ",
                            hash="e12783219b1b39193b8ba3e9f2742cb487b7993c",
                            operation='UPDATE OF "status"',
                            pgid="pgtrigger_voided_session_is_sealed_2f6b7",
                            table="treatments_injectionsession",
                            timing="DEFERRABLE INITIALLY DEFERRED",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="no_session_of_a_merged_record",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE other bigint;",
                            func="\n        SELECT merged_into_id INTO other FROM patients_patient WHERE id = NEW.patient_id FOR KEY SHARE;\n        IF other IS NOT NULL THEN\n            RAISE EXCEPTION 'This record was merged into another.' USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="579bdb1b9d56cc98f0c997931a5c1d0402cb9ed0",
                            operation="INSERT",
                            pgid="pgtrigger_no_session_of_a_merged_record_865e6",
                            table="treatments_injectionsession",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_injectionsessionevent" ("aftercare_given", "aftercare_note", "as_signed", "authorization_id", "bleeding", "complication", "complication_note", "consent_id", "created_at", "dilution_ml", "dilution_units", "discomfort", "ended_at", "findings", "guidance", "guidance_reason", "id", "is_outside", "is_touch_up", "last_response", "last_response_note", "medication_guide_given", "notes", "numbing", "outside_lot", "outside_source", "outside_units", "patient_id", "performed_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "protocol_id", "provider_id", "replaces_id", "saved_at", "screening_id", "signature", "signed_at", "signed_by_id", "site_id", "started_at", "status", "touch_up_reason", "version", "void_reason", "voided_at", "voided_by_id", "weight_id") VALUES (NEW."aftercare_given", NEW."aftercare_note", NEW."as_signed", NEW."authorization_id", NEW."bleeding", NEW."complication", NEW."complication_note", NEW."consent_id", NEW."created_at", NEW."dilution_ml", NEW."dilution_units", NEW."discomfort", NEW."ended_at", NEW."findings", NEW."guidance", NEW."guidance_reason", NEW."id", NEW."is_outside", NEW."is_touch_up", NEW."last_response", NEW."last_response_note", NEW."medication_guide_given", NEW."notes", NEW."numbing", NEW."outside_lot", NEW."outside_source", NEW."outside_units", NEW."patient_id", NEW."performed_on", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_id", NEW."protocol_id", NEW."provider_id", NEW."replaces_id", NEW."saved_at", NEW."screening_id", NEW."signature", NEW."signed_at", NEW."signed_by_id", NEW."site_id", NEW."started_at", NEW."status", NEW."touch_up_reason", NEW."version", NEW."void_reason", NEW."voided_at", NEW."voided_by_id", NEW."weight_id"); RETURN NULL;',
                            hash="967fe6d022de2af6b7a9b04c12dd170614fa97f1",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_56aa7",
                            table="treatments_injectionsession",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_injectionsessionevent" ("aftercare_given", "aftercare_note", "as_signed", "authorization_id", "bleeding", "complication", "complication_note", "consent_id", "created_at", "dilution_ml", "dilution_units", "discomfort", "ended_at", "findings", "guidance", "guidance_reason", "id", "is_outside", "is_touch_up", "last_response", "last_response_note", "medication_guide_given", "notes", "numbing", "outside_lot", "outside_source", "outside_units", "patient_id", "performed_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "protocol_id", "provider_id", "replaces_id", "saved_at", "screening_id", "signature", "signed_at", "signed_by_id", "site_id", "started_at", "status", "touch_up_reason", "version", "void_reason", "voided_at", "voided_by_id", "weight_id") VALUES (NEW."aftercare_given", NEW."aftercare_note", NEW."as_signed", NEW."authorization_id", NEW."bleeding", NEW."complication", NEW."complication_note", NEW."consent_id", NEW."created_at", NEW."dilution_ml", NEW."dilution_units", NEW."discomfort", NEW."ended_at", NEW."findings", NEW."guidance", NEW."guidance_reason", NEW."id", NEW."is_outside", NEW."is_touch_up", NEW."last_response", NEW."last_response_note", NEW."medication_guide_given", NEW."notes", NEW."numbing", NEW."outside_lot", NEW."outside_source", NEW."outside_units", NEW."patient_id", NEW."performed_on", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_id", NEW."protocol_id", NEW."provider_id", NEW."replaces_id", NEW."saved_at", NEW."screening_id", NEW."signature", NEW."signed_at", NEW."signed_by_id", NEW."site_id", NEW."started_at", NEW."status", NEW."touch_up_reason", NEW."version", NEW."void_reason", NEW."voided_at", NEW."voided_by_id", NEW."weight_id"); RETURN NULL;',
                            hash="cb4f07d7b90facb55f4f260f6dc80e677bca8103",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_395ba",
                            table="treatments_injectionsession",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="treatments.injectionsession",
                    ),
                ),
                ("step", models.SlugField(max_length=30)),
                ("name", models.CharField(max_length=80)),
                ("purpose", models.CharField(blank=True, max_length=200)),
                ("due_on", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[("planned", "planned"), ("done", "done"), ("cancelled", "cancelled")],
                        default="planned",
                        max_length=10,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who took it on; empty is the course's provider.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("done_on", models.DateField(blank=True, null=True)),
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
                ("onset_on", models.DateField(blank=True, null=True, verbose_name="first effect")),
                ("peak_on", models.DateField(blank=True, null=True, verbose_name="strongest effect")),
                ("wear_off_on", models.DateField(blank=True, null=True, verbose_name="wearing off since")),
                (
                    "impression",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (1, "Very much improved"),
                            (2, "Much improved"),
                            (3, "Minimally improved"),
                            (4, "No change"),
                            (5, "Minimally worse"),
                            (6, "Much worse"),
                            (7, "Very much worse"),
                        ],
                        null=True,
                    ),
                ),
                (
                    "satisfaction",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (1, "Very satisfied"),
                            (2, "Satisfied"),
                            (3, "Neither"),
                            (4, "Dissatisfied"),
                            (5, "Very dissatisfied"),
                        ],
                        null=True,
                    ),
                ),
                ("adverse_event", models.BooleanField(blank=True, null=True)),
                ("adverse_event_text", models.CharField(blank=True, max_length=500)),
                (
                    "spread_answers",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="The questions about spread, by key: yes or no; not asked is not here.",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["due_on", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "planned")), fields=["due_on", "id"], name="follow_up_planned"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["planned", "done", "cancelled"])),
                        name="follow_up_status_is_known",
                    ),
                    models.UniqueConstraint(fields=("session", "course", "step"), name="follow_up_once_per_step"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "done"), _negated=True),
                            models.Q(("done_by__isnull", False), ("done_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="follow_up_done_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("adverse_event", True), _negated=True),
                            models.Q(("adverse_event_text", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="follow_up_adverse_event_in_words",
                        violation_error_message="Say what happened.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("onset_on", None),
                            ("wear_off_on", None),
                            ("wear_off_on__gte", models.F("onset_on")),
                            _connector="OR",
                        ),
                        name="follow_up_wears_off_after_onset",
                        violation_error_message="The effect cannot wear off before it began.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_followupevent" ("adverse_event", "adverse_event_text", "course_id", "done_by_id", "done_on", "due_on", "id", "impression", "name", "note", "onset_on", "owner_id", "peak_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "satisfaction", "session_id", "spread_answers", "status", "step", "version", "wear_off_on") VALUES (NEW."adverse_event", NEW."adverse_event_text", NEW."course_id", NEW."done_by_id", NEW."done_on", NEW."due_on", NEW."id", NEW."impression", NEW."name", NEW."note", NEW."onset_on", NEW."owner_id", NEW."peak_on", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."purpose", NEW."satisfaction", NEW."session_id", NEW."spread_answers", NEW."status", NEW."step", NEW."version", NEW."wear_off_on"); RETURN NULL;',
                            hash="085323d748952d42e6f0a55252e53eee06f0beab",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_552bf",
                            table="treatments_followup",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_followupevent" ("adverse_event", "adverse_event_text", "course_id", "done_by_id", "done_on", "due_on", "id", "impression", "name", "note", "onset_on", "owner_id", "peak_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "satisfaction", "session_id", "spread_answers", "status", "step", "version", "wear_off_on") VALUES (NEW."adverse_event", NEW."adverse_event_text", NEW."course_id", NEW."done_by_id", NEW."done_on", NEW."due_on", NEW."id", NEW."impression", NEW."name", NEW."note", NEW."onset_on", NEW."owner_id", NEW."peak_on", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."purpose", NEW."satisfaction", NEW."session_id", NEW."spread_answers", NEW."status", NEW."step", NEW."version", NEW."wear_off_on"); RETURN NULL;',
                            hash="89bdf9fd6d74f088251c1ac99b9be5612e00eabe",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_a5eb7",
                            table="treatments_followup",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Addendum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addenda",
                        to="treatments.injectionsession",
                    ),
                ),
                ("text", models.TextField()),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                ("signature", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name_plural": "addenda",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="addendum_says_something"
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="only_ever_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="fd61f93fb7536949e7bc1feebff4f00ccdc0740e",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_only_ever_added_47b40",
                            table="treatments_addendum",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Protocol",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=60)),
                ("version", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=100)),
                (
                    "condition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="protocols", to="treatments.condition"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        help_text="Units are this product's; empty when the protocol gives none.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="protocols",
                        to="inventory.product",
                    ),
                ),
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
                ("note", models.CharField(blank=True, max_length=300)),
                ("is_current", models.BooleanField(default=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who saved it as the clinic's own; empty for one that ships with Cadence.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="treatments.injectionsession",
                    ),
                ),
            ],
            options={
                "ordering": ["condition", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "version"), name="protocol_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("key",), name="protocol_one_current_version"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seals",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("signed", "signed"),
                            ("recorded", "recorded from outside"),
                            ("addendum", "addendum"),
                            ("voided", "voided"),
                        ],
                        max_length=10,
                    ),
                ),
                ("sealed_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                ("previous", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("event__in", ["signed", "recorded", "addendum", "voided"])),
                        name="seal_event_is_known",
                    ),
                    models.UniqueConstraint(fields=("previous",), name="record_seal_one_chain"),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="only_ever_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="324c62e346ed26c58d3fe4bc7adc19cbe9cc5f34",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_only_ever_added_c6a9f",
                            table="treatments_recordseal",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetreatmentWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_session_on", models.DateField(blank=True, null=True)),
                ("eligible_on", models.DateField(blank=True, null=True)),
                ("opening_on", models.DateField(blank=True, null=True)),
                ("window_opens_on", models.DateField(blank=True, null=True)),
                ("window_closes_on", models.DateField(blank=True, null=True)),
                ("lapses_on", models.DateField(blank=True, null=True)),
                ("target_on", models.DateField(blank=True, null=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="windows",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="windows",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="treatments.conditionpolicy"
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("target_chosen_on", models.DateField(blank=True, null=True)),
                (
                    "target_chosen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("target_chosen_reason", models.CharField(blank=True, max_length=200)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closed_windows",
                        to="treatments.injectionsession",
                    ),
                ),
                ("voided", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["course", "-last_session_on", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("course", "session"), name="window_once_per_session"),
                    models.UniqueConstraint(
                        condition=models.Q(("closed_by", None), ("voided", False)),
                        fields=("course",),
                        name="window_one_open_per_course",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_retreatmentwindowevent" ("closed_by_id", "course_id", "eligible_on", "id", "lapses_on", "last_session_on", "opening_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "reasons", "session_id", "target_chosen_by_id", "target_chosen_on", "target_chosen_reason", "target_on", "voided", "window_closes_on", "window_opens_on") VALUES (NEW."closed_by_id", NEW."course_id", NEW."eligible_on", NEW."id", NEW."lapses_on", NEW."last_session_on", NEW."opening_on", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."policy_id", NEW."reasons", NEW."session_id", NEW."target_chosen_by_id", NEW."target_chosen_on", NEW."target_chosen_reason", NEW."target_on", NEW."voided", NEW."window_closes_on", NEW."window_opens_on"); RETURN NULL;',
                            hash="3867882300a2eee9a88367ca60f91e021538c469",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_86b77",
                            table="treatments_retreatmentwindow",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_retreatmentwindowevent" ("closed_by_id", "course_id", "eligible_on", "id", "lapses_on", "last_session_on", "opening_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "reasons", "session_id", "target_chosen_by_id", "target_chosen_on", "target_chosen_reason", "target_on", "voided", "window_closes_on", "window_opens_on") VALUES (NEW."closed_by_id", NEW."course_id", NEW."eligible_on", NEW."id", NEW."lapses_on", NEW."last_session_on", NEW."opening_on", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."policy_id", NEW."reasons", NEW."session_id", NEW."target_chosen_by_id", NEW."target_chosen_on", NEW."target_chosen_reason", NEW."target_on", NEW."voided", NEW."window_closes_on", NEW."window_opens_on"); RETURN NULL;',
                            hash="20ed3d30b7b5d7c6778832e673ed934c2e78d49c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_8d25c",
                            table="treatments_retreatmentwindow",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SessionCourse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="treated",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="treatments",
                        to="treatments.treatmentcourse",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("session", "course"), name="session_course_once")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="draft_rows_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE found_status text;",
                            func="\n        IF TG_OP <> 'INSERT' THEN\n            SELECT status INTO found_status FROM treatments_injectionsession WHERE id = OLD.session_id FOR SHARE;\n            IF found_status <> 'draft' THEN\n                RAISE EXCEPTION 'A % session cannot be changed.', found_status\n                    USING ERRCODE = 'integrity_constraint_violation';\n            END IF;\n        END IF;\n        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n        SELECT status INTO found_status FROM treatments_injectionsession WHERE id = NEW.session_id FOR SHARE;\n        IF found_status <> 'draft' THEN\n            RAISE EXCEPTION 'A % session cannot be changed.', found_status\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="97cc61be0297ccb495efdafbd59760418e0237a9",
                            operation="INSERT OR UPDATE OR DELETE",
                            pgid="pgtrigger_draft_rows_only_220cb",
                            table="treatments_sessioncourse",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Injection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="injections",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="injections",
                        to="treatments.treatmentcourse",
                    ),
                ),
                ("order", models.PositiveSmallIntegerField()),
                (
                    "muscle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="treatments.muscle"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("left", "Left"), ("right", "Right"), ("midline", "Midline")], max_length=8
                    ),
                ),
                ("view", models.CharField(blank=True, max_length=20)),
                ("x", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("y", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("units", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
            ],
            options={
                "ordering": ["session", "order"],
                "constraints": [
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("session", "order"),
                        name="injection_order_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("units", None), ("units__gt", 0), _connector="OR"),
                        name="injection_units_positive",
                        violation_error_message="More than 0 units.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("view", ""), ("x", None), ("y", None)),
                            models.Q(
                                ("x__isnull", False),
                                ("x__lte", 1000),
                                ("y__isnull", False),
                                ("y__lte", 1000),
                                models.Q(("view", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="injection_point_on_its_view",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="draft_rows_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE found_status text;",
                            func="\n        IF TG_OP <> 'INSERT' THEN\n            SELECT status INTO found_status FROM treatments_injectionsession WHERE id = OLD.session_id FOR SHARE;\n            IF found_status <> 'draft' THEN\n                RAISE EXCEPTION 'A % session cannot be changed.', found_status\n                    USING ERRCODE = 'integrity_constraint_violation';\n            END IF;\n        END IF;\n        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n        SELECT status INTO found_status FROM treatments_injectionsession WHERE id = NEW.session_id FOR SHARE;\n        IF found_status <> 'draft' THEN\n            RAISE EXCEPTION 'A % session cannot be changed.', found_status\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="b494e49fda02415a0a60ef613c203b0ae590fdad",
                            operation="INSERT OR UPDATE OR DELETE",
                            pgid="pgtrigger_draft_rows_only_35af1",
                            table="treatments_injection",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VialUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vial_uses",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "vial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="inventory.vial"
                    ),
                ),
                ("units_given", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=7)),
                ("units_discarded", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=7)),
                (
                    "diluent",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("saline", "0.9 % sodium chloride, preservative-free"),
                            ("none", "None, supplied as a solution"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "diluent_ml",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=5, null=True, verbose_name="mL of diluent"
                    ),
                ),
                ("reconstituted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reconstituted_by",
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
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("session", "vial"), name="vial_use_once_per_session"),
                    models.CheckConstraint(
                        condition=models.Q(("units_discarded__gte", 0), ("units_given__gte", 0)),
                        name="vial_use_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("diluent_ml", None), ("diluent_ml__gt", 0), _connector="OR"),
                        name="vial_use_diluent_positive",
                        violation_error_message="More than 0 mL.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="draft_rows_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE found_status text;",
                            func="\n        IF TG_OP <> 'INSERT' THEN\n            SELECT status INTO found_status FROM treatments_injectionsession WHERE id = OLD.session_id FOR SHARE;\n            IF found_status <> 'draft' THEN\n                RAISE EXCEPTION 'A % session cannot be changed.', found_status\n                    USING ERRCODE = 'integrity_constraint_violation';\n            END IF;\n        END IF;\n        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n        SELECT status INTO found_status FROM treatments_injectionsession WHERE id = NEW.session_id FOR SHARE;\n        IF found_status <> 'draft' THEN\n            RAISE EXCEPTION 'A % session cannot be changed.', found_status\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="187d390b316ef32c357c8d52e9e67b5d92da31f3",
                            operation="INSERT OR UPDATE OR DELETE",
                            pgid="pgtrigger_draft_rows_only_203d1",
                            table="treatments_vialuse",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AdverseEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adverse_events",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adverse_events",
                        to="treatments.treatmentcourse",
                    ),
                ),
                (
                    "follow_up",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adverse_event_record",
                        to="treatments.followup",
                    ),
                ),
                (
                    "term",
                    models.CharField(
                        choices=[
                            ("breathing", "Trouble breathing"),
                            ("dysphagia", "Trouble swallowing"),
                            ("rash_allergy", "Allergic reaction"),
                            ("weakness", "Weakness away from the sites"),
                            ("diplopia", "Double or blurred vision"),
                            ("ptosis", "Drooping eyelid"),
                            ("dysphonia", "Hoarse or weak voice"),
                            ("dysarthria", "Slurred speech"),
                            ("incontinence", "Loss of bladder control"),
                            ("fall", "Falls or weak neck"),
                            ("site", "Reaction at the site"),
                            ("headache", "Headache"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("words", models.CharField(max_length=500, verbose_name="what happened")),
                (
                    "triage",
                    models.CharField(
                        choices=[
                            ("danger", "emergency"),
                            ("same_day", "same day"),
                            ("watch", "watch"),
                            ("none", "no red answer"),
                        ],
                        default="none",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "answers",
                    models.JSONField(
                        blank=True, default=dict, help_text="The questions about spread, by key: yes or no."
                    ),
                ),
                ("onset_on", models.DateField(verbose_name="began on")),
                (
                    "severity",
                    models.CharField(
                        blank=True,
                        choices=[("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe")],
                        max_length=10,
                    ),
                ),
                ("serious", models.BooleanField(blank=True, null=True)),
                (
                    "criteria",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("death", "Death"),
                                ("life_threatening", "Life-threatening at the time"),
                                ("hospital", "Hospital stay, new or longer"),
                                ("disability", "Persistent or significant disability"),
                                ("birth_defect", "Birth defect"),
                                ("important", "Other medically important event"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="why serious",
                    ),
                ),
                (
                    "muscle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="treatments.muscle",
                    ),
                ),
                (
                    "relatedness",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("related", "Related to the treatment"),
                            ("possible", "Possibly related"),
                            ("unrelated", "Not related"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ongoing", "Ongoing"),
                            ("recovering", "Recovering"),
                            ("recovered", "Recovered"),
                            ("sequelae", "Recovered with sequelae"),
                            ("fatal", "Fatal"),
                            ("unknown", "Unknown"),
                            ("error", "Entered in error"),
                        ],
                        default="ongoing",
                        max_length=10,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("staff", "told to staff"),
                            ("tablet", "patient, on the tablet"),
                            ("link", "patient, by a link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("reported_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who is told; nobody in particular, and every provider of the site is.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adverse_events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["-onset_on", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_at", None)),
                        fields=["provider", "reported_at"],
                        name="adverse_event_unseen",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["staff", "tablet", "link"])),
                        name="adverse_event_source_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("words", ""), _negated=True), name="adverse_event_in_words"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("serious__isnull", False), ("serious", True), ("criteria__len__gt", 0)),
                            models.Q(
                                ("criteria__len", 0), models.Q(("serious", False), ("serious", None), _connector="OR")
                            ),
                            _connector="OR",
                        ),
                        name="adverse_event_serious_by_a_criterion",
                        violation_error_message="Say what makes it serious, and only then.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seen_at", None), ("seen_by", None)),
                            models.Q(("seen_at__isnull", False), ("seen_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="adverse_event_seen_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", "staff"), _negated=True),
                            ("reported_by__isnull", False),
                            _connector="OR",
                        ),
                        name="adverse_event_reported_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "fatal"), _negated=True),
                            models.Q(("serious__isnull", False), ("serious", True)),
                            _connector="OR",
                        ),
                        name="adverse_event_fatal_is_serious",
                        violation_error_message="A fatal event is serious.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "error"), _negated=True),
                            models.Q(("note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="adverse_event_error_says_why",
                        violation_error_message="Say in the note why it was entered in error.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="adverse_event_follows_its_session",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            declare="DECLARE given_on date; found_status text;",
                            func="\n        SELECT performed_on, status INTO given_on, found_status\n          FROM treatments_injectionsession WHERE id = NEW.session_id FOR SHARE;\n        IF found_status = 'draft' THEN\n            RAISE EXCEPTION 'An adverse event follows a session that was given.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        IF NEW.onset_on < given_on THEN\n            RAISE EXCEPTION 'An adverse event cannot begin before its session.'\n                USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        IF NEW.follow_up_id IS NOT NULL AND NOT EXISTS (\n            SELECT 1 FROM treatments_followup WHERE id = NEW.follow_up_id AND session_id = NEW.session_id) THEN\n            RAISE EXCEPTION 'The follow-up is of another session.' USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        RETURN NEW;\n    ",
                            hash="a6a1513044afe113e7e815c261797f9bc599ee30",
                            operation="INSERT OR UPDATE",
                            pgid="pgtrigger_adverse_event_follows_its_session_6e642",
                            table="treatments_adverseevent",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="adverse_event_stays",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="776dcddc9a1efcc7bd48cd8b5e105eacb1343913",
                            operation="DELETE",
                            pgid="pgtrigger_adverse_event_stays_09865",
                            table="treatments_adverseevent",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "treatments_adverseeventevent" ("answers", "course_id", "criteria", "follow_up_id", "id", "muscle_id", "note", "onset_on", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "relatedness", "reported_at", "reported_by_id", "seen_at", "seen_by_id", "serious", "session_id", "severity", "source", "term", "triage", "version", "words") VALUES (NEW."answers", NEW."course_id", NEW."criteria", NEW."follow_up_id", NEW."id", NEW."muscle_id", NEW."note", NEW."onset_on", NEW."outcome", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."provider_id", NEW."relatedness", NEW."reported_at", NEW."reported_by_id", NEW."seen_at", NEW."seen_by_id", NEW."serious", NEW."session_id", NEW."severity", NEW."source", NEW."term", NEW."triage", NEW."version", NEW."words"); RETURN NULL;',
                            hash="02639fd50bbba50699cab84ffbc08e0f3a769f64",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_cd990",
                            table="treatments_adverseevent",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "treatments_adverseeventevent" ("answers", "course_id", "criteria", "follow_up_id", "id", "muscle_id", "note", "onset_on", "outcome", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "relatedness", "reported_at", "reported_by_id", "seen_at", "seen_by_id", "serious", "session_id", "severity", "source", "term", "triage", "version", "words") VALUES (NEW."answers", NEW."course_id", NEW."criteria", NEW."follow_up_id", NEW."id", NEW."muscle_id", NEW."note", NEW."onset_on", NEW."outcome", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."provider_id", NEW."relatedness", NEW."reported_at", NEW."reported_by_id", NEW."seen_at", NEW."seen_by_id", NEW."serious", NEW."session_id", NEW."severity", NEW."source", NEW."term", NEW."triage", NEW."version", NEW."words"); RETURN NULL;',
                            hash="da3e53066bd7f6f0465636c0b5adca5106b2a2ae",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_49c64",
                            table="treatments_adverseevent",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InjectionSessionEvent",
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
                        to="treatments.injectionsession",
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
                    "provider",
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
                ("performed_on", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("signed", "signed"),
                            ("recorded", "recorded from outside"),
                            ("voided", "voided"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("is_outside", models.BooleanField(default=False)),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="inventory.product",
                    ),
                ),
                ("dilution_units", models.PositiveIntegerField(blank=True, null=True)),
                ("dilution_ml", models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                (
                    "protocol",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.protocol",
                    ),
                ),
                (
                    "guidance",
                    models.CharField(
                        choices=[
                            ("none", "Landmarks only"),
                            ("emg", "EMG"),
                            ("stimulation", "Electrical stimulation"),
                            ("ultrasound", "Ultrasound"),
                        ],
                        default="none",
                        max_length=12,
                    ),
                ),
                ("guidance_reason", models.CharField(blank=True, max_length=200)),
                (
                    "numbing",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("ice", "Ice"),
                            ("topical", "Topical anaesthetic"),
                            ("both", "Ice and topical anaesthetic"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("discomfort", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="discomfort 0-10")),
                ("started_at", models.TimeField(blank=True, null=True, verbose_name="started")),
                ("ended_at", models.TimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "complication",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("faint", "Fainting or near fainting"),
                            ("pain", "Marked pain"),
                            ("haematoma", "Haematoma"),
                            ("allergic", "Allergic reaction"),
                            ("other", "Other"),
                        ],
                        default="none",
                        max_length=12,
                    ),
                ),
                ("complication_note", models.CharField(blank=True, max_length=200)),
                (
                    "bleeding",
                    models.CharField(
                        choices=[("none", "None"), ("minor", "Minor, stopped by pressure"), ("prolonged", "Prolonged")],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("aftercare_given", models.BooleanField(default=False, verbose_name="aftercare explained")),
                ("aftercare_note", models.CharField(blank=True, max_length=300)),
                ("medication_guide_given", models.BooleanField(default=False, verbose_name="medication guide given")),
                (
                    "last_response",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("first", "First session"),
                            ("good", "Good"),
                            ("partial", "Partial"),
                            ("none", "None"),
                            ("unknown", "Not known"),
                        ],
                        max_length=10,
                        verbose_name="response to the last session",
                    ),
                ),
                ("last_response_note", models.CharField(blank=True, max_length=300)),
                ("notes", models.TextField(blank=True)),
                ("is_touch_up", models.BooleanField(default=False, verbose_name="touch-up")),
                ("touch_up_reason", models.CharField(blank=True, max_length=200)),
                (
                    "screening",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.screening",
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.consent",
                    ),
                ),
                (
                    "weight",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.weight",
                    ),
                ),
                (
                    "authorization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.priorauthorization",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "outside_units",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=7, null=True, verbose_name="total units"
                    ),
                ),
                ("outside_source", models.CharField(blank=True, max_length=200, verbose_name="source")),
                ("outside_lot", models.CharField(blank=True, max_length=40, verbose_name="lot number")),
                (
                    "findings",
                    models.JSONField(default=list, editable=False, help_text="What was found when it was signed."),
                ),
                (
                    "as_signed",
                    models.JSONField(
                        default=dict, editable=False, help_text="What the rows it points at said when it was signed."
                    ),
                ),
                ("signed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "signed_by",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("signature", models.CharField(blank=True, editable=False, max_length=200)),
                ("voided_at", models.DateTimeField(editable=False, null=True)),
                (
                    "voided_by",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("void_reason", models.CharField(blank=True, editable=False, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("saved_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a445970ef5554e913671524edc5f6c2a9aaa7c29",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_f7a60",
                            table="treatments_injectionsessionevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProtocolSite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "protocol",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sites", to="treatments.protocol"
                    ),
                ),
                ("order", models.PositiveSmallIntegerField()),
                (
                    "muscle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="treatments.muscle"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("left", "Left"), ("right", "Right"), ("midline", "Midline")], max_length=8
                    ),
                ),
                ("view", models.CharField(blank=True, max_length=20)),
                ("x", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("y", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("units", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                ("units_min", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
                ("units_max", models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True)),
            ],
            options={
                "ordering": ["protocol", "order"],
                "constraints": [models.UniqueConstraint(fields=("protocol", "order"), name="protocol_site_order_once")],
            },
        ),
        migrations.CreateModel(
            name="RetreatmentWindowEvent",
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
                        to="treatments.retreatmentwindow",
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
                ("last_session_on", models.DateField(blank=True, null=True)),
                ("eligible_on", models.DateField(blank=True, null=True)),
                ("opening_on", models.DateField(blank=True, null=True)),
                ("window_opens_on", models.DateField(blank=True, null=True)),
                ("window_closes_on", models.DateField(blank=True, null=True)),
                ("lapses_on", models.DateField(blank=True, null=True)),
                ("target_on", models.DateField(blank=True, null=True)),
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
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.injectionsession",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.conditionpolicy",
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("target_chosen_on", models.DateField(blank=True, null=True)),
                (
                    "target_chosen_by",
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
                ("target_chosen_reason", models.CharField(blank=True, max_length=200)),
                (
                    "closed_by",
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
                ("voided", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="52f12f5b691ec810ccc4272182b7da312ea68581",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_8b964",
                            table="treatments_retreatmentwindowevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUpEvent",
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
                        to="treatments.followup",
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
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.injectionsession",
                    ),
                ),
                ("step", models.SlugField(db_index=False, max_length=30)),
                ("name", models.CharField(max_length=80)),
                ("purpose", models.CharField(blank=True, max_length=200)),
                ("due_on", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[("planned", "planned"), ("done", "done"), ("cancelled", "cancelled")],
                        default="planned",
                        max_length=10,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Who took it on; empty is the course's provider.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("done_on", models.DateField(blank=True, null=True)),
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
                ("onset_on", models.DateField(blank=True, null=True, verbose_name="first effect")),
                ("peak_on", models.DateField(blank=True, null=True, verbose_name="strongest effect")),
                ("wear_off_on", models.DateField(blank=True, null=True, verbose_name="wearing off since")),
                (
                    "impression",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (1, "Very much improved"),
                            (2, "Much improved"),
                            (3, "Minimally improved"),
                            (4, "No change"),
                            (5, "Minimally worse"),
                            (6, "Much worse"),
                            (7, "Very much worse"),
                        ],
                        null=True,
                    ),
                ),
                (
                    "satisfaction",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (1, "Very satisfied"),
                            (2, "Satisfied"),
                            (3, "Neither"),
                            (4, "Dissatisfied"),
                            (5, "Very dissatisfied"),
                        ],
                        null=True,
                    ),
                ),
                ("adverse_event", models.BooleanField(blank=True, null=True)),
                ("adverse_event_text", models.CharField(blank=True, max_length=500)),
                (
                    "spread_answers",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="The questions about spread, by key: yes or no; not asked is not here.",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="04c2bf3beeea41c4261e389aa60803b277b06285",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_d1fcc",
                            table="treatments_followupevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AdverseEventEvent",
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
                        to="treatments.adverseevent",
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
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.injectionsession",
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
                    "term",
                    models.CharField(
                        choices=[
                            ("breathing", "Trouble breathing"),
                            ("dysphagia", "Trouble swallowing"),
                            ("rash_allergy", "Allergic reaction"),
                            ("weakness", "Weakness away from the sites"),
                            ("diplopia", "Double or blurred vision"),
                            ("ptosis", "Drooping eyelid"),
                            ("dysphonia", "Hoarse or weak voice"),
                            ("dysarthria", "Slurred speech"),
                            ("incontinence", "Loss of bladder control"),
                            ("fall", "Falls or weak neck"),
                            ("site", "Reaction at the site"),
                            ("headache", "Headache"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("words", models.CharField(max_length=500, verbose_name="what happened")),
                (
                    "triage",
                    models.CharField(
                        choices=[
                            ("danger", "emergency"),
                            ("same_day", "same day"),
                            ("watch", "watch"),
                            ("none", "no red answer"),
                        ],
                        default="none",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "answers",
                    models.JSONField(
                        blank=True, default=dict, help_text="The questions about spread, by key: yes or no."
                    ),
                ),
                ("onset_on", models.DateField(verbose_name="began on")),
                (
                    "severity",
                    models.CharField(
                        blank=True,
                        choices=[("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe")],
                        max_length=10,
                    ),
                ),
                ("serious", models.BooleanField(blank=True, null=True)),
                (
                    "criteria",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("death", "Death"),
                                ("life_threatening", "Life-threatening at the time"),
                                ("hospital", "Hospital stay, new or longer"),
                                ("disability", "Persistent or significant disability"),
                                ("birth_defect", "Birth defect"),
                                ("important", "Other medically important event"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="why serious",
                    ),
                ),
                (
                    "muscle",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.muscle",
                    ),
                ),
                (
                    "relatedness",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("related", "Related to the treatment"),
                            ("possible", "Possibly related"),
                            ("unrelated", "Not related"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ongoing", "Ongoing"),
                            ("recovering", "Recovering"),
                            ("recovered", "Recovered"),
                            ("sequelae", "Recovered with sequelae"),
                            ("fatal", "Fatal"),
                            ("unknown", "Unknown"),
                            ("error", "Entered in error"),
                        ],
                        default="ongoing",
                        max_length=10,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("staff", "told to staff"),
                            ("tablet", "patient, on the tablet"),
                            ("link", "patient, by a link"),
                        ],
                        default="staff",
                        max_length=10,
                    ),
                ),
                (
                    "reported_by",
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
                ("reported_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Who is told; nobody in particular, and every provider of the site is.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "seen_by",
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
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="8f72ea7c518d430a3d06b9aa858e6b6d04ead7d5",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_0a541",
                            table="treatments_adverseeventevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="InjectionSession",
            name="courses",
            field=models.ManyToManyField(
                related_name="sessions", through="treatments.SessionCourse", to="treatments.treatmentcourse"
            ),
        ),
        migrations.AddField(
            model_name="InjectionSession",
            name="protocol",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="treatments.protocol",
            ),
        ),
        audit.migration_operations.InstallTriggers(),
        # An injection is for a course that its session treats.
        migrations.RunSQL(
            """
            ALTER TABLE treatments_injection ADD CONSTRAINT injection_course_is_treated
            FOREIGN KEY (session_id, course_id) REFERENCES treatments_sessioncourse (session_id, course_id)
            DEFERRABLE INITIALLY DEFERRED
            """,
            "ALTER TABLE treatments_injection DROP CONSTRAINT injection_course_is_treated",
        ),
    ]

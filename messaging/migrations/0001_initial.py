import datetime

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import audit.migration_operations
import messaging.models.policy


class Migration(migrations.Migration):
    replaces = [
        ("messaging", "0002_letter_batches"),
        ("messaging", "0003_known_words"),
        ("messaging", "0004_lot_recall"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("patients", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contact_policy", to="accounts.site"
                    ),
                ),
                (
                    "reminder_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=messaging.models.policy._usual_reminder_days,
                        help_text="Days before the appointment.",
                        size=None,
                    ),
                ),
                ("reminders_on", models.BooleanField(default=True, verbose_name="send reminders")),
                ("recalls_on", models.BooleanField(default=False, verbose_name="send invitations to book")),
                ("quiet_from", models.TimeField(default=datetime.time(20, 0))),
                ("quiet_until", models.TimeField(default=datetime.time(8, 0))),
                (
                    "max_attempts",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Attempts without reaching the patient after which a letter is due.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                    ),
                ),
                (
                    "sender_name",
                    models.CharField(
                        blank=True,
                        help_text="What messages call the clinic; choose a name without a health word.",
                        max_length=80,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "contact policies",
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "messaging_contactpolicyevent" ("id", "max_attempts", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quiet_from", "quiet_until", "recalls_on", "reminder_days", "reminders_on", "sender_name", "site_id", "version") VALUES (NEW."id", NEW."max_attempts", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quiet_from", NEW."quiet_until", NEW."recalls_on", NEW."reminder_days", NEW."reminders_on", NEW."sender_name", NEW."site_id", NEW."version"); RETURN NULL;',
                            hash="fe4aa194ce0df0be4ada7e0e02e964aeba8d4fa8",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_f3c07",
                            table="messaging_contactpolicy",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "messaging_contactpolicyevent" ("id", "max_attempts", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quiet_from", "quiet_until", "recalls_on", "reminder_days", "reminders_on", "sender_name", "site_id", "version") VALUES (NEW."id", NEW."max_attempts", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quiet_from", NEW."quiet_until", NEW."recalls_on", NEW."reminder_days", NEW."reminders_on", NEW."sender_name", NEW."site_id", NEW."version"); RETURN NULL;',
                            hash="993ee4eaae9f8a6ca1fd86e6ad2629bc0d639ca3",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_4b017",
                            table="messaging_contactpolicy",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("running", "being written"),
                            ("ready", "ready"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                (
                    "wanted",
                    models.JSONField(
                        default=list, help_text='The tasks and messages by number: ["task 3", "message 12"].'
                    ),
                ),
                ("done", models.PositiveIntegerField(default=0, help_text="How many of these were looked at.")),
                (
                    "left_out",
                    models.JSONField(blank=True, default=list, help_text="Which were not printed, and why, in words."),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("pdf", models.BinaryField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["site", "-id"], name="letter_batch_of_site")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "running", "ready", "failed"])),
                        name="letter_batch_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "ready"), _negated=True), ("problem", ""), _connector="OR"
                        ),
                        name="letter_batch_ready_is_whole",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "messaging_letterbatchevent" ("id", "left_out", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "problem", "site_id", "status") VALUES (NEW."id", NEW."left_out", NEW."made_at", NEW."made_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."problem", NEW."site_id", NEW."status"); RETURN NULL;',
                            hash="9bfa89c700ff469202dad927653a381bb45cbcff",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_5e0aa",
                            table="messaging_letterbatch",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."left_out" IS DISTINCT FROM (NEW."left_out") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id") OR OLD."problem" IS DISTINCT FROM (NEW."problem") OR OLD."site_id" IS DISTINCT FROM (NEW."site_id") OR OLD."status" IS DISTINCT FROM (NEW."status"))',
                            func='INSERT INTO "messaging_letterbatchevent" ("id", "left_out", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "problem", "site_id", "status") VALUES (NEW."id", NEW."left_out", NEW."made_at", NEW."made_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."problem", NEW."site_id", NEW."status"); RETURN NULL;',
                            hash="51e12a6903f099aa1f668fcaa4771464539181f2",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_73c21",
                            table="messaging_letterbatch",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("reminder", "Reminder of an appointment"),
                            ("booked", "Appointment booked"),
                            ("moved", "Appointment moved"),
                            ("cancelled", "Appointment cancelled"),
                            ("recall", "Invitation to book"),
                            ("waiting_offer", "Offer of a freed time"),
                            ("questionnaire", "Link to questions"),
                            ("lot_recall", "Please call us: a recalled lot"),
                        ],
                        max_length=16,
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
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=5)),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="For an invitation: of the first, second or third attempt on. 0 for other purposes.",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("body", models.TextField(max_length=4000)),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["purpose", "attempt", "channel", "language"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
                                    "reminder",
                                    "booked",
                                    "moved",
                                    "cancelled",
                                    "recall",
                                    "waiting_offer",
                                    "questionnaire",
                                    "lot_recall",
                                ],
                            )
                        ),
                        name="template_purpose_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["phone", "text", "email", "letter"])),
                        name="template_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "es"])), name="template_language_is_known"
                    ),
                    models.UniqueConstraint(
                        fields=("purpose", "channel", "language", "attempt"),
                        name="template_once",
                        violation_error_message="There is a text for this already: change that one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("channel", "phone"), _negated=True), models.Q(("body", ""), _negated=True)
                        ),
                        name="template_is_written",
                        violation_error_message="A text is needed.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "messaging_messagetemplateevent" ("attempt", "body", "changed_at", "changed_by_id", "channel", "id", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "subject", "version") VALUES (NEW."attempt", NEW."body", NEW."changed_at", NEW."changed_by_id", NEW."channel", NEW."id", NEW."language", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."purpose", NEW."subject", NEW."version"); RETURN NULL;',
                            hash="be012b27f49eb0211330fe8a22938ca8697c83a1",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_550b1",
                            table="messaging_messagetemplate",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "messaging_messagetemplateevent" ("attempt", "body", "changed_at", "changed_by_id", "channel", "id", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "subject", "version") VALUES (NEW."attempt", NEW."body", NEW."changed_at", NEW."changed_by_id", NEW."channel", NEW."id", NEW."language", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."purpose", NEW."subject", NEW."version"); RETURN NULL;',
                            hash="768fb28efb94d90008b32f70cc88d7ee2e2f5060",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_be409",
                            table="messaging_messagetemplate",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactConsent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_consents",
                        to="patients.patient",
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
                        max_length=10,
                    ),
                ),
                ("agreed", models.BooleanField()),
                ("how", models.CharField(blank=True, help_text="For example: asked at the desk.", max_length=120)),
                ("at", models.DateTimeField(auto_now_add=True)),
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
                "indexes": [models.Index(fields=["patient", "channel", "-id"], name="contact_consent_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["phone", "text", "email", "letter"])),
                        name="contact_consent_channel_is_known",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "messaging_contactconsentevent" ("agreed", "at", "by_id", "channel", "how", "id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."agreed", NEW."at", NEW."by_id", NEW."channel", NEW."how", NEW."id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;',
                            hash="954a4ee9f842dd1aa1485be4f3f6fb77bfd4c475",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_72607",
                            table="messaging_contactconsent",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "messaging_contactconsentevent" ("agreed", "at", "by_id", "channel", "how", "id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."agreed", NEW."at", NEW."by_id", NEW."channel", NEW."how", NEW."id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;',
                            hash="7d46b7c2b31857d96585b4a39c71d16cf60e3686",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_711d1",
                            table="messaging_contactconsent",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactConsentEvent",
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
                        to="messaging.contactconsent",
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
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "Phone"),
                            ("text", "Text message"),
                            ("email", "E-mail"),
                            ("letter", "Letter"),
                        ],
                        max_length=10,
                    ),
                ),
                ("agreed", models.BooleanField()),
                ("how", models.CharField(blank=True, help_text="For example: asked at the desk.", max_length=120)),
                ("at", models.DateTimeField(auto_now_add=True)),
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
                            hash="7062244fe8f624a263d302c03b958eefe975f0ee",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_3066f",
                            table="messaging_contactconsentevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPolicyEvent",
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
                        to="messaging.contactpolicy",
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
                    "reminder_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=messaging.models.policy._usual_reminder_days,
                        help_text="Days before the appointment.",
                        size=None,
                    ),
                ),
                ("reminders_on", models.BooleanField(default=True, verbose_name="send reminders")),
                ("recalls_on", models.BooleanField(default=False, verbose_name="send invitations to book")),
                ("quiet_from", models.TimeField(default=datetime.time(20, 0))),
                ("quiet_until", models.TimeField(default=datetime.time(8, 0))),
                (
                    "max_attempts",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Attempts without reaching the patient after which a letter is due.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                    ),
                ),
                (
                    "sender_name",
                    models.CharField(
                        blank=True,
                        help_text="What messages call the clinic; choose a name without a health word.",
                        max_length=80,
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
                            hash="fe192cd66bfadf798fee8d0bc2849b9b56b8a758",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_cde81",
                            table="messaging_contactpolicyevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterBatchEvent",
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
                        to="messaging.letterbatch",
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
                    "made_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("running", "being written"),
                            ("ready", "ready"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                (
                    "left_out",
                    models.JSONField(blank=True, default=list, help_text="Which were not printed, and why, in words."),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="30b078362990919b86300a361e3330ccde697700",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_40927",
                            table="messaging_letterbatchevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="patients.patient"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("reminder", "Reminder of an appointment"),
                            ("booked", "Appointment booked"),
                            ("moved", "Appointment moved"),
                            ("cancelled", "Appointment cancelled"),
                            ("recall", "Invitation to book"),
                            ("waiting_offer", "Offer of a freed time"),
                            ("questionnaire", "Link to questions"),
                            ("lot_recall", "Please call us: a recalled lot"),
                        ],
                        max_length=16,
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
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=5)),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("once", models.CharField(max_length=120, unique=True)),
                ("about", models.CharField(help_text="appointment, course, waiting entry or follow-up", max_length=20)),
                ("about_id", models.BigIntegerField()),
                ("values", models.JSONField(blank=True, default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("unknown", "perhaps sent"),
                            ("failed", "failed"),
                            ("bounced", "came back"),
                            ("cancelled", "not sent"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("send_after", models.DateTimeField()),
                ("send_before", models.DateTimeField(help_text="After this moment it is of no use and is not sent.")),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_by", models.CharField(blank=True, help_text="The worker that is sending it.", max_length=80)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "template",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.messagetemplate",
                    ),
                ),
                ("template_version", models.PositiveIntegerField(blank=True, null=True)),
                ("sent_to", models.CharField(blank=True, max_length=254)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("body", models.TextField(blank=True, help_text="As it was sent; a link's secret is left out.")),
                (
                    "letter_batch",
                    models.ForeignKey(
                        blank=True,
                        help_text="With which it was printed, and so by whom.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="messaging.letterbatch",
                    ),
                ),
                ("provider_id", models.CharField(blank=True, help_text="What the carrier calls it.", max_length=200)),
                ("problem", models.CharField(blank=True, help_text="Why it was not sent, in words.", max_length=300)),
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
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "queued")), fields=["send_after", "id"], name="message_queue"
                    ),
                    models.Index(
                        condition=models.Q(("status", "sending")), fields=["claimed_at"], name="message_being_sent"
                    ),
                    models.Index(fields=["patient", "-id"], name="message_of_patient"),
                    models.Index(fields=["about", "about_id"], name="message_about"),
                    models.Index(fields=["site", "-id"], name="message_of_site"),
                    models.Index(
                        condition=models.Q(("provider_id", ""), _negated=True),
                        fields=["provider_id"],
                        name="message_by_carrier",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                [
                                    "reminder",
                                    "booked",
                                    "moved",
                                    "cancelled",
                                    "recall",
                                    "waiting_offer",
                                    "questionnaire",
                                    "lot_recall",
                                ],
                            )
                        ),
                        name="message_purpose_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["phone", "text", "email", "letter"])),
                        name="message_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "es"])), name="message_language_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["queued", "sending", "sent", "unknown", "failed", "bounced", "cancelled"])
                        ),
                        name="message_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel", "phone"), _negated=True), name="message_is_written"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "sent"), _negated=True), ("sent_at__isnull", False), _connector="OR"
                        ),
                        name="message_sent_has_its_moment",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "messaging_messageevent" ("about", "about_id", "attempt", "body", "channel", "claimed_at", "claimed_by", "created_at", "created_by_id", "id", "language", "letter_batch_id", "once", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "problem", "provider_id", "purpose", "send_after", "send_before", "sent_at", "sent_to", "site_id", "status", "subject", "template_id", "template_version", "tries", "values") VALUES (NEW."about", NEW."about_id", NEW."attempt", NEW."body", NEW."channel", NEW."claimed_at", NEW."claimed_by", NEW."created_at", NEW."created_by_id", NEW."id", NEW."language", NEW."letter_batch_id", NEW."once", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."problem", NEW."provider_id", NEW."purpose", NEW."send_after", NEW."send_before", NEW."sent_at", NEW."sent_to", NEW."site_id", NEW."status", NEW."subject", NEW."template_id", NEW."template_version", NEW."tries", NEW."values"); RETURN NULL;',
                            hash="ce74b36acf0d566a1ce862d173c2ea1cee6a0627",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_5f272",
                            table="messaging_message",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "messaging_messageevent" ("about", "about_id", "attempt", "body", "channel", "claimed_at", "claimed_by", "created_at", "created_by_id", "id", "language", "letter_batch_id", "once", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "problem", "provider_id", "purpose", "send_after", "send_before", "sent_at", "sent_to", "site_id", "status", "subject", "template_id", "template_version", "tries", "values") VALUES (NEW."about", NEW."about_id", NEW."attempt", NEW."body", NEW."channel", NEW."claimed_at", NEW."claimed_by", NEW."created_at", NEW."created_by_id", NEW."id", NEW."language", NEW."letter_batch_id", NEW."once", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."problem", NEW."provider_id", NEW."purpose", NEW."send_after", NEW."send_before", NEW."sent_at", NEW."sent_to", NEW."site_id", NEW."status", NEW."subject", NEW."template_id", NEW."template_version", NEW."tries", NEW."values"); RETURN NULL;',
                            hash="a0fbfc99ac44da28d3d66efa1a2f370705726c29",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_959c4",
                            table="messaging_message",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageTemplateEvent",
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
                        to="messaging.messagetemplate",
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
                    "purpose",
                    models.CharField(
                        choices=[
                            ("reminder", "Reminder of an appointment"),
                            ("booked", "Appointment booked"),
                            ("moved", "Appointment moved"),
                            ("cancelled", "Appointment cancelled"),
                            ("recall", "Invitation to book"),
                            ("waiting_offer", "Offer of a freed time"),
                            ("questionnaire", "Link to questions"),
                            ("lot_recall", "Please call us: a recalled lot"),
                        ],
                        max_length=16,
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
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=5)),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="For an invitation: of the first, second or third attempt on. 0 for other purposes.",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("body", models.TextField(max_length=4000)),
                (
                    "changed_by",
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
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="136d13835c79b4384b8e13487aeac0aaae446e67",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_b1d99",
                            table="messaging_messagetemplateevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageEvent",
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
                        to="messaging.message",
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
                    "purpose",
                    models.CharField(
                        choices=[
                            ("reminder", "Reminder of an appointment"),
                            ("booked", "Appointment booked"),
                            ("moved", "Appointment moved"),
                            ("cancelled", "Appointment cancelled"),
                            ("recall", "Invitation to book"),
                            ("waiting_offer", "Offer of a freed time"),
                            ("questionnaire", "Link to questions"),
                            ("lot_recall", "Please call us: a recalled lot"),
                        ],
                        max_length=16,
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
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=5)),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("once", models.CharField(max_length=120)),
                ("about", models.CharField(help_text="appointment, course, waiting entry or follow-up", max_length=20)),
                ("about_id", models.BigIntegerField()),
                ("values", models.JSONField(blank=True, default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("unknown", "perhaps sent"),
                            ("failed", "failed"),
                            ("bounced", "came back"),
                            ("cancelled", "not sent"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("send_after", models.DateTimeField()),
                ("send_before", models.DateTimeField(help_text="After this moment it is of no use and is not sent.")),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_by", models.CharField(blank=True, help_text="The worker that is sending it.", max_length=80)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "template",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="messaging.messagetemplate",
                    ),
                ),
                ("template_version", models.PositiveIntegerField(blank=True, null=True)),
                ("sent_to", models.CharField(blank=True, max_length=254)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("body", models.TextField(blank=True, help_text="As it was sent; a link's secret is left out.")),
                (
                    "letter_batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="With which it was printed, and so by whom.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="messaging.letterbatch",
                    ),
                ),
                ("provider_id", models.CharField(blank=True, help_text="What the carrier calls it.", max_length=200)),
                ("problem", models.CharField(blank=True, help_text="Why it was not sent, in words.", max_length=300)),
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
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ef2a4453724cc6e4c6b29efcc17f1c83f21b106d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_85043",
                            table="messaging_messageevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="patients.patient"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("appointment", "Confirm, cancel or move an appointment"),
                            ("booking", "Choose among allowed times"),
                            ("waiting_offer", "Take a freed time"),
                            ("questionnaire", "Answer questions"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "about_id",
                    models.BigIntegerField(help_text="The appointment, course, offer or follow-up that it opens."),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="messaging.message",
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
                ("expires_at", models.DateTimeField()),
                (
                    "opened_at",
                    models.DateTimeField(blank=True, help_text="First opened with the right date of birth.", null=True),
                ),
                (
                    "used_at",
                    models.DateTimeField(blank=True, help_text="What it was for is done; it opens no more.", null=True),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Wrong dates of birth since the last right one."
                    ),
                ),
                ("locked_until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("revoked_at", None), ("used_at", None)),
                        fields=["purpose", "about_id"],
                        name="link_about",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purpose__in", ["appointment", "booking", "waiting_offer", "questionnaire"])
                        ),
                        name="link_purpose_is_known",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "messaging_patientlinkevent" ("about_id", "created_at", "created_by_id", "expires_at", "id", "message_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "revoked_at", "site_id", "used_at") VALUES (NEW."about_id", NEW."created_at", NEW."created_by_id", NEW."expires_at", NEW."id", NEW."message_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."purpose", NEW."revoked_at", NEW."site_id", NEW."used_at"); RETURN NULL;',
                            hash="9fa8ba64b804e0eba048eb0065d771898068f05f",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_11e3f",
                            table="messaging_patientlink",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."about_id" IS DISTINCT FROM (NEW."about_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."message_id" IS DISTINCT FROM (NEW."message_id") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."purpose" IS DISTINCT FROM (NEW."purpose") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."site_id" IS DISTINCT FROM (NEW."site_id") OR OLD."used_at" IS DISTINCT FROM (NEW."used_at"))',
                            func='INSERT INTO "messaging_patientlinkevent" ("about_id", "created_at", "created_by_id", "expires_at", "id", "message_id", "patient_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "revoked_at", "site_id", "used_at") VALUES (NEW."about_id", NEW."created_at", NEW."created_by_id", NEW."expires_at", NEW."id", NEW."message_id", NEW."patient_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."purpose", NEW."revoked_at", NEW."site_id", NEW."used_at"); RETURN NULL;',
                            hash="18cc80032969263c72963e38b96b18da48b4f131",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_5b699",
                            table="messaging_patientlink",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientLinkEvent",
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
                        to="messaging.patientlink",
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
                    "purpose",
                    models.CharField(
                        choices=[
                            ("appointment", "Confirm, cancel or move an appointment"),
                            ("booking", "Choose among allowed times"),
                            ("waiting_offer", "Take a freed time"),
                            ("questionnaire", "Answer questions"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "about_id",
                    models.BigIntegerField(help_text="The appointment, course, offer or follow-up that it opens."),
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
                ("expires_at", models.DateTimeField()),
                (
                    "used_at",
                    models.DateTimeField(blank=True, help_text="What it was for is done; it opens no more.", null=True),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="97cf9e15c13d04e91cbc9243224f002384d4f73a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_992ab",
                            table="messaging_patientlinkevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        audit.migration_operations.InstallTriggers(),
    ]

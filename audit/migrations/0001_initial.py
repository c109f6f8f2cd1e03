import pgtrigger.compiler
from django.db import migrations, models

import audit.migration_operations


class Migration(migrations.Migration):
    replaces = [("audit", "0002_more_actions"), ("audit", "0003_front_desk"), ("audit", "0004_disclosures")]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("sign-in", "signed in"),
                            ("sign-in-failed", "failed to sign in"),
                            ("lock-out", "was locked out"),
                            ("sign-out", "signed out"),
                            ("password-changed", "changed the password"),
                            ("chart-read", "read a chart"),
                            ("search", "searched patients"),
                            ("export", "exported data"),
                            ("import", "imported data"),
                            ("sign", "signed a record"),
                            ("void", "voided a record"),
                            ("staff-changed", "changed staff or a site"),
                            ("addendum", "added to a signed record"),
                            ("print", "printed a document"),
                            ("disclosure", "printed a patient's facts for an authority"),
                            ("consent", "took or withdrew a consent"),
                            ("label-confirmed", "confirmed a number against the label"),
                            ("lot-recalled", "marked a lot as recalled"),
                            ("merge", "merged or took apart two records"),
                            ("link-opened", "opened a patient's link"),
                            ("link-refused", "was refused at a patient's link"),
                            ("message", "sent a message to a patient"),
                            ("refused", "was refused"),
                        ],
                        max_length=32,
                    ),
                ),
                ("actor_id", models.BigIntegerField(blank=True, null=True)),
                ("actor_roles", models.CharField(blank=True, max_length=100)),
                ("patient_id", models.BigIntegerField(blank=True, null=True)),
                ("subject_type", models.CharField(blank=True, max_length=60)),
                ("subject_id", models.BigIntegerField(blank=True, null=True)),
                ("detail", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["patient_id", "-id"], name="audit_by_patient"),
                    models.Index(fields=["actor_id", "-id"], name="audit_by_actor"),
                    models.Index(fields=["action", "-id"], name="audit_by_action"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "sign-in",
                                    "sign-in-failed",
                                    "lock-out",
                                    "sign-out",
                                    "password-changed",
                                    "chart-read",
                                    "search",
                                    "export",
                                    "import",
                                    "sign",
                                    "void",
                                    "staff-changed",
                                    "addendum",
                                    "print",
                                    "disclosure",
                                    "consent",
                                    "label-confirmed",
                                    "lot-recalled",
                                    "merge",
                                    "link-opened",
                                    "link-refused",
                                    "message",
                                    "refused",
                                ],
                            )
                        ),
                        name="audit_action_is_known",
                        violation_error_message="Unknown audit action.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="only_ever_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="3f8191724342ade7d2dc39384ed01ab44f7b6b99",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_only_ever_added_32546",
                            table="audit_auditevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        audit.migration_operations.InstallTriggers(),
    ]

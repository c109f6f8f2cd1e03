from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_front_desk"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="auditevent",
            name="audit_action_is_known",
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.CheckConstraint(
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
            ),
        ),
    ]

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("inventory", "0003_removal_reasons_and_costs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="stockmovement",
            name="movement_kind_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="stockmovement",
            name="stock_movement_once",
        ),
        migrations.RemoveConstraint(
            model_name="vial",
            name="vial_status_is_known",
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("received", "received"),
                    ("used", "used"),
                    ("removed", "removed"),
                    ("missing", "missing"),
                    ("found", "found"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="vial",
            name="status",
            field=models.CharField(
                choices=[("in stock", "in stock"), ("used", "used"), ("removed", "removed"), ("missing", "missing")],
                default="in stock",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="vialevent",
            name="status",
            field=models.CharField(
                choices=[("in stock", "in stock"), ("used", "used"), ("removed", "removed"), ("missing", "missing")],
                default="in stock",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(fields=["vial", "at"], name="movements_of_a_vial"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vial",
            trigger=pgtrigger.compiler.Trigger(
                name="used_vial_stays_used",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"status\" = 'used' AND NOT (NEW.\"status\" = 'used'))",
                    func="RAISE EXCEPTION 'A used vial stays used.' USING ERRCODE = 'integrity_constraint_violation';",
                    hash="09105b4d01b0020c7f26a2e51168a72881dce1de",
                    operation='UPDATE OF "status"',
                    pgid="pgtrigger_used_vial_stays_used_cc04d",
                    table="inventory_vial",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["received", "used", "removed", "missing", "found"])),
                name="movement_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["received", "used", "removed"])),
                fields=("vial", "kind"),
                name="stock_movement_once",
                violation_error_message="This vial has already been taken from stock.",
            ),
        ),
        migrations.AddConstraint(
            model_name="vial",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["in stock", "used", "removed", "missing"])),
                name="vial_status_is_known",
            ),
        ),
    ]

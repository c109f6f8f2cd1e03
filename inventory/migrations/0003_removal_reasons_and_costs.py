from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

REASONS_OUT_OF_NOTES = """
UPDATE inventory_stockmovement
   SET reason = coalesce(substring(note FROM '^(broken|expired|returned|recalled)(?:: |$)'), 'other'),
       note = coalesce(nullif(regexp_replace(note, '^(broken|expired|returned|recalled)(: |$)', ''), ''),
                       CASE WHEN note = '' THEN 'no reason on record' ELSE '' END)
 WHERE kind = 'removed'
"""
REASONS_INTO_NOTES = """
UPDATE inventory_stockmovement
   SET note = CASE WHEN reason = 'other' THEN note WHEN note = '' THEN reason ELSE left(reason || ': ' || note, 200) END
 WHERE kind = 'removed'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_reorder_levels"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VialCost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("holds_from", models.DateField()),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=9,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.01"))],
                    ),
                ),
            ],
            options={
                "ordering": ["size", "-holds_from"],
            },
        ),
        migrations.CreateModel(
            name="VialCostEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("holds_from", models.DateField()),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=9,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.01"))],
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("broken", "broken"),
                    ("expired", "expired"),
                    ("returned", "returned"),
                    ("recalled", "recalled"),
                    ("other", "other"),
                ],
                max_length=10,
            ),
        ),
        # Old rows said why in words that began with the reason; they say the same now.
        migrations.RunSQL(REASONS_OUT_OF_NOTES, REASONS_INTO_NOTES),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["", "broken", "expired", "returned", "recalled", "other"])),
                name="movement_reason_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "removed"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("kind", "removed"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="movement_reason_of_a_removal",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", "other"), _negated=True), models.Q(("note", ""), _negated=True), _connector="OR"
                ),
                name="movement_other_reason_is_said",
                violation_error_message="Say why.",
            ),
        ),
        migrations.AddField(
            model_name="vialcost",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="vialcost",
            name="size",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="costs", to="inventory.vialsize"
            ),
        ),
        migrations.AddField(
            model_name="vialcostevent",
            name="by",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="vialcostevent",
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
            model_name="vialcostevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="inventory.vialcost",
            ),
        ),
        migrations.AddField(
            model_name="vialcostevent",
            name="size",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="inventory.vialsize",
            ),
        ),
        migrations.AddConstraint(
            model_name="vialcost",
            constraint=models.UniqueConstraint(fields=("size", "holds_from"), name="vial_cost_once_from_a_day"),
        ),
        migrations.AddConstraint(
            model_name="vialcost",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="vial_cost_positive"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vialcost",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "inventory_vialcostevent" ("amount", "by_id", "holds_from", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "size_id") VALUES (NEW."amount", NEW."by_id", NEW."holds_from", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."size_id"); RETURN NULL;',
                    hash="7c6a5236b0753da0312b68778e7636e25dc70715",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_23967",
                    table="inventory_vialcost",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vialcost",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "inventory_vialcostevent" ("amount", "by_id", "holds_from", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "size_id") VALUES (NEW."amount", NEW."by_id", NEW."holds_from", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."size_id"); RETURN NULL;',
                    hash="a44ae51ee4f28e8b158bcf2f626a2085bbe9b786",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_fa0e6",
                    table="inventory_vialcost",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vialcost",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "inventory_vialcostevent" ("amount", "by_id", "holds_from", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "size_id") VALUES (OLD."amount", OLD."by_id", OLD."holds_from", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."size_id"); RETURN NULL;',
                    hash="ef1bae1cdbf6c3667b91f3d4f84c4b5e774af6a5",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_f470f",
                    table="inventory_vialcost",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="vialcostevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="876c65d56d05fb0d292c72cf63e448ef3832db5c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_fc26b",
                    table="inventory_vialcostevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("inventory", "0004_missing_vials"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("treatments", "0002_evaluations_say_who_corrected_them"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StockCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("called_off_reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
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
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stock_counts", to="accounts.site"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="StockCountLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinic", "bought by the clinic"),
                            ("pharmacy", "specialty pharmacy, for one patient"),
                            ("sample", "sample"),
                        ],
                        max_length=10,
                    ),
                ),
                ("counted", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="vials there")),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("in_record", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("opened", models.PositiveSmallIntegerField(editable=False, null=True)),
                (
                    "count",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="treatments.stockcount"
                    ),
                ),
                (
                    "counted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.lot"
                    ),
                ),
                (
                    "size",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.vialsize"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="StockCountLineEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinic", "bought by the clinic"),
                            ("pharmacy", "specialty pharmacy, for one patient"),
                            ("sample", "sample"),
                        ],
                        max_length=10,
                    ),
                ),
                ("counted", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="vials there")),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("in_record", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("opened", models.PositiveSmallIntegerField(editable=False, null=True)),
                (
                    "count",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="treatments.stockcount",
                    ),
                ),
                (
                    "counted_by",
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
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="inventory.lot",
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
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="treatments.stockcountline",
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StockCountResolution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("missing", "missing"),
                            ("broken", "broken"),
                            ("expired", "expired, thrown away"),
                            ("returned", "returned"),
                            ("recalled", "recalled, sent back"),
                            ("other", "left the stock otherwise"),
                            ("found", "found"),
                            ("explained", "the stock is right"),
                        ],
                        max_length=10,
                    ),
                ),
                ("change", models.SmallIntegerField()),
                ("note", models.CharField(blank=True, max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resolutions",
                        to="treatments.stockcountline",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="stockcount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("site",),
                name="stock_count_open_once",
                violation_error_message="The stock of this site is being counted already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("closed_by", None)),
                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                    _connector="OR",
                ),
                name="stock_count_closed_by_someone",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcount",
            constraint=models.CheckConstraint(
                condition=models.Q(("called_off_reason", ""), ("closed_at__isnull", False), _connector="OR"),
                name="stock_count_called_off_is_closed",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockcount",
            trigger=pgtrigger.compiler.Trigger(
                name="closed_stock_count_is_locked",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF OLD.closed_at IS NOT NULL THEN\n            RAISE EXCEPTION 'A closed stock count cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n        RETURN NEW;\n    ",
                    hash="45e491e92e94cb39e821f32b249f851c6919d77a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_closed_stock_count_is_locked_f648b",
                    table="treatments_stockcount",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcountline",
            constraint=models.UniqueConstraint(
                fields=("count", "lot", "size", "source"),
                name="stock_count_line_once",
                violation_error_message="These vials have a line already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcountline",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["clinic", "pharmacy", "sample"])), name="stock_count_source_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcountline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("counted", None), ("counted_at", None), ("counted_by", None)),
                    models.Q(("counted__isnull", False), ("counted_at__isnull", False), ("counted_by__isnull", False)),
                    _connector="OR",
                ),
                name="stock_count_line_counted_by_someone",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcountline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("in_record", None), ("opened", None)),
                    ("in_record__gte", models.F("opened")),
                    _connector="OR",
                ),
                name="stock_count_opened_of_record",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockcountline",
            trigger=pgtrigger.compiler.Trigger(
                name="line_of_an_open_stock_count",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE is_closed boolean;",
                    func="\n        SELECT closed_at IS NOT NULL INTO is_closed FROM treatments_stockcount WHERE id = coalesce(NEW.count_id, OLD.count_id) FOR SHARE;\n        IF is_closed THEN\n            RAISE EXCEPTION 'A closed stock count cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n        RETURN NEW;\n",
                    hash="f0bb97f22d8b3497e9ae0a17fafdf75a2a95f9eb",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_line_of_an_open_stock_count_f6097",
                    table="treatments_stockcountline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockcountline",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "treatments_stockcountlineevent" ("count_id", "counted", "counted_at", "counted_by_id", "id", "in_record", "lot_id", "opened", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "size_id", "source", "version") VALUES (NEW."count_id", NEW."counted", NEW."counted_at", NEW."counted_by_id", NEW."id", NEW."in_record", NEW."lot_id", NEW."opened", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."size_id", NEW."source", NEW."version"); RETURN NULL;',
                    hash="707068c406fc06d7e341b041533108f5fb97ef8c",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_93079",
                    table="treatments_stockcountline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockcountline",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "treatments_stockcountlineevent" ("count_id", "counted", "counted_at", "counted_by_id", "id", "in_record", "lot_id", "opened", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "size_id", "source", "version") VALUES (NEW."count_id", NEW."counted", NEW."counted_at", NEW."counted_by_id", NEW."id", NEW."in_record", NEW."lot_id", NEW."opened", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."size_id", NEW."source", NEW."version"); RETURN NULL;',
                    hash="e923d125e4719192c09537833ba98f67f3558d54",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_d6517",
                    table="treatments_stockcountline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockcountlineevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f8895f3b5c8f8a0f37bd809903d07301318504a9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_12e96",
                    table="treatments_stockcountlineevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcountresolution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("change__lt", 0),
                        ("how__in", ["missing", "broken", "expired", "returned", "recalled", "other"]),
                    ),
                    models.Q(("change__gt", 0), ("how", "found")),
                    models.Q(("how", "explained"), models.Q(("change", 0), _negated=True)),
                    _connector="OR",
                ),
                name="stock_count_how_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockcountresolution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("how__in", ["missing", "other", "explained"]), _negated=True),
                    models.Q(("note", ""), _negated=True),
                    _connector="OR",
                ),
                name="stock_count_how_is_said",
                violation_error_message="Say why.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockcountresolution",
            trigger=pgtrigger.compiler.Trigger(
                name="resolution_of_an_open_stock_count",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE is_closed boolean;",
                    func="\n        SELECT closed_at IS NOT NULL INTO is_closed FROM treatments_stockcount WHERE id = (SELECT count_id FROM treatments_stockcountline WHERE id = coalesce(NEW.line_id, OLD.line_id)) FOR SHARE;\n        IF is_closed THEN\n            RAISE EXCEPTION 'A closed stock count cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';\n        END IF;\n        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n        RETURN NEW;\n",
                    hash="7d9a2f79c70e757f791a8105ed9ea587764149b3",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_resolution_of_an_open_stock_count_1cc84",
                    table="treatments_stockcountresolution",
                    when="BEFORE",
                ),
            ),
        ),
    ]

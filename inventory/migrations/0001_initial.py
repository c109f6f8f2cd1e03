import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import audit.migration_operations


class Migration(migrations.Migration):
    replaces = [
        ("inventory", "0002_before_and_after_signing"),
        ("inventory", "0003_receipt"),
        ("inventory", "0004_known_words"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True)),
                ("brand", models.CharField(max_length=40)),
                ("generic_name", models.CharField(max_length=60)),
                ("manufacturer", models.CharField(max_length=80)),
                ("hcpcs", models.CharField(max_length=5, verbose_name="HCPCS code")),
                ("units_per_billing_unit", models.PositiveIntegerField()),
                ("in_use_hours", models.PositiveSmallIntegerField()),
                (
                    "in_use_confidence",
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
                ("contains_albumin", models.BooleanField()),
                (
                    "albumin_confidence",
                    models.CharField(
                        choices=[
                            ("A", "read in an official source"),
                            ("A-", "read in a secondary source that agrees"),
                            ("B", "from the label as known; not re-read"),
                            ("C", "uncertain"),
                        ],
                        default="B",
                        max_length=2,
                    ),
                ),
                ("contains_milk_protein", models.BooleanField()),
                (
                    "milk_protein_confidence",
                    models.CharField(
                        choices=[
                            ("A", "read in an official source"),
                            ("A-", "read in a secondary source that agrees"),
                            ("B", "from the label as known; not re-read"),
                            ("C", "uncertain"),
                        ],
                        default="B",
                        max_length=2,
                    ),
                ),
                (
                    "ready_to_use",
                    models.BooleanField(default=False, help_text="Supplied as a solution; dilution is optional."),
                ),
                ("reference_version", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "ordering": ["brand"],
            },
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lots", to="inventory.product"
                    ),
                ),
                ("number", models.CharField(max_length=40, verbose_name="lot number")),
                ("expires_on", models.DateField()),
                ("recalled_on", models.DateField(blank=True, null=True)),
                ("recall_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["expires_on", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "number"),
                        name="lot_once",
                        violation_error_message="This lot of this product is already there: add vials to it.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "inventory_lotevent" ("expires_on", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "recall_reason", "recalled_on", "version") VALUES (NEW."expires_on", NEW."id", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product_id", NEW."recall_reason", NEW."recalled_on", NEW."version"); RETURN NULL;',
                            hash="b4eca4967407e62fe0c0c52208bb7a0bc53dd403",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_4602c",
                            table="inventory_lot",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "inventory_lotevent" ("expires_on", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "recall_reason", "recalled_on", "version") VALUES (NEW."expires_on", NEW."id", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product_id", NEW."recall_reason", NEW."recalled_on", NEW."version"); RETURN NULL;',
                            hash="296320502ef18cc61284cb2a273d21f59805e2ad",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_68e09",
                            table="inventory_lot",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LabelMaximum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="label_maxima", to="inventory.product"
                    ),
                ),
                (
                    "indications",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                ("units", models.PositiveIntegerField()),
                ("under_18", models.BooleanField(default=False)),
                (
                    "per_kg",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=5, null=True, verbose_name="units per kg"
                    ),
                ),
                (
                    "limbs",
                    models.CharField(
                        blank=True,
                        choices=[("", "however many"), ("one", "one limb"), ("several", "several limbs")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("window_days", models.PositiveSmallIntegerField(default=0)),
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
                ("words", models.CharField(max_length=300)),
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "ordering": ["product", "indications"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "indications", "window_days", "under_18", "limbs"), name="label_maximum_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("under_18", True), models.Q(("limbs", ""), ("per_kg", None)), _connector="OR"
                        ),
                        name="label_maximum_per_kg_under_18",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LabelInterval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="label_intervals",
                        to="inventory.product",
                    ),
                ),
                ("indication", models.CharField(blank=True, max_length=60)),
                ("under_18", models.BooleanField(blank=True, null=True)),
                ("days", models.PositiveSmallIntegerField()),
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
                "ordering": ["product", "indication", "days"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "indication", "under_18"), name="label_interval_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Dilution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dilutions", to="inventory.product"
                    ),
                ),
                ("vial_units", models.PositiveIntegerField()),
                ("diluent_ml", models.DecimalField(decimal_places=2, max_digits=5, verbose_name="mL of diluent")),
                ("note", models.CharField(blank=True, max_length=200)),
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
                "ordering": ["product", "vial_units", "diluent_ml"],
                "constraints": [
                    models.UniqueConstraint(fields=("product", "vial_units", "diluent_ml"), name="dilution_once"),
                    models.CheckConstraint(
                        condition=models.Q(("diluent_ml__gt", 0), ("vial_units__gt", 0)), name="dilution_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VialSize",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vial_sizes", to="inventory.product"
                    ),
                ),
                ("units", models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ("ndc11", models.CharField(blank=True, max_length=13, verbose_name="NDC (11 digits)")),
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
                ("source", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["product", "units"],
                "constraints": [
                    models.UniqueConstraint(fields=("product", "units"), name="vial_size_once"),
                    models.CheckConstraint(condition=models.Q(("units__gt", 0)), name="vial_size_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LotEvent",
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
                ("id", models.BigIntegerField()),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="inventory.product",
                    ),
                ),
                ("number", models.CharField(max_length=40, verbose_name="lot number")),
                ("expires_on", models.DateField()),
                ("recalled_on", models.DateField(blank=True, null=True)),
                ("recall_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="4893cbddc9bdc0a7186bf32762809e04f40f124b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_7e074",
                            table="inventory_lotevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(unique=True)),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="inventory.lot"
                    ),
                ),
                ("vials", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
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
            name="Vial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vials", to="inventory.lot"
                    ),
                ),
                (
                    "size",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vials", to="inventory.vialsize"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vials", to="accounts.site"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("in stock", "in stock"), ("used", "used"), ("removed", "removed")],
                        default="in stock",
                        max_length=10,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinic", "bought by the clinic"),
                            ("pharmacy", "specialty pharmacy, for one patient"),
                            ("sample", "sample"),
                        ],
                        default="clinic",
                        max_length=10,
                    ),
                ),
                ("received_on", models.DateField()),
            ],
            options={
                "ordering": ["lot__expires_on", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "in stock")), fields=["site", "size", "lot"], name="vial_in_stock"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["clinic", "pharmacy", "sample"])),
                        name="vial_source_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["in stock", "used", "removed"])), name="vial_status_is_known"
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "inventory_vialevent" ("id", "lot_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_on", "site_id", "size_id", "source", "status", "version") VALUES (NEW."id", NEW."lot_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."received_on", NEW."site_id", NEW."size_id", NEW."source", NEW."status", NEW."version"); RETURN NULL;',
                            hash="2d41bc5df45d89596f359fafcfb37737ff972942",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_ce186",
                            table="inventory_vial",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "inventory_vialevent" ("id", "lot_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_on", "site_id", "size_id", "source", "status", "version") VALUES (NEW."id", NEW."lot_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."received_on", NEW."site_id", NEW."size_id", NEW."source", NEW."status", NEW."version"); RETURN NULL;',
                            hash="43608cd6e87d3748508667011e5b207be49657b6",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_506ca",
                            table="inventory_vial",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "vial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="movements", to="inventory.vial"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("received", "received"), ("used", "used"), ("removed", "removed")], max_length=10
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["received", "used", "removed"])), name="movement_kind_is_known"
                    ),
                    models.UniqueConstraint(
                        fields=("vial", "kind"),
                        name="stock_movement_once",
                        violation_error_message="This vial has already been taken from stock.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VialEvent",
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
                        to="inventory.vial",
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
                    "status",
                    models.CharField(
                        choices=[("in stock", "in stock"), ("used", "used"), ("removed", "removed")],
                        default="in stock",
                        max_length=10,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("clinic", "bought by the clinic"),
                            ("pharmacy", "specialty pharmacy, for one patient"),
                            ("sample", "sample"),
                        ],
                        default="clinic",
                        max_length=10,
                    ),
                ),
                ("received_on", models.DateField()),
            ],
            options={
                "abstract": False,
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="693bd6f5656d1cee9d55092a495b73385df94b9c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_f886c",
                            table="inventory_vialevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        audit.migration_operations.InstallTriggers(),
    ]

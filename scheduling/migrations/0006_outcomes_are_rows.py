import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0005_shipped_outcomes")]

    operations = [
        migrations.AlterField(
            model_name="recallattempt",
            name="outcome",
            field=models.ForeignKey(
                db_column="outcome",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="scheduling.attemptoutcome",
                to_field="key",
            ),
        ),
        migrations.AlterField(
            model_name="recallattemptevent",
            name="outcome",
            field=models.ForeignKey(
                db_column="outcome",
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="scheduling.attemptoutcome",
                to_field="key",
            ),
        ),
    ]

"""What each instrument was until now becomes its version, and each score is one of that version."""

from __future__ import annotations

from typing import Any

from django.db import migrations

COLUMNS = (
    "version",
    "minimum",
    "maximum",
    "step",
    "grades",
    "coding",
    "meaningful_change_words",
    "licence",
    "source",
    "confidence",
)


def first_versions(apps: Any, schema_editor: Any) -> None:
    instruments = apps.get_model("outcomes", "Instrument")
    versions = apps.get_model("outcomes", "InstrumentVersion")
    assessments = apps.get_model("outcomes", "Assessment")
    events = apps.get_model("outcomes", "AssessmentEvent")
    tables = [model._meta.db_table for model in (assessments, events)]
    with schema_editor.connection.cursor() as cursor:
        # What was is told under its version; it does not happen again, so the history gets no row of it.
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for instrument in instruments.objects.all():
            version = versions.objects.create(
                instrument=instrument,
                meaningful_points=instrument.meaningful_change,
                **{name: getattr(instrument, name) for name in COLUMNS},
            )
            assessments.objects.filter(instrument=instrument).update(version=version)
            events.objects.filter(instrument_id=instrument.pk).update(version_id=version.pk)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def back(apps: Any, schema_editor: Any) -> None:
    """The newest version becomes the instrument again."""
    instruments = apps.get_model("outcomes", "Instrument")
    for version in apps.get_model("outcomes", "InstrumentVersion").objects.filter(is_current=True):
        instruments.objects.filter(pk=version.instrument_id).update(
            meaningful_change=version.meaningful_points, **{name: getattr(version, name) for name in COLUMNS}
        )


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0003_versions_of_instruments")]
    operations = [migrations.RunPython(first_versions, back)]

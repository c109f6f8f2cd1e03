from django.db import migrations, models
from django.db.models.functions import Lower


def rename_doubles(apps, schema_editor):
    """Of names that differ in capital letters alone the later ones get a number."""
    SavedView = apps.get_model("accounts", "SavedView")
    taken = set()
    for view in SavedView.objects.order_by("pk"):
        name, number = view.name, 1
        while (view.user_id, view.page, name.lower()) in taken:
            number += 1
            name = f"{view.name[:54]} ({number})"
        taken.add((view.user_id, view.page, name.lower()))
        if name != view.name:
            SavedView.objects.filter(pk=view.pk).update(name=name)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows_removed_stay_in_history")]

    operations = [
        migrations.RemoveConstraint(model_name="savedview", name="saved_view_once"),
        migrations.RunPython(rename_doubles, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                "user",
                "page",
                Lower("name"),
                name="saved_view_once",
                violation_error_message="There is a saved view with this name. Capital letters make no difference.",
            ),
        ),
    ]

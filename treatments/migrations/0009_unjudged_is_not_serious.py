from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Whether an event is serious may be NULL, and a constraint that is NULL lets everything pass: say so in them."""

    dependencies = [
        ("treatments", "0008_cancelled_orders"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="adverseevent", name="adverse_event_serious_by_a_criterion"),
        migrations.RemoveConstraint(model_name="adverseevent", name="adverse_event_fatal_is_serious"),
        migrations.AddConstraint(
            model_name="adverseevent",
            constraint=models.CheckConstraint(
                condition=(Q(serious__isnull=False) & Q(serious=True) & Q(criteria__len__gt=0))
                | (Q(criteria__len=0) & (Q(serious=False) | Q(serious=None))),
                name="adverse_event_serious_by_a_criterion",
                violation_error_message="Say what makes it serious, and only then.",
            ),
        ),
        migrations.AddConstraint(
            model_name="adverseevent",
            constraint=models.CheckConstraint(
                condition=~Q(outcome="fatal") | (Q(serious__isnull=False) & Q(serious=True)),
                name="adverse_event_fatal_is_serious",
                violation_error_message="A fatal event is serious.",
            ),
        ),
    ]

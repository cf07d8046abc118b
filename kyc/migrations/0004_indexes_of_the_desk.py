from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("controls", "0010_passwords_issued_to_people"),
        ("kyc", "0003_when_an_application_was_last_assessed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="application",
            name="applications_that_wait",
        ),
        migrations.RemoveIndex(
            model_name="application",
            name="applications_claimed",
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                fields=["status", "waiting_since", "id", "claimed_until", "claimed_by", "approved_by", "submitted_at"],
                name="applications_that_wait",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["waiting_since", "id"], name="applications_by_waiting"),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("status__in", ("awaiting_review", "awaiting_second"))),
                fields=["waiting_since", "id"],
                name="applications_at_the_desk",
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("claimed_until__isnull", False)), fields=["claimed_until"], name="applications_held"
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["opened_at"], name="applications_by_opening"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["opened_at", "id"], name="customers_by_opening"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["residence"], name="customers_by_residence"),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["at"], name="decisions_by_time"),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("controls", "0013_who_agreed_to_the_roles_there_are")]

    operations = [
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("restore_agreed_by", None), ("restored_at", None), ("restored_by", None)),
                    models.Q(
                        ("restored_at__isnull", False),
                        ("restore_agreed_by__isnull", False),
                        ("restored_by__isnull", False),
                        models.Q(("restored_by", models.F("restore_agreed_by")), _negated=True),
                        models.Q(("restored_by", models.F("id")), _negated=True),
                        models.Q(("restore_agreed_by", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_person_is_restored_by_two_others",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("founder", None),
                        ("agreed_by__isnull", False),
                        ("granted_by__isnull", False),
                        models.Q(("granted_by", models.F("agreed_by")), _negated=True),
                        models.Q(("granted_by", models.F("person")), _negated=True),
                        models.Q(("agreed_by", models.F("person")), _negated=True),
                    ),
                    models.Q(("agreed_by", None), ("founder", 1), ("granted_by", None), ("role", "administrator")),
                    models.Q(("agreed_by", None), ("founder", 2), ("granted_by", None), ("role", "compliance_officer")),
                    _connector="OR",
                ),
                name="a_role_is_given_by_two_others",
            ),
        ),
    ]

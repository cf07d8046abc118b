from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("controls", "0003_sessions_of_people")]

    operations = [
        migrations.AddField(
            model_name="sealedrow", name="leaf", field=models.BinaryField(default=b""), preserve_default=False
        ),
    ]

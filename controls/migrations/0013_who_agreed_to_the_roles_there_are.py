from django.db import migrations


def say_who_agreed(apps, editor):
    """Of roles given before this was kept: the vote that completed their proposal says it; the first two, which
    nobody proposed, are the founders'. A role of which neither can be told is found by the constraint that follows."""
    grants, proposals, votes = _rows(apps, "RoleGrant", "Proposal", "Vote")
    for number, grant in enumerate(grants.filter(granted_by=None).order_by("role", "granted_at"), 1):
        grants.filter(pk=grant.pk).update(founder=number)
    for grant in grants.exclude(granted_by=None):
        agreed = proposals.filter(
            action="controls.grant_role",
            status="agreed",
            record_id=str(grant.person_id),
            proposed_by=grant.granted_by_id,
            decided_at__gte=grant.granted_at,
        )
        vote = votes.filter(proposal__in=agreed.order_by("decided_at")[:1]).order_by("at").last()
        if vote is not None:
            grants.filter(pk=grant.pk).update(agreed_by=vote.person_id)


def say_who_created(apps, editor):
    people, entries = _rows(apps, "Person", "AuditEntry")
    for entry in entries.filter(action="controls.create_person"):
        people.filter(pk=entry.record_id).update(created_by=entry.person_id)
        people.filter(pk=entry.record_id, password_issued_by=None).update(password_issued_by=entry.person_id)


def _rows(apps, *names):
    return [apps.get_model("controls", name)._base_manager for name in names]


class Migration(migrations.Migration):
    dependencies = [("controls", "0012_roles_name_who_agreed")]

    operations = [
        migrations.RunPython(say_who_agreed, migrations.RunPython.noop),
        migrations.RunPython(say_who_created, migrations.RunPython.noop),
    ]

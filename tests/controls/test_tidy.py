"""What nobody decided in time ends by itself."""

from controls import approvals, tasks
from controls.actor import Actor
from controls.models import AuditEntry, Person, Proposal
from tests.controls.sweep import past_its_time


def test_a_proposal_past_its_time_expires_by_the_job(administrator: Actor, stranger: Actor) -> None:
    person = Person.all_unrestricted.get(username="stan_stranger")
    waits = approvals.propose(
        by=administrator, name="controls.grant_role", record=person, arguments={"role": "mlro"}, reason="Joins."
    )
    tasks.tidy()
    assert Proposal.all_unrestricted.get().status == Proposal.Status.PROPOSED
    late = past_its_time(Proposal.all_unrestricted.get())
    tasks.tidy()
    assert dict(Proposal.all_unrestricted.values_list("pk", "status")) == {
        waits.pk: Proposal.Status.PROPOSED,
        late.pk: Proposal.Status.EXPIRED,
    }
    assert AuditEntry.all_unrestricted.latest("id").actor == "job:controls.expiry"

"""What nobody decided in time ends by itself."""

from datetime import timedelta

from base import clock
from controls import approvals, tasks
from controls.actor import Actor
from controls.models import AuditEntry, Person, Proposal


def test_a_proposal_past_its_time_expires_by_the_job(administrator: Actor, stranger: Actor) -> None:
    person = Person.all_unrestricted.get(username="stan_stranger")
    approvals.propose(
        by=administrator, name="controls.grant_role", record=person, arguments={"role": "mlro"}, reason="Joins."
    )
    tasks.tidy()
    assert Proposal.all_unrestricted.get().status == Proposal.Status.PROPOSED
    Proposal.all_unrestricted.update(expires_at=clock.now() - timedelta(seconds=1))
    tasks.tidy()
    assert Proposal.all_unrestricted.get().status == Proposal.Status.EXPIRED
    assert AuditEntry.all_unrestricted.latest("id").actor == "job:controls.expiry"

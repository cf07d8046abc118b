"""Rows of the sweep for internal controls."""

from datetime import date, timedelta
from typing import Any

from base import clock
from controls import (
    approvals,
    clients,
    deputies,
    drafts,
    emergencies,
    examinations,
    leaving,
    relations,
    reviews,
    staff,
    wayback,
)
from controls.actor import Actor
from controls.models import (
    AccessReview,
    ApiClient,
    AuditEntry,
    AuditValue,
    ClientKey,
    EmergencyRight,
    Examination,
    Person,
    PolicyDraft,
    Proposal,
    Relation,
    ReportSight,
    ReviewedGrant,
    RoleGrant,
    StandIn,
)
from kyc.policies import RISK_DEFAULT
from tests.controls import sweep_signin
from tests.kyc import making
from tests.people import come_in
from tests.sweep import Case, Row, World

PASSWORD = "a made-up password 7"


def _suspended(world: World, person: Person) -> None:
    staff.suspend_person(person, by=world.actor("compliance_officer"), reason="Left.")


def _seen_off(world: World, person: Person) -> None:
    leaving.see_off(person, by=world.actor("compliance_officer"), reason="Left.")


def _emergency(world: World) -> EmergencyRight:
    words = {"right": "emergency_suspend", "hours": 1, "reason": "Nobody else is here."}
    made: EmergencyRight = emergencies.break_glass(by=world.actor("senior_management"), **words)
    return made


def _ended_emergency(world: World, emergency: EmergencyRight) -> None:
    emergencies.end_emergency(emergency, by=world.actor("compliance_officer"), reason="No need.")


def _over(world: World) -> EmergencyRight:
    over: EmergencyRight = emergencies.end_emergency(_emergency(world), by=world.actor("mlro"), reason="Done.")
    return over


def _reviewed(world: World, emergency: EmergencyRight) -> None:
    emergencies.review_emergency(emergency, by=world.actor("mlro"), justified=False, reason="It could wait.")


def _relation(world: World) -> Case:
    words = {"about": "kyc.customer", "entity": world.entity, "reference": "X-7", "kind": "family", "words": "My aunt."}
    return Case(None, world.actor(), words)


def _declared(world: World) -> Relation:
    case = _relation(world)
    made: Relation = relations.declare_relation(by=case.by, **case.words)
    return made


def _come_since(world: World) -> Relation:
    relation = _declared(world)
    making.opened(world.entity, reference=relation.reference)
    return relation


def _found(world: World, relation: Relation) -> None:
    relations.find_subject(relation, by=Actor.job("controls.relations"))


def _undeclared(world: World, relation: Relation) -> None:
    ended = {"ended_at": clock.now(), "ended_by": world.person(), "end_agreed_by": world.person()}
    Relation.all_unrestricted.filter(pk=relation.pk).update(**ended)


def _stand_in(world: World) -> Case:
    today = clock.today()
    words = {"deputy": come_in(world.person()), "role": "aml_analyst", "first_day": today, "last_day": today}
    return Case(world.person("aml_analyst"), world.actor("administrator"), words)


def _standing_in(world: World) -> StandIn:
    case = _stand_in(world)
    made = {**case.words, "person": case.words["deputy"], "absent": case.record}
    del made["deputy"]
    return StandIn.all_unrestricted.create(**made, granted_by=world.person(), agreed_by=world.person())


def _no_deputy(world: World, stands: StandIn) -> None:
    deputies.end_stand_in(stands, by=world.actor("mlro"), reason="Back.")


def _examination(world: World) -> Case:
    today = clock.today()
    words = {
        "kind": "external_auditor",
        "firm": "Example Audit",
        "purpose": "Audit of 2026.",
        "entity": world.entity,
        "records": ["kyc.application"],
        "records_from": date(2026, 1, 1),
        "records_to": today,
        "first_day": today,
        "last_day": today,
    }
    return Case(come_in(world.person()), world.actor("administrator"), words)


def _examining(world: World) -> Examination:
    case = _examination(world)
    two = {"granted_by": world.person(), "agreed_by": world.person()}
    return Examination.all_unrestricted.create(person=case.record, number=1, **case.words, **two)


def _not_examining(world: World, grant: Examination) -> None:
    examinations.end_examination(grant, by=world.actor("mlro"), reason="Done.")


def _nobody_left(world: World) -> Case:
    pair = [world.person("administrator"), world.person("senior_management")]
    for person in pair:
        staff.suspend_person(person, by=world.actor("administrator"), reason="A grudge.")
    RoleGrant.all_unrestricted.exclude(person__in=pair).update(ended_at=clock.now())
    words = {"other": pair[1], "reason": "Nobody can restore them."}
    return Case(Person.all_unrestricted.get(pk=pair[0].pk), Actor.job("controls.bootstrap"), words)


def _reopened(world: World, person: Person) -> None:
    other = Person.all_unrestricted.exclude(pk=person.pk).get(grants__role="senior_management")
    wayback.reopen(person, by=Actor.job("controls.bootstrap"), other=other, reason="Nobody can restore them.")


def _active_again(world: World, person: Person) -> None:
    by = world.actor("administrator")
    back = approvals.propose(by=by, name="controls.restore_person", record=person, arguments={}, reason="Back.")
    approvals.decide(back, by=world.actor("compliance_officer"), agrees=True, reason="Known to me.")


def _inactive(world: World) -> Person:
    person = world.person()
    _suspended(world, person)
    return Person.all_unrestricted.get(pk=person.pk)


def _grant(world: World) -> RoleGrant:
    return RoleGrant.all_unrestricted.get(person=world.person("aml_analyst"))


def _suspended_grant(world: World) -> RoleGrant:
    grant: RoleGrant = staff.suspend_role(_grant(world), by=world.actor("mlro"), reason="Under investigation.")
    come_in(grant.person)
    return grant


def _end_grant(world: World, grant: RoleGrant) -> None:
    staff.end_role(grant, by=world.actor("mlro"), reason="Left the team.")


def _proposal(world: World, by: Actor | None = None) -> Proposal:
    proposal: Proposal = approvals.propose(
        by=by or world.actor("administrator"),
        name="controls.grant_role",
        record=come_in(world.person()),
        arguments={"role": "aml_analyst"},
        reason="Joins the team.",
    )
    return proposal


def _declined(world: World, proposal: Proposal) -> None:
    approvals.decide(proposal, by=world.actor("compliance_officer"), agrees=False, reason="Not now.")


def _own_proposal(world: World) -> Case:
    maker = world.actor("administrator")
    return Case(_proposal(world, maker), maker, {"reason": "A mistake."})


def _past(world: World) -> Case:
    return Case(past_its_time(_proposal(world)), Actor.job("controls.expiry"))


def past_its_time(proposal: Proposal) -> Proposal:
    """One like it that has expired: of a proposal that stands nobody moves the time."""
    same = {field.name: getattr(proposal, field.name) for field in proposal._meta.local_fields if not field.primary_key}
    return Proposal.all_unrestricted.create(**same | {"expires_at": clock.now() - timedelta(seconds=1)})


def _taken_back(world: World, proposal: Proposal) -> None:
    approvals.withdraw(proposal, by=Actor.of(proposal.proposed_by))


def _sight(world: World) -> ReportSight:
    sight: ReportSight = staff.grant_report_sight(world.person(), by=world.actor("mlro"), reason="Investigates.")
    return sight


def _end_sight(world: World, sight: ReportSight) -> None:
    staff.end_report_sight(sight, by=world.actor("mlro"), reason="Done.")


def _somebody_holds_a_role(world: World, record: None) -> None:
    _grant(world)


def _bootstrap(world: World) -> Case:
    first, second = ({"username": name, "name": name.title(), "password": PASSWORD} for name in ("ada", "ben"))
    return Case(
        None, Actor.job("controls.bootstrap"), {"administrator": first, "officer": second, "entity": "First company"}
    )


def _client(world: World) -> ApiClient:
    return ApiClient.all_unrestricted.create(name="Sign-up site", owner=world.person(), role="applicant_intake")


def _owned(world: World) -> tuple[ApiClient, Actor]:
    owner = world.actor("administrator")
    client = ApiClient.all_unrestricted.create(
        name="Sign-up site", owner_id=owner.id, role="applicant_intake", networks=["192.0.2.0/24"]
    )
    return client, owner


def _with_key(world: World) -> tuple[ApiClient, Actor]:
    client, owner = _owned(world)
    clients.issue_key(client, by=owner)
    return client, owner


def _key(world: World) -> Case:
    client, owner = _with_key(world)
    return Case(ClientKey.all_unrestricted.get(client=client), owner, {"reason": "Leaked."})


def _ended_key(world: World, key: ClientKey) -> None:
    ClientKey.all_unrestricted.filter(pk=key.pk).update(ends_at=clock.now())


def _revoked(world: World, client: ApiClient) -> None:
    clients.revoke_client(client, by=world.actor("mlro"), reason="Leaked.")


def _entry(world: World) -> AuditEntry:
    _inactive(world)
    entry: AuditEntry = AuditEntry.all_unrestricted.latest("pk")
    return entry


def _shredded(world: World, entry: AuditEntry) -> None:
    AuditValue.objects.filter(pk=entry.ref).delete()


def _review(world: World) -> AccessReview:
    by = Actor.job("controls.access")
    review: AccessReview = reviews.open_review(by=by, quarter=reviews.quarter_of(clock.today()))
    return review


def _under_review(world: World) -> ReviewedGrant:
    """An officer is there, and answers for it."""
    grant, _officer = _grant(world), world.actor("mlro")
    return ReviewedGrant.all_unrestricted.get(review=_review(world), grant=grant)


def _not_answered(world: World) -> ReviewedGrant:
    grant, now = _grant(world), clock.now()
    review = AccessReview.all_unrestricted.create(
        quarter="2020-Q1", opened_at=now - timedelta(days=15), due_at=now - timedelta(days=1), size=1
    )
    return ReviewedGrant.all_unrestricted.create(
        review=review, grant=grant, person=grant.person, role=grant.role, owner_role="mlro"
    )


def _confirmed(world: World, reviewed: ReviewedGrant) -> None:
    reviews.confirm_grant(reviewed, by=world.actor(reviewed.owner_role))


def _nobody_answers(world: World) -> ReviewedGrant:
    reviewed = _not_answered(world)
    world.person("deputy_mlro")
    return reviewed


def _nothing_left(world: World) -> AccessReview:
    reviewed = _under_review(world)
    _confirmed(world, reviewed)
    RoleGrant.all_unrestricted.exclude(reviews__status="confirmed").update(ended_at=clock.now())
    return AccessReview.all_unrestricted.get()


def _closed(world: World, review: AccessReview) -> None:
    reviews.close_review(review, by=Actor.job("controls.access"))


def _draft_words() -> dict[str, Any]:
    base = drafts.in_force("kyc.risk").digest
    words = {"document": {**RISK_DEFAULT, "adult_years": 19}, "base": base, "effective_on": date(2030, 1, 1)}
    return {"name": "kyc.risk", "reason": "Asked for by the board.", **words}


def _draft(world: World) -> tuple[PolicyDraft, Actor]:
    by = world.actor("compliance_officer")
    return drafts.keep_draft(by=by, **_draft_words()), by


def _discarded(world: World, draft: PolicyDraft) -> None:
    drafts.discard_draft(draft, by=Actor.of(draft.person))


ROWS = {
    "controls.open_review": Row(
        lambda world: Case(None, Actor.job("controls.access"), {"quarter": reviews.quarter_of(clock.today())}),
        spoiled_words={"quarter": "1999-Q1"},
    ),
    "controls.confirm_grant": Row(
        lambda world: Case(_under_review(world), world.actor("mlro")),
        spoil=_confirmed,
    ),
    "controls.remove_grant": Row(
        lambda world: Case(_under_review(world), world.actor("mlro"), {"reason": "Works elsewhere now."}),
        spoil=_confirmed,
        spoiled_words={"reason": " "},
    ),
    "controls.lapse_grant": Row(
        lambda world: Case(_not_answered(world), Actor.job("controls.access")), spoil=_confirmed
    ),
    "controls.pass_on": Row(lambda world: Case(_nobody_answers(world), Actor.job("controls.access")), spoil=_confirmed),
    "controls.close_review": Row(lambda world: Case(_nothing_left(world), Actor.job("controls.access")), spoil=_closed),
    "controls.reveal": Row(
        lambda world: Case(_entry(world), world.actor("internal_auditor"), {"reason": "Sample of the quarter."}),
        spoil=_shredded,
        spoiled_words={"reason": " "},
    ),
    "controls.change_policy": Row(
        lambda world: Case(
            None,
            world.actor("compliance_officer"),
            {
                "name": "kyc.risk",
                "document": {**RISK_DEFAULT, "adult_years": 19},
                "effective_on": date(2030, 1, 1),
            },
        ),
        spoiled_words={"document": {**RISK_DEFAULT, "adult_years": 3}},
    ),
    "controls.keep_draft": Row(
        lambda world: Case(None, world.actor("compliance_officer"), _draft_words()),
        spoiled_words={"base": "no such digest"},
    ),
    "controls.take_in": Row(lambda world: Case(*_draft(world)), spoil=_discarded),
    "controls.propose_draft": Row(lambda world: Case(*_draft(world)), spoil=_discarded),
    "controls.discard_draft": Row(lambda world: Case(*_draft(world)), spoil=_discarded),
    "controls.make_client": Row(
        lambda world: Case(
            None,
            world.actor("administrator"),
            {"name": "Sign-up site", "owner": world.person(), "role": "applicant_intake", "networks": ["192.0.2.0/24"]},
        ),
        spoiled_words={"networks": ["everywhere"]},
    ),
    "controls.issue_key": Row(lambda world: Case(*_owned(world)), spoil=_revoked),
    "controls.rotate_key": Row(
        lambda world: Case(*_with_key(world)), spoil=_revoked, spoiled_words={"overlap_hours": 9999}
    ),
    "controls.end_key": Row(_key, spoil=_ended_key, spoiled_words={"reason": " "}),
    "controls.extend_client": Row(
        lambda world: Case(_client(world), world.actor("administrator"), {"valid_days": 366}),
        spoil=_revoked,
        spoiled_words={"valid_days": 9999},
    ),
    "controls.hand_over_client": Row(
        lambda world: Case(_client(world), world.actor("administrator"), {"owner": world.person()}), spoil=_revoked
    ),
    "controls.revoke_client": Row(
        lambda world: Case(_client(world), world.actor("mlro"), {"reason": "Leaked."}), spoil=_revoked
    ),
    "controls.bootstrap": Row(_bootstrap, spoil=_somebody_holds_a_role),
    "controls.create_person": Row(
        lambda world: Case(
            None,
            world.actor("administrator"),
            {"username": "new", "name": "New Person", "password": PASSWORD, "email": "new@example.com"},
        ),
        spoiled_words={"password": "short"},
    ),
    "controls.grant_role": Row(
        lambda world: Case(come_in(world.person()), world.actor("administrator"), {"role": "kyc_reviewer"}),
        spoil=_suspended,
    ),
    "controls.suspend_role": Row(
        lambda world: Case(_grant(world), world.actor("mlro"), {"reason": "Under investigation."}), spoil=_end_grant
    ),
    "controls.restore_role": Row(
        lambda world: Case(_suspended_grant(world), world.actor("administrator")), spoil=_end_grant
    ),
    "controls.end_role": Row(
        lambda world: Case(_grant(world), world.actor("compliance_officer"), {"reason": "Left."}), spoil=_end_grant
    ),
    "controls.suspend_person": Row(
        lambda world: Case(world.person(), world.actor("compliance_officer"), {"reason": "Left."}), spoil=_suspended
    ),
    "controls.break_glass": Row(
        lambda world: Case(
            None,
            world.actor("senior_management"),
            {"right": "emergency_staff", "hours": 2, "reason": "No administrator is left."},
        ),
        spoiled_words={"hours": 9},
    ),
    "controls.end_emergency": Row(
        lambda world: Case(_emergency(world), world.actor("mlro"), {"reason": "No need."}),
        spoil=_ended_emergency,
        spoiled_words={"reason": " "},
    ),
    "controls.review_emergency": Row(
        lambda world: Case(
            _over(world), world.actor("internal_auditor"), {"justified": True, "reason": "As it was said."}
        ),
        spoil=_reviewed,
        spoiled_words={"reason": " "},
    ),
    "controls.declare_relation": Row(_relation, spoiled_words={"words": " "}),
    "controls.end_relation": Row(lambda world: Case(_declared(world), world.actor("administrator")), spoil=_undeclared),
    "controls.find_subject": Row(lambda world: Case(_come_since(world), Actor.job("controls.relations")), spoil=_found),
    "controls.stand_in": Row(_stand_in, spoil=_suspended, spoiled_words={"last_day": date(2040, 1, 1)}),
    "controls.end_stand_in": Row(
        lambda world: Case(_standing_in(world), world.actor("compliance_officer"), {"reason": "Back."}),
        spoil=_no_deputy,
        spoiled_words={"reason": " "},
    ),
    "controls.grant_examination": Row(_examination, spoil=_suspended, spoiled_words={"last_day": date(2040, 1, 1)}),
    "controls.end_examination": Row(
        lambda world: Case(_examining(world), world.actor("compliance_officer"), {"reason": "Done."}),
        spoil=_not_examining,
        spoiled_words={"reason": " "},
    ),
    "controls.reopen": Row(_nobody_left, spoil=_reopened, spoiled_words={"reason": " "}),
    "controls.see_off": Row(
        lambda world: Case(world.person("aml_analyst"), world.actor("administrator"), {"reason": "Left."}),
        spoil=_seen_off,
        spoiled_words={"reason": " "},
    ),
    "controls.restore_person": Row(
        lambda world: Case(_inactive(world), world.actor("administrator")), spoil=_active_again
    ),
    "controls.grant_report_sight": Row(
        lambda world: Case(world.person(), world.actor("mlro"), {"reason": "Investigates."}), spoil=_suspended
    ),
    "controls.end_report_sight": Row(
        lambda world: Case(_sight(world), world.actor("mlro"), {"reason": "Done."}), spoil=_end_sight
    ),
    "controls.propose": Row(
        lambda world: Case(
            None,
            world.actor("administrator"),
            {
                "name": "controls.grant_role",
                "record": come_in(world.person()),
                "arguments": {"role": "mlro"},
                "reason": "Joins.",
            },
        ),
        spoiled_words={"reason": " "},
    ),
    "controls.decide": Row(
        lambda world: Case(
            _proposal(world), world.actor("compliance_officer"), {"agrees": True, "reason": "Confirmed."}
        ),
        spoil=_declined,
    ),
    "controls.withdraw": Row(_own_proposal, spoil=_declined),
    "controls.expire": Row(_past, spoil=_taken_back),
}

ROWS |= sweep_signin.ROWS

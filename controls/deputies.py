"""Deputies: a person holds another's role on given days. What waits for the role is in the deputy's inbox then, entries
say for whom, and it ends by itself."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from base import clock
from base.errors import Invalid, RuleError, WrongState
from controls import unit
from controls.actions import action
from controls.actor import Actor
from controls.models import Person, StandIn
from controls.staff import AGREED_BY_ANOTHER, ready, refuse_toxic, with_reason

MOST_DAYS = 92


def _ready(absent: Person, by: Actor) -> str | RuleError | None:
    return None if absent.is_active else _("%(name)s is suspended.") % {"name": absent.name}


@action("controls.manage_staff", quorum=AGREED_BY_ANOTHER, when=_ready)
def stand_in(absent: Person, *, by: Actor, deputy: Person, role: str, first_day: date, last_day: date) -> StandIn:
    """`deputy` holds this role of `absent` from the first day to the last (in UTC), both included."""
    assert by.person_id is not None, "only a signed-in person proposes"
    if role not in absent.roles():
        raise Invalid(_("%(name)s does not hold this role.") % {"name": absent.name}, field="role")
    if deputy.pk in (absent.pk, by.person_id):
        raise Invalid(_("Another person stands in, and does not propose it."), field="deputy")
    if role in deputy.roles():
        raise Invalid(_("%(name)s holds this role already.") % {"name": deputy.name}, field="deputy")
    if not clock.today() <= first_day <= last_day <= first_day + timedelta(days=MOST_DAYS):
        raise Invalid(_("From today on, %(most)s days at most.") % {"most": MOST_DAYS}, field="last_day")
    if refused := ready(deputy):
        raise refused
    refuse_toxic(deputy, role)
    days = StandIn.all_unrestricted.running().filter(first_day__lte=last_day, last_day__gte=first_day)
    if days.filter(person=deputy, role=role).exists():
        raise WrongState(_("%(name)s stands in with this role on some of these days.") % {"name": deputy.name})
    return StandIn.all_unrestricted.create(
        person=deputy,
        absent=absent,
        role=role,
        first_day=first_day,
        last_day=last_day,
        granted_by_id=by.person_id,
        agreed_by_id=unit.agreed_by(),
    )


def _running(stands: StandIn, by: Actor) -> str | None:
    return None if stands.ended_at is None and stands.last_day >= clock.today() else _("This has ended.")


@action("controls.suspend", when=_running)
def end_stand_in(stands: StandIn, *, by: Actor, reason: str) -> StandIn:
    """Sooner than by itself: the absent person is back, or the deputy should not."""
    with_reason(reason)
    stands.ended_at = clock.now()
    stands.save(update_fields=["ended_at"])
    return stands

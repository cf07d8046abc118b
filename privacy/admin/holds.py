"""Legal holds: why, whose, and when somebody looks again."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from base.admin import ModelAdmin
from base.badges import Colour, labelled
from base.buttons import Button
from base.filters import DaysFilter
from privacy import actions
from privacy.admin.subjects import AsksHold
from privacy.models import Hold


class Review(DaysFilter):
    title = _("to be reviewed")
    field = "review_on"
    labels = (_("Review from"), _("Review to"))


@admin.register(Hold)
class HoldAdmin(ModelAdmin):
    permission = "privacy.view_holds"
    list_display = ("whom", "state", "owner", "placed_at", "review_on")
    list_select_related = ("subject", "owner", "lifted_by")
    list_filter = (Review,)
    ordering = ("review_on", "id")
    facts = ("whom", "words", "owner", "placed_at", "review_on", "lifted_by", "lifted_at")
    empty = _("Nobody is held. A hold is placed from the page of a data subject.")
    buttons = (
        Button(
            actions.review_hold,
            _("Looked again"),
            _("It stays until the day you name."),
            form=AsksHold,
            icon="event_repeat",
        ),
        Button(
            actions.lift_hold,
            _("Lift"),
            _("What is due is erased from now on. Another person than the owner lifts it."),
            icon="lock_open",
            done=_("Lifted."),
        ),
    )

    def heading(self, record: Hold) -> str:
        return self.whom(record)

    @admin.display(description=_("person"))
    def whom(self, record: Hold) -> str:
        return str(record.subject.person)

    @admin.display(description=_("state"))
    def state(self, record: Hold) -> SafeString:
        return labelled(Colour.GREY, _("lifted")) if record.lifted_at else labelled(Colour.VIOLET, _("held"))

    def strip(self, record: Hold) -> list[SafeString]:
        return [self.state(record)]

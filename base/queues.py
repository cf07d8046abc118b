"""Rows under tabs: the queue, where one chooses or gets the next piece of work, and the inbox.

A tab is a saved filter; what is declared in `filters` narrows it further, a column of a queue sorts it. All of it
stands in the address, goes with the reader from tab to tab and from page to page, and is what an export holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

from base.errors import Invalid
from base.filters import Chip, InputFilter
from base.pages import Page


@dataclass(frozen=True)
class Tab:
    """A saved filter of a queue or an inbox, with the number of rows behind it, where that was counted before."""

    key: str
    title: Any
    rows: Any
    counted: int | None = None
    empty: Any = ""  # what it means that there is no row, and what to do then

    @property
    def count(self) -> int:
        return int(self.rows.count()) if self.counted is None else self.counted


class TabbedPage(Page):
    """`tabs()` says which tabs there are; `?tab=` chooses, the first is the default. `filters` are all that is taken
    from the address, for the reason that `ModelAdmin.lookup_allowed` gives."""

    per_page = 50
    empty: Any = ""
    filters: Sequence[type[InputFilter]] = ()
    model_admin: Any = None

    def tabs(self) -> Sequence[Tab]:
        raise NotImplementedError

    @classmethod
    def exported(cls, model_admin: Any, request: HttpRequest) -> Any:
        """The rows of the chosen tab, narrowed and sorted, for a file."""
        page = cls(model_admin=model_admin)
        page.setup(request)
        if problems := page.problems():
            raise Invalid(" ".join(problems))
        return page.rows()

    @cached_property
    def offered(self) -> Sequence[Tab]:
        return self.tabs()

    @cached_property
    def chosen(self) -> Tab:
        return next((tab for tab in self.offered if tab.key == self.request.GET.get("tab")), self.offered[0])

    @cached_property
    def specs(self) -> list[InputFilter]:
        typed = dict(self.request.GET.lists())
        return [one(self.request, typed, self.model_admin.model, self.model_admin) for one in self.filters]

    def problems(self) -> list[str]:
        return [problem for spec in self.specs for problem in spec.problems]

    def rows(self) -> Any:
        rows = self.chosen.rows
        for spec in self.specs:
            rows = spec.queryset(self.request, rows)
        return rows

    def page(self, *, narrowed: bool) -> Any:
        """Found by key alone, then read: sorting ten thousand keys is cheap, sorting as many whole rows is not."""
        pages = Paginator(self.rows().values_list("pk", flat=True), self.per_page)
        if not narrowed and self.chosen.counted is not None:
            pages.count = self.chosen.counted
        page = pages.get_page(self.request.GET.get("page"))
        keys = list(page.object_list)
        found = self.chosen.rows.order_by().in_bulk(keys)
        page.object_list = [found[key] for key in keys if key in found]
        return page

    def kept(self) -> dict[str, str]:
        """What was asked for beside the tab and the page."""
        return {name: str(value) for spec in self.specs for name, value in spec.used_parameters.items()}

    def address(self, kept: dict[str, str]) -> str:
        return "?" + urlencode({"tab": self.chosen.key, **kept})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept, chips = self.kept(), [chip for spec in self.specs for chip in spec.chips()]
        return super().get_context_data(
            tabs=self.offered,
            chosen=self.chosen,
            page=self.page(narrowed=bool(chips)),
            empty=self.chosen.empty or self.empty,
            specs=self.specs,
            problems=self.problems(),
            chips=[self.removable(chip, kept) for chip in chips],
            kept=f"&{urlencode(kept)}" if kept else "",
            clear=self.address({name: value for name, value in kept.items() if name == SORTED_BY}),
            hidden={"tab": self.chosen.key, **{name: kept[name] for name in (SORTED_BY,) if name in kept}},
            export=f"{self.model_admin.link('export')}{self.address(kept)}",
            **kwargs,
        )

    def removable(self, chip: Chip, kept: dict[str, str]) -> dict[str, Any]:
        others = {name: value for name, value in kept.items() if name != chip.name}
        return {"title": chip.title, "said": chip.said, "link": self.address(others)}


SORTED_BY = "o"


@dataclass(frozen=True)
class Column:
    """A column of a queue. `order`: the fields and expressions it is sorted by, the smallest first; rows without a
    value come last. Without it the column is not sorted by."""

    name: str
    title: Any
    order: tuple[Any, ...] = ()

    def sorting(self, *, down: bool) -> list[Any]:
        return [_directed(key, down) for key in self.order]


def _directed(key: Any, down: bool) -> Any:
    """A field that is never empty is given as a text, so that an index gives the order."""
    if isinstance(key, str):
        bare = key.removeprefix("-")
        return bare if (key != bare) == down else f"-{bare}"
    return key.desc(nulls_last=True) if down else key.asc(nulls_last=True)


class QueuePage(TabbedPage):
    """Choose or get the next piece of work. The template fills the blocks `next`, `row` and `empty`; `columns()` gives
    the head of the table, one for each cell of a row. Without `?o=` the rows come in the order of their tab."""

    template_name = "base/queue.html"

    def columns(self) -> Sequence[Column]:
        raise NotImplementedError

    @cached_property
    def shown_columns(self) -> Sequence[Column]:
        return self.columns()

    @cached_property
    def sorted_by(self) -> str:
        """`name` or `-name` of a column that can be sorted by, or nothing."""
        asked = self.request.GET.get(SORTED_BY, "")
        known = {column.name for column in self.shown_columns if column.order}
        return asked if asked.removeprefix("-") in known else ""

    def rows(self) -> Any:
        rows = super().rows()
        if not self.sorted_by:
            return rows
        name = self.sorted_by.removeprefix("-")
        column = next(column for column in self.shown_columns if column.name == name)
        return rows.order_by(*column.sorting(down=self.sorted_by != name), *rows.query.order_by)

    def kept(self) -> dict[str, str]:
        return super().kept() | ({SORTED_BY: self.sorted_by} if self.sorted_by else {})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heads=list(self.heads()), **kwargs)

    def heads(self) -> Iterable[dict[str, Any]]:
        """Each head leads from unsorted to ascending, to descending, and back to the order of the tab."""
        others = {name: value for name, value in self.kept().items() if name != SORTED_BY}
        now = self.sorted_by or self.own_order()
        for column in self.shown_columns:
            up, down = column.name, f"-{column.name}"
            following = down if now == up else "" if now == down and self.sorted_by else up
            link = self.address(others | ({SORTED_BY: following} if following else {}))
            direction = {up: "ascending", down: "descending"}.get(now, "")
            yield {"title": column.title, "link": link if column.order else "", "direction": direction}

    def own_order(self) -> str:
        """The column whose order the tab has by itself."""
        first = (*self.chosen.rows.query.order_by, "")[0]
        for column in self.shown_columns:
            if first in column.sorting(down=False):
                return column.name
            if first in column.sorting(down=True):
                return f"-{column.name}"
        return ""


class InboxPage(TabbedPage):
    """Agree with another's proposal: the list on the left, the exact change on the right."""

    template_name = "base/inbox.html"

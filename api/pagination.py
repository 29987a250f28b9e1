"""Lists in pages (contract 1.4)."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from scale.errors import NotFound

DEFAULT_SIZE = 100
MAX_SIZE = 1000

#: Up to so many rows are counted; beyond, the planner's estimate has to do.
COUNTED = 250_000
#: From so many rows before a page on, the way to it is along an index alone.
DEEP = 1000

#: What long lists may be sorted by along an index alone. Not by the latest change first: rows of
#: one instant, of which a bulk change makes many, come by id and so against the index.
INDEXED = {"id", "-id", "last_modified", "last_status_change"}

Rows = QuerySet[Any] | Sequence[Any]

_DIGITS = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    number: int
    size: int

    @classmethod
    def read(cls, request: Request) -> "Page":
        """Read `page` and `page_size` from the query string.

        Raises:
            NotFound: the page is zero or no number.
        """
        number = request.query_params.get("page", "1")
        if not _DIGITS.fullmatch(number) or int(number) == 0:
            raise NotFound("Invalid page.")
        size = request.query_params.get("page_size", "")
        wanted = int(size) if _DIGITS.fullmatch(size) else 0
        return cls(int(number), min(wanted, MAX_SIZE) or DEFAULT_SIZE)

    def check(self, count: int) -> None:
        """Require that a list of so many rows has this page; the first it always has.

        Raises:
            NotFound: it has not.
        """
        if self.number > 1 and self.offset >= count:
            raise NotFound("Invalid page.")

    @property
    def offset(self) -> int:
        """Return how many rows come before this page."""
        return (self.number - 1) * self.size

    def cut(self, rows: Rows) -> Rows:
        """Return the rows of this page."""
        return rows[self.offset : self.offset + self.size]

    def envelope(self, request: Request, count: int, results: list[Any]) -> dict[str, Any]:
        """Return the answer: the page's rows between links to its neighbours."""
        return {
            "count": count,
            "next": self._link(request, 1) if self.offset + self.size < count else None,
            "previous": self._link(request, -1) if self.number > 1 else None,
            "results": results,
        }

    def _link(self, request: Request, step: int) -> str:
        return replace_query_param(request.build_absolute_uri(), "page", self.number + step)


def paginate(
    request: Request,
    rows: Rows,
    render: Callable[[Rows], list[Any]],
    *,
    count: int | None = None,
    parts: Sequence[QuerySet[Any]] = (),
) -> dict[str, Any]:
    """Return a page of rows as the contract's envelope; `render` makes a page's rows JSON.

    `count` is how many rows there are, if that is known. If not, they are counted; of more than
    `COUNTED` the count is an estimate, and `next` is right all the same. `parts` are the same rows,
    in the same order if read one after the other, where that is cheaper.

    Raises:
        NotFound: the list has no such page.
    """
    page = Page.read(request)
    if not isinstance(rows, QuerySet):
        page.check(len(rows))
        return page.envelope(request, len(rows), render(page.cut(rows)))
    is_known = count is not None
    if count is None:
        count = rows.order_by()[: COUNTED + 1].count()
    if is_known or count <= COUNTED:
        page.check(count)
        found = _fetch(rows, page.offset, min(page.offset + page.size, count), count, parts)
    else:
        found = _fetch(rows, page.offset, page.offset + page.size + 1, None, parts)
        seen = page.offset + len(found)
        count = max(_estimate(rows), seen) if len(found) > page.size else seen
        page.check(count)
    return page.envelope(request, count, render(found[: page.size]))


def _fetch(
    rows: QuerySet[Any],
    start: int,
    stop: int,
    count: int | None,
    parts: Sequence[QuerySet[Any]],
) -> list[Any]:
    """Return some rows of a list, without reading those before where they are many.

    Nor are related rows read for all that are sorted, where that takes more than an index.
    """
    if parts:
        wanted = _ids_of_parts(parts, start, stop)
    elif start >= DEEP or (rows.query.select_related and rows.query.order_by[0] not in INDEXED):
        wanted = _ids(rows, start, stop, count)
    else:
        return list(rows[start:stop])
    found = rows.order_by().in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def _ids(rows: QuerySet[Any], start: int, stop: int, count: int | None) -> list[int]:
    """Return the ids; from beyond the middle, if the count is known, by the way from the end."""
    ids = rows.values_list("pk", flat=True)
    if count is not None and start > count // 2:
        return list(ids.reverse()[count - stop : count - start])[::-1]
    return list(ids[start:stop])


def _ids_of_parts(parts: Sequence[QuerySet[Any]], start: int, stop: int) -> list[int]:
    found: list[int] = []
    for part in parts:
        ids = list(part.values_list("pk", flat=True)[start:stop])
        found += ids
        if len(ids) == stop - start:
            break
        length = start + len(ids) if ids else part.order_by().count()
        start, stop = max(0, start - length), stop - length
    return found


def _estimate(rows: QuerySet[Any]) -> int:
    (plan,) = json.loads(rows.order_by().explain(format="json"))
    return int(plan["Plan"]["Plan Rows"])

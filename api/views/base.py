"""What all views share."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from api.access import authenticators, user_name
from api.pagination import Rows, paginate

Output = type[BaseSerializer[Any]]


class ScaleView(APIView):
    """An endpoint: reads an Input, calls one service or selector, renders an Output."""

    #: The least role per method; by default viewers read and administrators write.
    roles: ClassVar[dict[str, str]] = {}
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Ask nobody where access is open."""
        return authenticators()

    @property
    def user_name(self) -> str:
        """Return the name that events record."""
        return user_name(self.request)

    def page(
        self,
        rows: Rows,
        output: Output,
        context: Callable[[Sequence[Any]], Any] | None = None,
        *,
        count: int | None = None,
        parts: Sequence[QuerySet[Any]] = (),
    ) -> Response:
        """Answer with the page of the rows that the request asks for (contract 1.4).

        `context` is given the page's rows and returns what else the output needs about them;
        `count` and `parts` are those of `api.pagination.paginate`.
        """

        def render(rows: Rows) -> list[Any]:
            part = list(rows)
            extra = context(part) if context else {}
            return list(output(part, many=True, context=extra).data)

        return Response(paginate(self.request, rows, render, count=count, parts=parts))

    def created(self, body: Any, route: str, **ids: Any) -> Response:
        """Answer 201 with the absolute URL of a resource."""
        location = self.request.build_absolute_uri(reverse(route, kwargs=ids))
        return Response(body, 201, headers={"Location": location})

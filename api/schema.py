"""How views describe themselves in the OpenAPI schema."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from api.serializers.base import Output
from api.serializers.errors import ProblemOutput

F = TypeVar("F", bound=Callable[..., Any])

PAGE = [
    OpenApiParameter("page", int, description="Which page, from 1; 404 if there is none."),
    OpenApiParameter("page_size", int, description="Rows per page, 1 to 1000; 100 by default."),
]
LOCATION = OpenApiParameter(
    "Location",
    str,
    OpenApiParameter.HEADER,
    description="Absolute URL of the resource.",
    response=[201],
)
PROBLEMS = {
    400: "A parameter or the document is not valid.",
    401: "No user, or a token that is not valid.",
    403: "The user's role may not do this.",
    404: "There is no such thing.",
    406: "The answer is JSON, which `Accept` rules out.",
    413: "The body is too long.",
    415: "The body is not of an accepted media type.",
    429: "Too many tokens that are not valid came from this address; see `Retry-After`.",
    503: "The database cannot be reached; see `Retry-After`.",
}


@cache
def page_of(output: type[Output]) -> type[Output]:
    """Return the envelope of a page of these (contract 1.4)."""
    name = output.__name__.removesuffix("Output")
    fields = {
        "__doc__": f"A page of {name}.",
        "count": serializers.IntegerField(help_text="Rows over all pages."),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": output(many=True),
    }
    return type(f"{name}PageOutput", (Output,), fields)


def describe(
    summary: str,
    *,
    tag: str,
    answer: type[Output],
    code: int = 200,
    paged: bool = False,
    query: Any = None,
    body: Any = None,
    problems: tuple[int, ...] = (),
    examples: list[OpenApiExample] | None = None,
    **more: Any,
) -> Callable[[F], F]:
    """Return a decorator that describes one method of a view."""
    parameters = [*([query] if query else []), *(PAGE if paged else [])]
    if code == 201:
        parameters.append(LOCATION)
    codes = {401, 403, 406, 429, 503, *problems, *([400] if query or body else [])}
    codes -= {401, 403, 429} if more.get("auth") == [] else set()
    codes |= {404} if paged else set()
    codes |= {413, 415} if body else set()
    shown = page_of(answer) if paged else answer
    return extend_schema(
        summary=summary,
        tags=[tag],
        parameters=parameters,
        request=body,
        responses={
            code: shown,
            **{one: OpenApiResponse(ProblemOutput, PROBLEMS[one]) for one in sorted(codes)},
        },
        examples=examples,
        **more,
    )

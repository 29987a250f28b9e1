"""Reading bodies."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class JsonParser(BaseParser):
    """Reads JSON in UTF-8, up to the configured size, and nothing that JSON does not know."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the body says.

        Raises:
            ParseError: it is no JSON.
            RequestDataTooBig: it is longer than `SCALE_MAX_BODY_BYTES`.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise RequestDataTooBig
        try:
            return json.loads(
                content.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite
            )
        except (ValueError, RecursionError):
            raise ParseError("body: expected valid JSON in UTF-8") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    # "1e999" is JSON, but neither Python nor PostgreSQL can hold it.
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number

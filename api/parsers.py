"""Reading bodies."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles


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


class UploadParser(BaseParser):
    """Reads forms with files, which go to the disk as they come, up to the configured size.

    Each file gets `part_name`, the name that the client sent for it, untouched.
    """

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the fields and the files.

        Raises:
            ParseError: it is no such form.
            RequestDataTooBig: it is longer than `SCALE_MAX_UPLOAD_BYTES`.
        """
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_UPLOAD_BYTES:
            raise RequestDataTooBig
        meta = request.META | {"CONTENT_TYPE": media_type}
        try:
            parser = _Parts(meta, stream, request.upload_handlers, settings.DEFAULT_CHARSET)
            fields, files = parser.parse()
        except MultiPartParserError as exc:
            raise ParseError(f"body: {exc}") from None
        for _, parts in files.lists():
            for part in parts:
                part.part_name = parser.names[int(part.name)]
        return DataAndFiles(fields, files)


class _Parts(MultiPartParser):
    """Django's parser, but no name is mended: one that is not good is a fault."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.names: list[str] = []

    def sanitize_file_name(self, file_name: str) -> str:
        self.names.append(file_name)
        return str(len(self.names) - 1)

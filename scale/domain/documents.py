"""The base of every JSON document: strict pydantic models whose faults are told in plain words."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from scale.errors import InvalidInput

BIGINT_MIN = -(2**63)
BIGINT_MAX = 2**63 - 1
#: Far deeper than any document goes, and far from where Python or PostgreSQL run out of stack.
MAX_DEPTH = 64

_SHOWN_KEY_LENGTH = 80

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9\-_ ]{1,255}$")]
Id = Annotated[int, Field(ge=BIGINT_MIN, le=BIGINT_MAX)]


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("expected a value, or no key at all")
    return value


#: Marks a field that may be absent (then None) but not null.
NOT_NULL = BeforeValidator(_refuse_null)

_TEXTS = {
    "missing": "required",
    "extra_forbidden": "unknown key",
    "string_type": "expected a string",
    "string_pattern_mismatch": "expected 1 to 255 letters, digits, spaces, '-' or '_'",
    "string_too_short": "expected at least {min_length} character(s)",
    "string_too_long": "expected at most {max_length} characters",
    "int_type": "expected an integer",
    "greater_than_equal": "expected at least {ge}",
    "less_than_equal": "expected at most {le}",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "list_type": "expected an array",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "literal_error": "expected {expected}",
    "value_error": "{error}",
}


class Document(BaseModel):
    """A JSON document or a part of one; types are strict: true is no integer, "12" neither."""

    model_config = ConfigDict(strict=True, frozen=True)


class ClosedDocument(Document):
    """A document in which unknown keys are faults."""

    model_config = ConfigDict(extra="forbid")

    def stored(self) -> dict[str, Any]:
        """Return the document as it is kept: defaults filled in, what is unset absent."""
        return self.model_dump(exclude_none=True)


class OpenDocument(Document):
    """A document in which unknown keys are kept and otherwise ignored."""

    model_config = ConfigDict(extra="allow")

    def stored(self) -> dict[str, Any]:
        """Return the document as it is kept: defaults filled in."""
        return self.model_dump()


Model = TypeVar("Model", bound=Document)


def parse_document(model: type[Model], raw: object, path: str) -> Model:
    """Read a document strictly.

    Raises:
        InvalidInput: with every fault of the document, each beginning with its path.
    """
    refuse_unstorable(raw, path)
    faults: list[str] = []
    document = collect(model, raw, path, faults)
    if document is None:
        raise InvalidInput(faults)
    return document


def collect(model: type[Model], raw: object, path: str, faults: list[str]) -> Model | None:
    """Read one part of a document; add its faults to `faults` and return None if there are any."""
    try:
        return model.model_validate(raw)
    except ValidationError as exc:
        faults.extend(_fault(error, path) for error in exc.errors(include_url=False))
        return None


def salvage(model: type[Model], raw: object, path: str, faults: list[str]) -> Model:
    """Read a document all of whose fields have defaults, taking the default for a faulty field.

    So the sound parts can be looked into, and all faults told at once.
    """
    found: list[str] = []
    document = collect(model, raw, path, found)
    if document is not None:
        return document
    faults.extend(found)
    fields = raw if isinstance(raw, dict) else {}
    sound = {key: item for key, item in fields.items() if _is_sound(model, key, item)}
    return model.model_validate(sound)


def refuse_unstorable(raw: object, path: str) -> None:
    """Refuse what JSON can say but PostgreSQL cannot keep: NUL, lone surrogates, infinity, abysses.

    Raises:
        InvalidInput: with the place of each.
    """
    faults = list(_unstorable(raw, path, MAX_DEPTH))
    if faults:
        raise InvalidInput(faults)


def _is_sound(model: type[Document], key: str, item: object) -> bool:
    return collect(model, {key: item}, "", []) is not None


def _unstorable(value: object, path: str, levels: int) -> Iterator[str]:
    if isinstance(value, str):
        if not _is_storable(value):
            yield f"{path}: expected text without \\u0000 and lone surrogates"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield f"{path}: expected a finite number"
    elif isinstance(value, dict | list):
        if levels == 0:
            yield f"{path}: expected at most {MAX_DEPTH} levels of nesting"
            return
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            if isinstance(key, str) and not _is_storable(key):
                yield f"{_join(path, key)}: expected a key without \\u0000 and lone surrogates"
            yield from _unstorable(item, _join(path, key), levels - 1)


def _is_storable(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _fault(error: ErrorDetails, path: str) -> str:
    for key in error["loc"]:
        path = _join(path, key)
    template = _TEXTS.get(error["type"])
    if template is None:
        return f"{path}: {error['msg']}"
    return f"{path}: {template.format(**error.get('ctx', {}))}"


def _join(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    # The path goes into an answer, which must be valid UTF-8 whatever the client sent.
    shown = key[:_SHOWN_KEY_LENGTH].encode("utf-8", "backslashreplace").decode()
    return f"{path}.{shown}"

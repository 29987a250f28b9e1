"""A job type's interface: its command line, inputs and outputs (contract 3.1)."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import model_validator

from scale.domain.command import JOB_OUTPUT_DIR, placeholders
from scale.domain.documents import NOT_NULL, ClosedDocument, Name, parse_document
from scale.errors import InvalidInput

InputType = Literal["property", "file", "files"]


class Input(ClosedDocument):
    """An input that a job type or a recipe type declares."""

    name: Name
    type: InputType
    required: bool = True
    #: Empty means any; None only for a property, which has no media type.
    media_types: Annotated[list[str] | None, NOT_NULL] = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in_media_types(cls, raw: object) -> object:
        if isinstance(raw, dict) and raw.get("type") in ("file", "files"):
            return {"media_types": [], **raw}
        return raw


class Output(ClosedDocument):
    """An output that a job type declares."""

    name: Name
    type: Literal["file", "files"]
    #: A successful run must produce it.
    required: bool = True
    #: None means by file extension.
    media_type: Annotated[str | None, NOT_NULL] = None


class SharedResource(ClosedDocument):
    """A resource outside Scale that the program uses; carried, otherwise unused."""

    name: Name
    type: str
    required: bool = True


class Interface(ClosedDocument):
    """What a job type takes and makes."""

    version: Literal["1.0"] = "1.0"
    command: str
    command_arguments: str
    input_data: list[Input] = []
    output_data: list[Output] = []
    shared_resources: list[SharedResource] = []

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """Return the inputs by name, in order."""
        return {item.name: item for item in self.input_data}

    @cached_property
    def outputs(self) -> dict[str, Output]:
        """Return the outputs by name, in order."""
        return {item.name: item for item in self.output_data}


def parse_interface(raw: object, path: str = "interface") -> Interface:
    """Read an interface and check rules I1 to I7 (contract 3.1).

    Raises:
        InvalidInput: with every fault.
    """
    interface = parse_document(Interface, raw, path)
    faults = [*_name_faults(interface, path), *_placeholder_faults(interface, path)]
    if faults:
        raise InvalidInput(faults)
    return interface


def _name_faults(interface: Interface, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for key in ("input_data", "shared_resources", "output_data"):
        for index, item in enumerate(getattr(interface, key)):
            if item.name in seen:
                yield f"{path}.{key}[{index}].name: '{item.name}' is used twice"
            seen.add(item.name)


def _placeholder_faults(interface: Interface, path: str) -> Iterator[str]:
    known = {JOB_OUTPUT_DIR, *interface.inputs, *(item.name for item in interface.shared_resources)}
    for name in placeholders(interface.command_arguments):
        if name not in known:
            yield (
                f"{path}.command_arguments: '${{{name}}}' names no input, shared resource "
                f"or {JOB_OUTPUT_DIR}"
            )

"""A job's command line: placeholders, the text shown to people, the argument vector that runs."""

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from scale.errors import InvalidInput

JOB_OUTPUT_DIR = "job_output_dir"

#: By name; None (or, when everything is filled in, no entry) is an optional input not given.
Values = Mapping[str, str | None]

# An unclosed "${" matches to the end of the text, as a literal: were it no match, every later "${"
# would be tried to the end again (test_placeholders_of_many_unclosed_ones_take_linear_time).
_PLACEHOLDER = re.compile(r"\$\{([^}]*)(\}|\Z)")

# Holds a value's place while words are cut. No argument can hold NUL, so it cannot be in the text.
_GAP = "\0"


class MalformedCommand(InvalidInput):
    """The command line cannot be cut into words or passed to a program."""

    code = "malformed_command"


@dataclass(frozen=True, slots=True)
class _Placeholder:
    written: str
    flag: str
    name: str


def placeholders(arguments: str) -> list[str]:
    """Return the names `arguments` refers to, each once, in order of appearance (I6, 6.2)."""
    names = (piece.name for piece in _pieces(arguments) if isinstance(piece, _Placeholder))
    return list(dict.fromkeys(names))


def queued_arguments(arguments: str, properties: Values) -> str:
    """Write `arguments` as shown from queue time on: properties pasted in, the rest as is (6.2).

    A name missing from `properties` stays a placeholder; None makes the placeholder empty.
    """

    def paste(placeholder: _Placeholder) -> str:
        if placeholder.name not in properties:
            return placeholder.written
        return _pasted(placeholder, properties[placeholder.name])

    return _rewrite(arguments, paste)


def resolved_arguments(arguments: str, values: Values) -> str:
    """Write `arguments` as shown after the pre step: everything pasted in, for reading only (6.2).

    `arguments` is the interface's text, never the text of `queued_arguments`: values are not
    scanned for placeholders.
    """
    return _rewrite(
        arguments, lambda placeholder: _pasted(placeholder, values.get(placeholder.name))
    )


def argument_vector(command: str, arguments: str, values: Values) -> list[str]:
    """Return the words to execute: those of `command`, then those of `arguments` (6.2).

    Every value is part of exactly one word, unchanged; no shell, quoting or second substitution
    touches it. A word made only of placeholders that are absent disappears. The system may still
    refuse a long vector when it runs: Linux takes at most 128 KiB in one argument.

    Raises:
        MalformedCommand: a quote is not closed, there is no program, or something holds a
            character that no argument can hold (NUL, lone surrogate).
    """
    _refuse_unpassable("command", command)
    _refuse_unpassable("command_arguments", arguments)
    program = _cut("command", command)
    if not program:
        raise MalformedCommand("command: expected the program to run")
    text, supply = _with_gaps(arguments, values)
    words = (_fill(word, supply) for word in _cut("command_arguments", text))
    return program + [word for word in words if word is not None]


def quoting_faults(command: str, arguments: str) -> list[str]:
    """Return what keeps the texts from being cut into words, with all inputs given or with none."""
    given = dict.fromkeys(placeholders(arguments), "")
    texts = [
        ("command", command),
        ("command_arguments", _with_gaps(arguments, given)[0]),
        ("command_arguments", _with_gaps(arguments, {})[0]),
    ]
    faults = []
    for field, text in texts:
        try:
            _cut(field, text)
        except MalformedCommand as exc:
            faults += exc.faults
    return list(dict.fromkeys(faults))


def _pieces(text: str) -> Iterator[str | _Placeholder]:
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        yield text[end : match.start()]
        flag, _, name = match[1].rpartition(":")
        yield _Placeholder(match[0], flag, name) if match[2] else match[0]
        end = match.end()
    yield text[end:]


def _rewrite(text: str, replace: Callable[[_Placeholder], str]) -> str:
    return "".join(piece if isinstance(piece, str) else replace(piece) for piece in _pieces(text))


def _pasted(placeholder: _Placeholder, value: str | None) -> str:
    return "" if value is None else placeholder.flag + value


def _with_gaps(arguments: str, values: Values) -> tuple[str, Iterator[str | None]]:
    """Return the text to cut, a gap in each value's place, and the values in order."""
    supply: list[str | None] = []

    def leave_gap(placeholder: _Placeholder) -> str:
        value = values.get(placeholder.name)
        if value is not None:
            _refuse_unpassable(placeholder.name, value)
        supply.append(value)
        return _GAP if value is None else placeholder.flag + _GAP

    text = _rewrite(arguments, leave_gap)
    return text, iter(supply)


def _cut(field: str, text: str) -> list[str]:
    try:
        return list(_words(text))
    except ValueError as exc:
        raise MalformedCommand(f"{field}: expected closed quotes and escapes ({exc})") from exc


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    """Cut a text as a shell would; the texts of a type are the same for all of its jobs."""
    return tuple(shlex.split(text))


def _fill(word: str, supply: Iterator[str | None]) -> str | None:
    head, *tails = word.split(_GAP)
    values = [next(supply) for _ in tails]
    if tails and not any([head, *tails]) and all(value is None for value in values):
        return None
    return head + "".join((value or "") + tail for value, tail in zip(values, tails, strict=True))


def _refuse_unpassable(field: str, text: str) -> None:
    try:
        passable = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        passable = False
    if not passable:
        raise MalformedCommand(f"{field}: expected characters that an argument can hold")

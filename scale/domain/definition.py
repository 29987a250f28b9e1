"""A recipe type's definition: jobs, what they depend on and what they feed on (contract 3.6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from scale.domain.documents import ClosedDocument, Name, parse_document
from scale.domain.interface import Input, Interface, Output
from scale.domain.media_types import UNKNOWN
from scale.errors import InvalidInput

#: The current interface of each job type, by its name and version.
Interfaces = Mapping[tuple[str, str], Interface]

#: How many jobs of a cycle a fault names.
_SHOWN_JOBS = 12


class JobTypeName(ClosedDocument):
    """The job type that a recipe job runs."""

    name: str
    version: str

    @property
    def key(self) -> tuple[str, str]:
        """Return name and version."""
        return self.name, self.version


class RecipeInputLink(ClosedDocument):
    """A recipe input that feeds an input of a job."""

    recipe_input: str
    job_input: str


class Connection(ClosedDocument):
    """An output of the dependency that feeds an input of the dependent job."""

    output: str
    input: str


class Dependency(ClosedDocument):
    """A job that must be COMPLETED first; without connections it only orders the jobs."""

    name: str
    connections: list[Connection] = []


class RecipeJob(ClosedDocument):
    """The place of a job in a recipe."""

    name: Name
    job_type: JobTypeName
    recipe_inputs: list[RecipeInputLink] = []
    dependencies: list[Dependency] = []

    @property
    def dependency_names(self) -> list[str]:
        """Return the distinct names of the jobs it waits for, in order."""
        return list(dict.fromkeys(dependency.name for dependency in self.dependencies))


class Definition(ClosedDocument):
    """The graph of jobs that a recipe runs."""

    version: Literal["1.0"] = "1.0"
    input_data: list[Input] = []
    jobs: list[RecipeJob]

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """Return the recipe's inputs by name, in order."""
        return {item.name: item for item in self.input_data}

    @cached_property
    def jobs_by_name(self) -> dict[str, RecipeJob]:
        """Return the jobs by name, in order."""
        return {job.name: job for job in self.jobs}

    @property
    def job_types(self) -> list[tuple[str, str]]:
        """Return the distinct names and versions of the job types, in order."""
        return list(dict.fromkeys(job.job_type.key for job in self.jobs))

    def topological(self) -> list[RecipeJob]:
        """Return each job after those it depends on; the same definition gives the same order."""
        positions = {name: index for index, name in enumerate(self.jobs_by_name)}
        sorter = _sorter(self)
        sorter.prepare()
        ordered: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=positions.__getitem__)
            ordered += ready
            sorter.done(*ready)
        return [self.jobs_by_name[name] for name in ordered]


def parse_definition(raw: object, path: str = "definition") -> Definition:
    """Read a definition and check the rules that need no job types, R1 to R6 (contract 3.6).

    Raises:
        InvalidInput: with every fault.
    """
    definition = parse_document(Definition, raw, path)
    faults = [*_name_faults(definition, path), *_reference_faults(definition, path)]
    try:
        _sorter(definition).prepare()
    except CycleError as exc:
        faults.append(f"{path}.jobs: circular dependency {_shown_cycle(exc.args[1])}")
    if faults:
        raise InvalidInput(faults)
    return definition


def definition_faults(
    definition: Definition, interfaces: Interfaces, path: str = "definition"
) -> list[str]:
    """Check a definition against the interfaces of its job types, R7 to R10 (contract 3.6)."""
    faults: list[str] = []
    for index, job in enumerate(definition.jobs):
        at = f"{path}.jobs[{index}]"
        interface = interfaces.get(job.job_type.key)
        if interface is None:
            name, version = job.job_type.key
            faults.append(f"{at}.job_type: no job type '{name}' version '{version}'")
            continue
        feeds = list(_feeds(definition, job, interfaces, at))
        faults += [fault for feed in feeds for fault in feed.faults(interface)]
        fed = {feed.job_input for feed in feeds}
        faults += [
            f"{at}: required input '{name}' is fed by nothing"
            for name, declared in interface.inputs.items()
            if declared.required and name not in fed
        ]
    return faults


def definition_warnings(definition: Definition, interfaces: Interfaces) -> list[dict[str, str]]:
    """Name each media type that may arrive at an input which does not list it (contract 3.6)."""
    return [
        {"id": "media_type", "details": f"{feed.at}: '{feed.job_input}' takes no {media_type}"}
        for index, job in enumerate(definition.jobs)
        if (interface := interfaces.get(job.job_type.key)) is not None
        for feed in _feeds(definition, job, interfaces, f"jobs[{index}]")
        for media_type in feed.unlisted_media_types(interface)
    ]


@dataclass(frozen=True, slots=True)
class _Feed:
    """A source that feeds an input of a job."""

    at: str
    job_input: str
    #: None when the parent lacks the output, or when the parent's own type is not known.
    source: Input | Output | None
    is_known: bool = True

    def faults(self, interface: Interface) -> Iterator[str]:
        target = interface.inputs.get(self.job_input)
        if target is None or not self.is_known:
            return
        if self.source is None:
            if target.required:
                yield f"{self.at}.output: the job has no such output for '{target.name}'"
        elif (self.source.type == "property") != (target.type == "property"):
            if target.required:
                yield f"{self.at}: {self.source.type} cannot feed {target.type} '{target.name}'"
        elif self.source.type == "files" and target.type == "file":
            yield f"{self.at}: files cannot feed file '{target.name}'"
        elif target.required and not self.source.required:
            yield f"{self.at}: optional '{self.source.name}' cannot feed required '{target.name}'"

    def unlisted_media_types(self, interface: Interface) -> list[str]:
        target = interface.inputs.get(self.job_input)
        if target is None or not target.media_types or self.source is None:
            return []
        if self.source.type == "property":
            return []
        return [name for name in _media_types(self.source) if name not in target.media_types]


def _feeds(
    definition: Definition, job: RecipeJob, interfaces: Interfaces, path: str
) -> Iterator[_Feed]:
    for index, link in enumerate(job.recipe_inputs):
        at = f"{path}.recipe_inputs[{index}]"
        yield _Feed(at, link.job_input, definition.inputs[link.recipe_input])
    for index, dependency in enumerate(job.dependencies):
        parent = interfaces.get(definition.jobs_by_name[dependency.name].job_type.key)
        for number, connection in enumerate(dependency.connections):
            at = f"{path}.dependencies[{index}].connections[{number}]"
            output = parent.outputs.get(connection.output) if parent else None
            yield _Feed(at, connection.input, output, is_known=parent is not None)


def _media_types(source: Input | Output) -> list[str]:
    if isinstance(source, Input):
        return source.media_types or [UNKNOWN]
    return [source.media_type or UNKNOWN]


def _name_faults(definition: Definition, path: str) -> Iterator[str]:
    for key in ("input_data", "jobs"):
        seen: set[str] = set()
        for index, item in enumerate(getattr(definition, key)):
            if item.name in seen:
                yield f"{path}.{key}[{index}].name: '{item.name}' is used twice"
            seen.add(item.name)


def _reference_faults(definition: Definition, path: str) -> Iterator[str]:
    for index, job in enumerate(definition.jobs):
        at = f"{path}.jobs[{index}]"
        fed: list[tuple[str, str]] = []
        for number, link in enumerate(job.recipe_inputs):
            here = f"{at}.recipe_inputs[{number}]"
            fed.append((f"{here}.job_input", link.job_input))
            if link.recipe_input not in definition.inputs:
                yield f"{here}.recipe_input: no recipe input '{link.recipe_input}'"
        for number, dependency in enumerate(job.dependencies):
            here = f"{at}.dependencies[{number}]"
            if dependency.name not in definition.jobs_by_name:
                yield f"{here}.name: no job '{dependency.name}'"
            fed += [
                (f"{here}.connections[{n}].input", connection.input)
                for n, connection in enumerate(dependency.connections)
            ]
        yield from _fed_twice(fed)


def _fed_twice(fed: list[tuple[str, str]]) -> Iterator[str]:
    seen: set[str] = set()
    for at, job_input in fed:
        if job_input in seen:
            yield f"{at}: '{job_input}' is fed twice"
        seen.add(job_input)


def _shown_cycle(names: list[str]) -> str:
    shown = names if len(names) <= _SHOWN_JOBS else [*names[:_SHOWN_JOBS], "…"]
    return " -> ".join(shown)


def _sorter(definition: Definition) -> TopologicalSorter[str]:
    known = definition.jobs_by_name
    return TopologicalSorter(
        {
            name: [parent for parent in job.dependency_names if parent in known]
            for name, job in known.items()
        }
    )

"""Two edits that are each valid beside what the other replaces."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from scale.domain.definition import Definition, definition_faults
from scale.errors import InvalidInput
from scale.models import JobType, RecipeType
from scale.selectors.job_types import find_interfaces
from scale.services.definitions import lock_definitions
from scale.services.job_types import create_job_type, edit_job_type
from scale.services.recipe_types import create_recipe_type, edit_recipe_type

pytestmark = pytest.mark.django_db(transaction=True)


def interface(*, inputs: tuple[Any, ...] = (), outputs: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "command": "x",
        "command_arguments": "",
        "input_data": list(inputs),
        "output_data": list(outputs),
    }


def slot(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "file", **fields}


def chain(parent: JobType, child: JobType) -> dict[str, Any]:
    def use(job_type: JobType) -> dict[str, str]:
        return {"name": job_type.name, "version": job_type.version}

    connection_ = {"output": "out", "input": "in"}
    dependency = {"name": "a", "connections": [connection_]}
    return {
        "jobs": [
            {"name": "a", "job_type": use(parent)},
            {"name": "b", "job_type": use(child), "dependencies": [dependency]},
        ]
    }


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as executor:
        yield executor


def in_thread(pool: ThreadPoolExecutor, action: Callable[[], object]) -> "Future[bool]":
    """Do something on a connection of its own; the result tells whether it was taken."""

    def attempt() -> bool:
        try:
            action()
        except InvalidInput:
            return False
        finally:
            connection.close()
        return True

    return pool.submit(attempt)


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        )
        return int(cursor.fetchone()[0])


def until_waiting(count: int) -> None:
    while waiting() < count:
        pass


def both(pool: ThreadPoolExecutor, *actions: Callable[[], object]) -> list[bool]:
    """Do things that all begin before any of them ends; tell which were taken."""
    with transaction.atomic():
        lock_definitions()
        started = [in_thread(pool, action) for action in actions]
        until_waiting(len(actions))
    return [one.result(timeout=30) for one in started]


def assert_valid() -> None:
    for recipe_type in RecipeType.objects.all():
        definition = Definition.model_validate(recipe_type.definition)
        assert definition_faults(definition, find_interfaces(definition.job_types)) == []


def test_two_interfaces_that_do_not_fit_each_other_are_not_both_taken(
    pool: ThreadPoolExecutor,
) -> None:
    parent = create_job_type(
        name="parent", version="1", interface=interface(outputs=(slot("out"),))
    )
    child = create_job_type(
        name="child", version="1", interface=interface(inputs=(slot("in", required=False),))
    )
    create_recipe_type(name="r", version="1", definition=chain(parent, child))
    optional = interface(outputs=(slot("out", required=False),))
    required = interface(inputs=(slot("in"),))

    taken = both(
        pool,
        lambda: edit_job_type(parent.pk, interface=optional),
        lambda: edit_job_type(child.pk, interface=required),
    )

    assert sorted(taken) == [False, True]
    assert_valid()


@pytest.mark.parametrize("exists", [False, True])
def test_definition_and_interface_that_do_not_fit_are_not_both_taken(
    pool: ThreadPoolExecutor, exists: bool
) -> None:
    parent = create_job_type(
        name="parent", version="1", interface=interface(outputs=(slot("out"),))
    )
    child = create_job_type(name="child", version="1", interface=interface(inputs=(slot("in"),)))
    if exists:
        recipe_type = create_recipe_type(name="r", version="1", definition={"jobs": []})

    def define() -> object:
        if exists:
            return edit_recipe_type(recipe_type.pk, definition=chain(parent, child))
        return create_recipe_type(name="r", version="1", definition=chain(parent, child))

    taken = both(pool, define, lambda: edit_job_type(parent.pk, interface=interface()))

    assert sorted(taken) == [False, True]
    assert_valid()


def test_type_made_twice_at_once_exists_once(pool: ThreadPoolExecutor) -> None:
    def make() -> object:
        return create_job_type(name="same", version="1", interface=interface())

    attempts = [in_thread(pool, make) for _ in range(4)]

    assert sorted(attempt.result(timeout=30) for attempt in attempts) == [False] * 3 + [True]
    assert JobType.objects.count() == 1

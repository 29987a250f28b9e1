"""F5: a chain of jobs as a recipe, and a fan-out with its join, beside Celery's chain and chord."""

import itertools
import time
from typing import Any

from bench.contenders.celery import CeleryStored
from bench.figures import ratio
from bench.lab import Lab, wait_until
from bench.results import Result, at_most
from bench.rounds import take_turns
from bench.subject import Scale

CHAIN_GOAL, FAN_OUT_GOAL = 1.5, 1.0
CHAIN, FAN_OUT = "Scale, chain", "Scale, fan-out and join"
CELERY_CHAIN, CELERY_CHORD = "Celery, chain", "Celery, chord"
LOOK_SECONDS = 0.005


def measure(lab: Lab) -> Result:
    """Run a chain and a fan-out of each in turns."""
    options, scale, celery = lab.options, Scale(lab), CeleryStored(lab)
    chain = scale.recipe_type("chain", chain_of(options.chain))
    fan_out = scale.recipe_type("fan-out", fan_out_of(options.fan_out))
    steps = take_turns(
        {
            CHAIN: lambda: recipe_seconds(scale, chain) * 1000 / options.chain,
            CELERY_CHAIN: lambda: celery.chain(options.chain),
        },
        rounds=options.rounds,
        unit="ms per step",
        say=lab.say,
    )
    fans = take_turns(
        {
            FAN_OUT: lambda: recipe_seconds(scale, fan_out),
            CELERY_CHORD: lambda: celery.chord(options.fan_out),
        },
        rounds=options.rounds,
        unit="s",
        say=lab.say,
    )
    ratios = [
        ratio(steps[CHAIN], steps[CELERY_CHAIN]),
        ratio(fans[FAN_OUT], fans[CELERY_CHORD]),
    ]
    return Result(
        key="f5",
        title="Recipes",
        method=(
            f"A chain of {options.chain} jobs and a fan-out of {options.fan_out:,} with the job"
            " that joins them, each of `/bin/true`, by idle workers that are warm. Scale is timed"
            " from before `POST /queue/new-recipe/` until other sessions see the recipe completed;"
            " Celery, whose tasks spawn `/bin/true` and whose results are stored in PostgreSQL,"
            f" from before `apply_async` to the end of the last task's body ({celery.settings})."
        ),
        series=[*steps.values(), *fans.values()],
        ratios=ratios,
        verdicts=[at_most(CHAIN_GOAL, ratios[0]), at_most(FAN_OUT_GOAL, ratios[1])],
    )


def recipe_seconds(scale: Scale, recipe_type_id: int) -> float:
    """Return how long a recipe takes on a running system at rest."""
    with scale.running():
        scale.wait_until_ready()
        begun = time.monotonic()
        recipe_id = scale.queue_recipe(recipe_type_id)
        wait_until(
            lambda: scale.is_complete(recipe_id), what=f"recipe {recipe_id}", every=LOOK_SECONDS
        )
        return time.monotonic() - begun


def chain_of(count: int) -> dict[str, Any]:
    """Return the definition of jobs that wait for each other in a row."""
    names = [f"step-{number}" for number in range(1, count + 1)]
    links = [_job(name, [before]) for before, name in itertools.pairwise(names)]
    return {"jobs": [_job(names[0], []), *links]}


def fan_out_of(count: int) -> dict[str, Any]:
    """Return the definition of jobs that wait for nothing, and one that waits for them all."""
    names = [f"leaf-{number}" for number in range(1, count + 1)]
    return {"jobs": [*(_job(name, []) for name in names), _job("join", names)]}


def _job(name: str, parents: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "job_type": {"name": "true", "version": "1.0"},
        "dependencies": [{"name": parent} for parent in parents],
    }

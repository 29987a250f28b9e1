"""`bin/bench`: run the measures, one after the other, and write down what they found."""

import sys
import time
import traceback

from bench import (
    f1_drain,
    f2_together,
    f3_accept,
    f4_pickup,
    f5_recipes,
    f6_bulk,
    f7_growth,
    f8_cost,
)
from bench.lab import DIRECTORY, open_lab
from bench.machine import facts
from bench.options import read
from bench.report import fill_in, markdown, write
from launcher import leash
from launcher.errors import Problem, exit_with

MEASURES = {
    "f1": f1_drain.measure,
    "f2": f2_together.measure,
    "f3": f3_accept.measure,
    "f4": f4_pickup.measure,
    "f5": f5_recipes.measure,
    "f6": f6_bulk.measure,
    "f7": f7_growth.measure,
    "f8": f8_cost.measure,
}


def main() -> int:
    """Run what the command line asks for; print and store the results.

    Raises:
        Problem: a measure failed; the others are printed and stored.
    """
    leash.adopt_orphans()
    options = read()
    results = []
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"bench {time.monotonic() - started:6.1f} s: {text}", flush=True)

    failed = []
    with open_lab(options, say) as lab:
        about = facts(lab)
        for key in options.only:
            begun = time.monotonic()
            say(key.upper())
            try:
                with lab.section() as section:
                    result = MEASURES[key](section)
            except Exception:  # noqa: BLE001 - the others go on, for which all may have waited long
                traceback.print_exc()
                failed.append(key.upper())
                continue
            result.seconds = time.monotonic() - begun
            results.append(result)
            write(results, about, DIRECTORY)
            if options.write is not None:
                options.write.write_text(fill_in(options.write.read_text(), results, about))
    leash.sweep()
    sys.stdout.write("\n" + markdown(results, about))
    if failed:
        raise Problem(f"No figures of {', '.join(failed)}; see above and {DIRECTORY}/log.")
    return 0


if __name__ == "__main__":
    exit_with(main)

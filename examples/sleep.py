"""Sleep a number of seconds, saying once a second how far it is."""

import argparse
import math
import time


def duration(text: str) -> float:
    """Read a finite, non-negative number of seconds."""
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(text)
    return seconds


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=duration, required=True)
    seconds = parser.parse_args().seconds

    for elapsed in range(math.ceil(seconds)):
        print(f"{elapsed} of {seconds:g} seconds", flush=True)
        time.sleep(min(1, seconds - elapsed))
    print(f"slept {seconds:g} seconds", flush=True)


if __name__ == "__main__":
    main()

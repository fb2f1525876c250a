"""Hostile requests, over and over: `python -m tests.fuzz [how many] [seed] [first]`. 1 7 312 asks number 312 of seed 7 again."""

import logging
import sys
import tempfile
from pathlib import Path

from tests.fuzz.answers import Fuzz

MANY, SECONDS = 20_000, 20.0  # requests; seconds of computing that any of them may take


def main() -> int:
    many, seed, first, *_ = [*map(int, sys.argv[1:]), *(MANY, 1, 0)[len(sys.argv) - 1 :]]
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        fuzz = Fuzz(Path(folder), seed)
        seen = fuzz.run(range(first, first + many), SECONDS, say=print)
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(seen.statuses.items()))
    print(f"{many} requests of seed {seed} from number {first}. Answers by status: {statuses}.")
    print("The longest took " + ", ".join(f"{took:.2f} s (number {number})" for took, number in seen.longest) + ".")
    print(f"{len(seen.wrong)} were answered wrongly." if seen.wrong else "None was answered wrongly.")
    return min(len(seen.wrong), 1)


if __name__ == "__main__":
    sys.exit(main())

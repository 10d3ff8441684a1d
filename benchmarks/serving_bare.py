"""The model without any server: listings that are parsed already, judged one after another.

    python -m benchmarks.serving_bare BUNDLE BODIES --threads 2

Says `ready`; then, for every number of seconds that comes in on a line, judges for so long and says how it went.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle, islice
from pathlib import Path

from benchmarks.serving_peers import listing_of
from trueshelf.listings import Listing
from trueshelf.models.bundle import Bundle


def judge(bundle: Bundle, listings: Sequence[Listing], *, begin: int, seconds: float) -> float:
    """Listings a second over some seconds, begun at a place among them and going round."""
    turns, started = islice(cycle(listings), begin, None), time.perf_counter()
    for done in count(1):
        bundle.predict([next(turns)])
        if (passed := time.perf_counter() - started) >= seconds:
            return done / passed
    raise AssertionError


def main() -> None:
    """Judge whenever told to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("bodies", type=Path, help="a file of one listing a line, as the API takes it")
    parser.add_argument("--begin", type=int, default=0, help="with which of them")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    bundle = Bundle.load(arguments.bundle)
    listings = [listing_of(json.loads(line)) for line in arguments.bodies.read_bytes().splitlines()]
    begins = [arguments.begin + place * len(listings) // arguments.threads for place in range(arguments.threads)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with ThreadPoolExecutor(arguments.threads) as pool:
        for line in sys.stdin:
            told = float(line)
            rates = pool.map(lambda begin: judge(bundle, listings, begin=begin, seconds=told), begins)  # noqa: B023
            sys.stdout.write(f"{sum(rates)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

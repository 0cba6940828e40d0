"""`python -m tests.wikiart_server --port 8200`: a WikiArt on this machine, to try an import with."""

import argparse
import sys
from pathlib import Path

from .faults import KINDS, Faults
from .server import WikiArtServer, make_world

LIMITS = {"calls": (10, 2.5), "api_calls_per_hour": 400}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.wikiart_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8200, help="on 127.0.0.1; 0: any (default: %(default)s)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--folder", type=Path, help="show the paintings of this folder, as import_folder reads it"
    )
    source.add_argument("--works", type=int, help="make up so many works, instead of the generated studies")
    parser.add_argument("--faults", type=float, default=0.0, help="how much goes wrong, 0 to 1")
    parser.add_argument(
        "--only", nargs="+", choices=KINDS, help="these kinds of faults only, each at that rate"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, other works and faults")
    parser.add_argument("--codes", nargs=2, metavar=("ACCESS", "SECRET"), default=("", ""), help="for API v2")
    parser.add_argument("--limits", action="store_true", help="refuse more calls than the real one allows")
    given = parser.parse_args()

    world = make_world(works=given.works, folder=given.folder, seed=given.seed)
    rate = dict.fromkeys(given.only, given.faults) if given.only else given.faults
    limits = LIMITS if given.limits else {}
    with WikiArtServer(
        given.port, world, Faults(rate, given.seed), codes=tuple(given.codes), **limits
    ) as server:
        print(f"WikiArt, {len(world.works):,} works: WIKIART_URL={server.url}", flush=True)  # noqa: T201
        try:
            server.serve_forever(0.1)
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()

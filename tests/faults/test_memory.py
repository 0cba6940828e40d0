"""What the site holds while pictures come in without a pause, by the benchmark's own way of measuring.

Two minutes of load; STYLEART_FAULTS=full asks 10,000 requests first, and takes half an hour. Only that one is
asked how fast it grows: in two minutes the caches of a new process are still filling.
"""

import pytest

from benchmarks import memory, running
from tests.faults.house import IS_FULL

pytestmark = pytest.mark.services

REQUESTS = 10_000 if IS_FULL else 400
MINUTES = 30.0 if IS_FULL else 2.0


def test_no_process_holds_more_than_it_may_and_none_goes_on_growing():
    paintings = running.paintings("1")
    with running.running_site() as site:
        token = running.sign_in(site)
        errors = memory.ask(site, token, paintings, REQUESTS)
        watch = memory.Watch(site)
        _, answers = memory.under_load(site, token, paintings, MINUTES, watch)

    held = {kind: watch.most(kind) for kind in memory.MOST_MB}
    assert (errors, answers > 0) == (0, True)
    assert {kind: mb for kind, mb in held.items() if mb > memory.MOST_MB[kind]} == {}
    if IS_FULL:
        growth = {kind: watch.growth(kind) for kind in memory.MOST_MB}
        assert {kind: mb for kind, mb in growth.items() if not mb < memory.MOST_GROWTH_MB} == {}

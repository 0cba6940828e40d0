"""A local WikiArt: answers like the real one in all three interfaces, its faults included.

    with wikiart_server.running(works=200, faults=0.05) as server:
        server.url, server.requests, server.sent

From the command line: `python -m tests.wikiart_server --port 8200`.
"""

from .faults import KINDS, Faults
from .server import WikiArtServer, running
from .world import World

__all__ = ["KINDS", "Faults", "WikiArtServer", "World", "running"]

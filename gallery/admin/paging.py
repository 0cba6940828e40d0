"""Pages of long lists that do not count all of them each time."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST = 10_000  # rows that are counted; whoever looks for one row among more narrows the list


class CheapPaginator(Paginator):
    """Counts to 10,000 and no further: at a quarter of a million works that stays a matter of milliseconds."""

    @cached_property
    def count(self) -> int:
        """How many rows can be paged through; never more than MOST."""
        return self.object_list.order_by()[:MOST].count()

    def is_full(self) -> bool:
        """Whether there may be more rows than are counted."""
        return self.count == MOST

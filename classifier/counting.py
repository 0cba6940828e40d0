"""How often somebody asks, counted in the database, so that all processes count together."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db import connection, models
from django.db.models import F
from django.utils import timezone

COUNT_ONE_MORE = """
    INSERT INTO styleart_site_requestcount AS counted (key, requests, ends_at)
    VALUES (%(key)s, 1, clock_timestamp() + make_interval(secs => %(window_s)s))
    ON CONFLICT (key) DO UPDATE SET
        requests = CASE WHEN counted.ends_at > clock_timestamp() THEN counted.requests + 1 ELSE 1 END,
        ends_at = CASE WHEN counted.ends_at > clock_timestamp() THEN counted.ends_at ELSE EXCLUDED.ends_at END
    RETURNING requests, extract(epoch FROM ends_at - clock_timestamp())::float
"""


@dataclass(frozen=True)
class Hit:
    """One more request was counted: how many there are now, and in how many seconds counting begins anew."""

    count: int
    reset_s: int


class RequestCountManager(models.Manager):
    def hit(self, key: str, window_s: int) -> Hit:
        """Count one more request under this key. One statement, so that all processes count together."""
        with connection.cursor() as cursor:
            cursor.execute(COUNT_ONE_MORE, {"key": key, "window_s": window_s})
            count, left_s = cursor.fetchone()
        if count == 1:
            self.filter(ends_at__lt=timezone.now() - timedelta(minutes=1)).delete()
        return Hit(count, max(ceil(left_s), 1))

    def take_back(self, key: str) -> None:
        """Count one request less. One query."""
        self.filter(key=key, requests__gt=0).update(requests=F("requests") - 1)

    def so_far(self, key: str) -> int:
        """How many were counted since counting began. One query."""
        row = self.filter(key=key, ends_at__gt=timezone.now()).first()
        return row.requests if row else 0


class RequestCount(models.Model):
    """How many requests of somebody came in a stretch of time that begins with the first of them.

    The table is unlogged: no request waits for a disk to count it, and after a crash of PostgreSQL counting
    begins anew.
    """

    key = models.CharField(max_length=100, unique=True)
    requests = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    objects = RequestCountManager()

    class Meta:
        db_table = "styleart_site_requestcount"  # where it was before uploads on pages counted too

    def __str__(self) -> str:
        return f"{self.key}: {self.requests}"

"""Backups of the whole site in one file, and the way back. `manage.py backup` and `manage.py restore` use it.

about.json       first: the format, versions, counts of rows; see making.about
secret_key       of a copy with embedded services, unless it was left out
database.dump    what pg_dump saw in one snapshot
media/…          every file that a row of that snapshot names, and derived/ when asked for
models/…         models that were activated; about.json says which one is in use
gone.jsonl       rows of the snapshot that were deleted, with their files, before these were packed
SHA256SUMS       last: if it is there, the file is complete; `sha256sum -c` understands it
"""


class BackupError(Exception):
    """A backup cannot be made or restored. The message says why, and what to do."""

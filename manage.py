#!/usr/bin/env python
"""Django's command line for StyleArt."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "styleart_site.settings")
    from django.core.management import execute_from_command_line

    from styleart_site.embedded import EmbeddedServiceError

    try:
        execute_from_command_line(sys.argv)
    except EmbeddedServiceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

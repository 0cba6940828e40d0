#!/usr/bin/env python
"""Django's command line for StyleArt."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "styleart_site.settings")
    from django.core.management import execute_from_command_line
    from environs import EnvError

    from styleart_site import environment
    from styleart_site.embedded import EmbeddedServiceError

    try:
        execute_from_command_line(sys.argv)
    except EmbeddedServiceError as error:
        sys.exit(str(error))
    except EnvError as error:
        sys.exit(environment.in_words(error))


if __name__ == "__main__":
    main()

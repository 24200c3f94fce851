"""What there is to do: python -m book --help.

Needs Python alone. This file is written so that an old Python can read it, and say that it
is too old; what it imports may be of today.
"""

import shutil
import subprocess
import sys

from book import OLDEST


def need_python():
    """Go on with a newer Python of this machine if this one is too old, or say so and end."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer and subprocess.call([newer, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            sys.exit(subprocess.call([newer, "-m", "book", *sys.argv[1:]]))
    sys.exit(
        f"This is Python {sys.version.split()[0]}, and the book needs 3.11 or newer. Install one, or say where "
        "it is: make book PYTHON=/path/to/python3.11"
    )


if __name__ == "__main__":
    need_python()
    from book import tasks

    tasks.stop_on_signals()
    sys.exit(tasks.main())

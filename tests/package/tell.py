"""
The story of the package, told in a Debian that has booted: run by tests/package/story, as root, never on a machine
that anybody uses. Each chapter is a function; they build on each other.
"""

import sys
import time

from chapters.activating import activated
from chapters.configuring import reloaded, renewed, secured
from chapters.installing import confined, installed, purged, removed, upgraded
from chapters.safekeeping import restored
from chapters.serving import killed, received, stuck

CHAPTERS = (
    installed, confined, received, killed, stuck, reloaded, secured, renewed, restored, activated, upgraded, removed,
    purged,
)  # fmt: skip


def main() -> int:
    """Tell all chapters, up to the first that is not true; gives the exit status."""
    for chapter in CHAPTERS:
        began = time.monotonic()
        print(f"{chapter.__name__}: {(chapter.__doc__ or '').strip()}", flush=True)
        try:
            chapter()
        except BaseException:
            print(f"    NOT TRUE: {chapter.__name__}", flush=True)
            raise
        print(f"    {time.monotonic() - began:.1f} s", flush=True)
    print("the whole story is true")
    return 0


if __name__ == "__main__":
    sys.exit(main())

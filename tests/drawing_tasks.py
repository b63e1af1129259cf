"""What the tests let two processes do: functions of a module that both can import."""

import os
import time
from typing import Any

PARENT = "HEPATRIAL_TEST_PARENT"


def draw(item: Any) -> tuple[Any, int]:
    """The item, and by which process."""
    return item, os.getpid()


def draw_slowly(item: Any) -> tuple[Any, int]:
    """As above, long enough for two to share the work."""
    time.sleep(0.05)
    return item, os.getpid()


def end_at_seven(item: Any) -> tuple[Any, int]:
    """Ends the other process at the eighth item."""
    if item == 7 and os.environ[PARENT] != str(os.getpid()):
        os._exit(1)
    return item, os.getpid()


def refuse_two(item: Any) -> tuple[Any, int]:
    """An error in the drawing itself."""
    if item == 2:
        raise ValueError("two cannot be drawn")
    return item, os.getpid()

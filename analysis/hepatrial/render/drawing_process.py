"""Figures on two cores: a second process draws from the first figure on, this one, when it is free, from the last.

The other process is started while data are still read. Both run the same function, and a figure's bytes depend on
nothing but the figure, so the number of processes never shows in a report. What the other process cannot draw is
drawn here.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Any

_COMMAND = (sys.executable, "-c", "from hepatrial.render.drawing_process import serve; serve()")
_CANNOT_SEND = (OSError, pickle.PicklingError, AttributeError, TypeError)
_BROKEN = (OSError, EOFError, pickle.UnpicklingError)

Draw = Callable[[Any], Any]


class DrawingProcess:
    """A second process, idle until ``start`` gives it a list of things to draw."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = child
        self._draw: Draw = len
        self._items: Sequence[Any] = ()
        self._drawn: list[Any] = []
        self._is_over = False
        self._change = Condition()
        self._reader: Thread | None = None

    def start(self, draw: Draw, items: Sequence[Any]) -> None:
        """Let the other process draw the items, the first one first; this one goes on at once.

        ``draw`` is a function of a module, and what it returns can be pickled.
        """
        self._draw, self._items = draw, items
        try:
            message = pickle.dumps((draw, list(items)))
        except _CANNOT_SEND:
            self._is_over = True
            return
        self._reader = Thread(target=self._converse, args=(message,), daemon=True)
        self._reader.start()

    def collect(self) -> list[Any]:
        """All of them drawn, in their order; draws from the last on until the two processes meet."""
        here: dict[int, Any] = {}
        place = len(self._items) - 1
        while place > len(self._drawn) or (place == len(self._drawn) and self._is_over):  # the next one is theirs
            here[place] = self._draw(self._items[place])
            place -= 1
        with self._change:
            self._change.wait_for(lambda: len(self._drawn) > place or self._is_over)
        there = self._drawn[: place + 1]
        missing = [self._draw(item) for item in self._items[len(there) : place + 1]]
        return [*there, *missing, *(here[number] for number in sorted(here))]

    def end(self) -> None:
        """Stop the other process."""
        self._child.kill()
        if self._reader is not None:
            self._reader.join()

    def _converse(self, message: bytes) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(message)
            self._child.stdin.close()
            for _ in self._items:
                drawn = pickle.load(self._child.stdout)  # written by our own child
                with self._change:
                    self._drawn.append(drawn)
                    self._change.notify()
        except _BROKEN:
            pass  # it ended before its time: the rest is drawn here
        with self._change:
            self._is_over = True
            self._change.notify()


@contextmanager
def drawing_process(workers: int) -> Iterator[DrawingProcess | None]:
    """A second process that starts now, for 2 workers; None for 1."""
    if workers < 2:
        yield None
        return
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(_COMMAND, env=environment, **pipes) as child:  # type: ignore[call-overload]
        helper = DrawingProcess(child)
        try:
            yield helper
        finally:
            helper.end()


def serve() -> None:
    """The other process: a pickle of the function and its items on standard input, a pickle of each drawn one out."""
    draw, items = pickle.loads(sys.stdin.buffer.read())  # written by our own parent
    for item in items:
        sys.stdout.buffer.write(pickle.dumps(draw(item)))
        sys.stdout.buffer.flush()

"""Figures on two cores: a second process draws from the first figure on, this one, when it is free, from the last.

The other process is started while data are still read. Both run the same function, and a figure's bytes depend on
nothing but the figure, so the number of processes never shows in a report. What the other process cannot draw is
drawn here.
"""

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Any

_COMMAND = (sys.executable, "-c", "from hepatrial.render.drawing_process import serve; serve()")
_CANNOT_SEND = (OSError, pickle.PicklingError, AttributeError, TypeError)
_BROKEN = (OSError, EOFError, pickle.UnpicklingError)
_OBJECTS = 100_000
"""New objects between two searches for garbage: a figure is many thousands, and few of them are garbage."""

Draw = Callable[[Any], Any]


def collect_seldom() -> None:
    """Let Python look for garbage less often, for a process that makes one report and ends."""
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 20)


class DrawingProcess:
    """A second process, idle until ``send`` gives it a list of things to draw."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = child
        self._items: list[tuple[Draw, Any]] = []
        self._drawn: list[Any] = []
        self._messages: SimpleQueue[bytes | None] = SimpleQueue()
        self._is_closed = self._is_over = False
        self._change = Condition()
        self._threads = [Thread(target=work, daemon=True) for work in (self._write, self._read)]
        for thread in self._threads:
            thread.start()

    @property
    def items(self) -> tuple[Any, ...]:
        """What was sent so far."""
        return tuple(item for _, item in self._items)

    def send(self, draw: Draw, items: Sequence[Any]) -> None:
        """Let the other process draw the items too, the first one first; this one goes on at once.

        ``draw`` is a function of a module, and what it returns can be pickled.
        """
        self._items += [(draw, item) for item in items]
        if self._is_closed:
            return
        try:
            self._messages.put(pickle.dumps((draw, list(items))))
        except _CANNOT_SEND:
            self._close()

    def collect(self) -> list[Any]:
        """All of them drawn, in their order; draws from the last on until the two processes meet."""
        self._close()
        here: dict[int, Any] = {}
        place = len(self._items) - 1
        while place > len(self._drawn) or (place == len(self._drawn) and self._is_over):  # the next one is theirs
            here[place] = self._draw(place)
            place -= 1
        with self._change:
            self._change.wait_for(lambda: len(self._drawn) > place or self._is_over)
        there = self._drawn[: place + 1]
        missing = [self._draw(number) for number in range(len(there), place + 1)]
        return [*there, *missing, *(here[number] for number in sorted(here))]

    def end(self) -> None:
        """Stop the other process."""
        self._child.kill()
        self._close()
        for thread in self._threads:
            thread.join()

    def _draw(self, place: int) -> Any:
        draw, item = self._items[place]
        return draw(item)

    def _close(self) -> None:
        """Nothing more is sent: the other process ends when it has drawn what it was given."""
        if not self._is_closed:
            self._is_closed = True
            self._messages.put(None)

    def _write(self) -> None:
        stream = self._child.stdin
        assert stream is not None
        try:
            with stream:
                while (message := self._messages.get()) is not None:
                    stream.write(message)
                    stream.flush()
        except _BROKEN:
            pass  # it ended before its time: the rest is drawn here

    def _read(self) -> None:
        assert self._child.stdout is not None
        try:
            while True:
                drawn = pickle.load(self._child.stdout)  # written by our own child
                with self._change:
                    self._drawn.append(drawn)
                    self._change.notify()
        except _BROKEN:
            pass  # it has drawn all, or ended before its time
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
    """The other process: pickles of a function and its items on standard input, a pickle of each drawn one out."""
    collect_seldom()
    while True:
        try:
            draw, items = pickle.load(sys.stdin.buffer)  # written by our own parent
        except EOFError:
            return
        for item in items:
            sys.stdout.buffer.write(pickle.dumps(draw(item)))
            sys.stdout.buffer.flush()

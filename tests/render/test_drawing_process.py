"""Figures drawn by two processes are those of one; a process that cannot help is done without."""

import os
import subprocess
import time

import pytest

import drawing_tasks
from hepatrial.render import drawing_process


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    processes = []
    start = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **more: processes.append(start(*args, **more)) or processes[-1]
    )
    monkeypatch.setenv(drawing_tasks.PARENT, str(os.getpid()))
    return processes


def collect(draw, items):
    with drawing_process(2) as helper:
        helper.send(draw, items)
        return helper.collect()


@pytest.mark.parametrize("count", [1, 40])
def test_every_item_is_drawn_once_and_in_order(started, count):
    drawn = collect(drawing_tasks.draw, list(range(count)))
    assert [item for item, _ in drawn] == list(range(count))


def test_both_processes_draw(started):
    with drawing_process(2) as helper:
        helper.send(drawing_tasks.draw_slowly, list(range(120)))
        time.sleep(1.0)  # the tables are made meanwhile
        drawn = helper.collect()
    processes = [process for _, process in drawn]
    assert [item for item, _ in drawn] == list(range(120))
    assert set(processes) == {os.getpid(), started[0].pid}
    first_of_ours = processes.index(os.getpid())
    assert set(processes[first_of_ours:]) == {os.getpid()}  # theirs from the first on, ours from the last on


def test_what_cannot_be_sent_is_drawn_here(started):
    items = [1, lambda: 2, 3]
    assert [process for _, process in collect(drawing_tasks.draw, items)] == [os.getpid()] * 3


def test_what_was_sent_in_parts_is_collected_in_order(started):
    with drawing_process(2) as helper:
        helper.send(drawing_tasks.draw, [1, 2])
        helper.send(drawing_tasks.draw_slowly, [3])
        helper.send(drawing_tasks.draw, [])
        assert helper.items == (1, 2, 3)
        assert [item for item, _ in helper.collect()] == [1, 2, 3]


def test_what_cannot_be_sent_after_the_rest_is_drawn_here(started):
    with drawing_process(2) as helper:
        helper.send(drawing_tasks.draw_slowly, [1, 2])
        helper.send(drawing_tasks.draw, [lambda: 3])
        helper.send(drawing_tasks.draw, [4])
        drawn = helper.collect()
    assert [item for item, _ in drawn][:2] + [drawn[3][0]] == [1, 2, 4]
    assert [process for _, process in drawn][2:] == [os.getpid()] * 2


def test_a_process_that_ends_early_is_done_without(started):
    drawn = collect(drawing_tasks.end_at_seven, list(range(12)))
    assert [item for item, _ in drawn] == list(range(12))


def test_a_process_that_was_killed_is_done_without(started):
    with drawing_process(2) as helper:
        started[0].kill()
        started[0].wait()
        helper.send(drawing_tasks.draw, [1, 2, 3])
        assert helper.collect() == [(item, os.getpid()) for item in (1, 2, 3)]


def test_an_error_there_is_raised_here(started):
    with pytest.raises(ValueError, match="two cannot be drawn"):
        collect(drawing_tasks.refuse_two, [0, 1, 2, 3])


def test_the_process_ends_with_the_block(started):
    with drawing_process(2):
        assert started[0].poll() is None
    assert started[0].returncode is not None


def test_one_worker_starts_no_process(started):
    with drawing_process(1) as helper:
        assert helper is None
    assert not started

"""Room for frames: calls across the end of a chunk of frames cost no pages."""

import resource
import threading

from dev.room import with_room

CALLS = 300


def nothing(value):
    return None


def faults_at(depth):
    """Pages that the system had to give for `CALLS` calls on top of `depth` frames."""
    if depth:
        return faults_at(depth - 1)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(CALLS):
        sorted([1], key=nothing)  # a call out of C takes a new frame from the chunk
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before


def worst(found):
    """Deep enough to pass the end of a chunk of 16 KiB several times."""
    found.append(max(faults_at(depth) for depth in range(600)))


def test_calls_at_any_depth_map_no_memory():
    found: list[int] = []
    thread = threading.Thread(target=with_room(worst), args=(found,))  # a thread begins without the room of the test
    thread.start()
    thread.join()
    assert found and found[0] < CALLS // 10


def test_arguments_results_and_errors_pass_through():
    assert with_room(divmod)(7, 2) == (3, 1)
    assert with_room(sorted)([2, 1], reverse=True) == [2, 1]

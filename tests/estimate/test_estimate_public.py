"""The room's public list: sorted, complete, and no name that pytest would collect."""

import hepatrial.estimate as room


def test_public_names_are_sorted_there_and_no_pytest_names():
    assert room.__all__ == sorted(set(room.__all__))
    for name in room.__all__:
        assert hasattr(room, name)
        assert not name.lower().startswith("test")

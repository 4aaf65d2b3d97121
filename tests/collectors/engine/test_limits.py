import resource

import pytest

from collectors.engine.limits import RESERVE, LimitError, check_descriptors


def test_all_that_was_wished_for_is_granted_when_the_machine_has_it():
    assert check_descriptors(500, held=0) == 500


def test_the_concurrency_shrinks_to_what_the_machine_allows():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert check_descriptors(hard, held=0) == hard - RESERVE


def test_held_connections_that_leave_no_room_are_refused_with_what_to_raise():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with pytest.raises(LimitError, match=rf"{hard} held connections .* LimitNOFILE="):
        check_descriptors(1_000, held=hard)

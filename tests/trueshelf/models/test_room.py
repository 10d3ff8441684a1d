"""Large photos wait for one another, in their order; ordinary ones never wait."""

import threading

from trueshelf.models.room import ORDINARY, Room

LARGE = 25_000_000


class Visitor:
    """A photo in a thread of its own, which stays in the room until it is sent out."""

    def __init__(self, room: Room, pixels: int) -> None:
        self.inside, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._visit, args=(room, pixels), daemon=True)
        self._thread.start()

    def _visit(self, room: Room, pixels: int) -> None:
        with room.of(pixels):
            self.inside.set()
            assert self._leave.wait(60)

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(60)


def test_what_does_not_fit_waits_until_there_is_room() -> None:
    room = Room(2 * LARGE)
    first, second = Visitor(room, LARGE), Visitor(room, LARGE)
    assert first.inside.wait(60)
    assert second.inside.wait(60)

    third = Visitor(room, LARGE)
    with room.of(ORDINARY):
        assert not third.inside.is_set()
    first.leave()

    assert third.inside.wait(60)
    second.leave()
    third.leave()


def test_a_photo_larger_than_the_room_is_let_in_alone() -> None:
    room = Room(LARGE)
    first = Visitor(room, 2 * LARGE)
    assert first.inside.wait(60)

    second = Visitor(room, LARGE)

    assert not second.inside.is_set()
    first.leave()
    assert second.inside.wait(60)
    second.leave()


def test_the_room_of_a_photo_that_fails_is_free_again() -> None:
    room = Room(LARGE)
    try:
        with room.of(LARGE):
            raise ValueError("broken")
    except ValueError:
        pass

    with room.of(LARGE):
        pass

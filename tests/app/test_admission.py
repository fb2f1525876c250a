"""Few compute at once, who came first is first, and who would wait too long is told so."""

from threading import Thread

import pytest

from app.admission import Admission, Busy
from tests.app.serving import until


def test_who_would_wait_too_long_is_told_so_and_the_place_is_free_afterwards():
    admission = Admission(1, 0.01)
    with admission.place():
        for _ in range(3):
            with pytest.raises(Busy), admission.place():
                pass
    with admission.place():
        pass
    assert not admission._waiting
    assert admission._free == 1


def test_who_comes_first_is_served_first():
    admission, done, waiting = Admission(1, 60), [], []

    def serve(number):
        with admission.place():
            done.append(number)

    with admission.place():
        for number in range(20):
            waiting.append(Thread(target=serve, args=(number,)))
            waiting[-1].start()
            until(lambda: len(admission._waiting) == len(waiting))
        assert not done
    for one in waiting:
        one.join(60)
    assert done == list(range(20))
    assert admission._free == 1


def test_a_stream_gives_its_place_back_between_items():
    admission = Admission(1, 0.01)
    items = admission.steps(iter("ab"))
    assert next(items) == "a"
    with admission.place():
        pass
    assert list(items) == ["b"]
    assert admission._free == 1


def test_what_fails_gives_its_place_back():
    admission = Admission(1, 0.01)
    with pytest.raises(ZeroDivisionError):
        next(admission.steps(1 / zero for zero in [0]))
    assert admission._free == 1

"""The generated reference is current."""

from docs.generate import REFERENCE, reference


def test_reference_is_what_the_registries_say():
    assert REFERENCE.read_text() == reference(), "run `make docs`"

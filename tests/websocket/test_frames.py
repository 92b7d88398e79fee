"""The frames that the server sends."""

import pytest

from mailsockd.websocket.frames import close_reason, long_text_frame, text_frame


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_text_frame_is_whole_and_unmasked(size: int, head: bytes) -> None:
    """The head is that of RFC 6455 section 5.2 with the shortest length that fits."""
    assert text_frame(b"j" * size) == head + b"j" * size


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_of_pieces_is_that_of_the_whole(size: int) -> None:
    """However a payload is divided, its frame is the same."""
    payload = bytes(number % 251 for number in range(size))
    assert long_text_frame(payload[start : start + 999] for start in range(0, size, 999)) == text_frame(payload)


def test_a_reason_is_cut_between_characters() -> None:
    """A Close frame has room for 123 bytes of reason, and what is cut stays UTF-8."""
    assert close_reason("short") == b"short"
    assert close_reason("x" + "ü" * 100) == ("x" + "ü" * 61).encode()

"""Whatever a client says, in whatever order and pieces: answers, or the end, and never an error of ours."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pop3.fake import Post, limits

MAIL = b"Subject: one\r\n\r\nfirst\r\n.dot\r\n"
WORDS = [
    b"USER", b"PASS", b"AUTH", b"PLAIN", b"STLS", b"CAPA", b"STAT", b"LIST", b"UIDL", b"RETR", b"TOP", b"DELE",
    b"RSET", b"NOOP", b"QUIT", b"APOP", b"a@b.test", b"key", b"AGFAYi50ZXN0AGtleQ==", b"*", b"=", b"0", b"1", b"2",
    b"3", b"-1", b"99999999999999999999", b"\xff", b"\x00", b"\r", b"", b"GET", b"Host:",
]  # fmt: skip
word = st.one_of(st.sampled_from(WORDS), st.binary(max_size=8))
line = st.builds(
    lambda words, end: b" ".join(words) + end,
    st.lists(word, max_size=4),
    st.sampled_from([b"\r\n", b"\n"]),
)


@settings(deadline=None, max_examples=300)
@given(lines=st.lists(line, max_size=20), signed_in=st.booleans(), rest=st.binary(max_size=20))
def test_nothing_that_a_client_says_breaks_a_session(lines: list[bytes], signed_in: bool, rest: bytes) -> None:
    """No command raises, none is answered as trouble of the server, and nothing is deleted without QUIT."""
    post = Post(MAIL, MAIL, limits=limits(errors=1000, sign_ins=1000))
    client = post.signed_in() if signed_in else post.connect()
    answer = client.raw(*lines, rest)
    assert b"SYS/TEMP" not in answer
    assert not client.wire.disconnected
    if not client.closed:
        assert post.ids() == ["m1-0", "m2-0"]
        client.session.connectionLost()
        assert post.clock.getDelayedCalls() == []

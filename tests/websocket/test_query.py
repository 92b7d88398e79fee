"""What a caller asks for in the query of the socket."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.websocket.query import BadQuery, Query, parse_query


def parse(query: bytes, *header_keys: str) -> Query:
    return parse_query(query, header_keys, longest=1000, most=5)


@pytest.mark.parametrize(
    ("query", "items"),
    [
        (b"addresses=a@x.test", ("a@x.test",)),
        (b"addresses=a@x.test,b@x.test,x.test", ("a@x.test", "b@x.test", "x.test")),
        (b"addresses=a@x.test%2Cb@x.test", ("a@x.test", "b@x.test")),
        (b"addresses=a@x.test;b@x.test;x.test", ("a@x.test", "b@x.test", "x.test")),
        (b"addresses=a@x.test%3Bb@x.test", ("a@x.test", "b@x.test")),
        (b"addresses=a@x.test,%20b@x.test%20c@x.test", ("a@x.test", "b@x.test", "c@x.test")),
        (b"addresses=,,a@x.test,,%20,", ("a@x.test",)),
        (b"addresses=a@x.test&addresses=b@x.test", ("a@x.test", "b@x.test")),
        (b"addresses=b@x.test,a@x.test,b@x.test", ("b@x.test", "a@x.test")),
        (b"addresses=a+tag@x.test", ("a+tag@x.test",)),
        (b"addresses=a%2Btag%40x.test", ("a+tag@x.test",)),
        (b"addresses=*@x.test,*", ("*@x.test", "*")),
        (b"addresses=j%C3%BCrgen@x.test", ("jürgen@x.test",)),
        ("addresses=jürgen@x.test".encode(), ("jürgen@x.test",)),
        (b"addresses=%FF@x.test", ("\ufffd@x.test",)),
        (b"addresses=%zz@x.test", ("%zz@x.test",)),
        (b"addresses=", ()),
        (b"addresses", ()),
        (b"", ()),
    ],
)
def test_addresses_are_found_however_they_are_listed(query: bytes, items: tuple[str, ...]) -> None:
    """Commas, semicolons, spaces, repeats and empty items are all understood, and a plus sign is one."""
    assert parse(query).items == items


def test_a_semicolon_parts_parameters_too() -> None:
    """`key=K;addresses=A`, which a documented client sends, is two parameters."""
    assert parse(b"key=K;addresses=a@x.test") == Query(key="K", items=("a@x.test",))


def test_all_parameters() -> None:
    """Key, account, addresses, shape and raw are read, and unknown parameters are nobody's business."""
    query = parse(b"_id=ada&key=k_1&addresses=a@x.test&frame=both&raw=0&since=yesterday&=&&flag")
    assert query == Query("k_1", "ada", ("a@x.test",), "both", False)


def test_what_is_not_said_is_left_to_the_server() -> None:
    """Without frame= and raw= the shape is the server's and raw is there."""
    assert parse(b"key=K") == Query("K", "", (), None, True)


@pytest.mark.parametrize(
    ("query", "headers", "key"),
    [
        (b"key=K", (), "K"),
        (b"_mailsacKey=K", (), "K"),
        (b"", ("K",), "K"),
        (b"", ("",), ""),
        (b"key=", ("K",), "K"),
        (b"key=K&_mailsacKey=K", (" K ",), "K"),
        (b"key=K+1", (), "K+1"),
    ],
)
def test_the_key_may_stand_in_any_place(query: bytes, headers: tuple[str, ...], key: str) -> None:
    """Query and header hold the key, the same one in several is fine, and an empty one is none."""
    assert parse(query, *headers).key == key


@pytest.mark.parametrize(
    ("query", "headers", "message"),
    [
        (b"key=A&key=B", (), "the request holds different keys"),
        (b"key=A&_mailsacKey=B", (), "the request holds different keys"),
        (b"key=A", ("B",), "the request holds different keys"),
        (b"_id=a&_id=b", (), "the request holds different values of _id"),
        (b"frame=xml", (), "frame must be one of flat, nested, both"),
        (b"raw=maybe", (), "raw must be 0 or 1"),
        (b"addresses=a@x,b@x,c@x,d@x,e@x,f@x", (), "addresses has more than 5 items"),
        (b"x" * 1001, (), "the query is longer than 1000 bytes"),
    ],
)
def test_what_is_wrong_is_named(query: bytes, headers: tuple[str, ...], message: str) -> None:
    """A query that cannot be answered is refused with the parameter and the reason."""
    with pytest.raises(BadQuery) as caught:
        parse(query, *headers)
    assert str(caught.value) == message


@pytest.mark.parametrize(("text", "raw"), [(b"1", True), (b"0", False), (b"True", True), (b"FALSE", False)])
def test_raw_is_a_boolean_in_any_spelling(text: bytes, raw: bool) -> None:
    """Booleans may be written as Python writes them."""
    assert parse(b"raw=" + text).raw is raw


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([b"key=", b"addresses=", b"&", b";", b",", b"%", b"%2C", b"\xff", b"=", b"a@x"])))
def test_no_query_is_too_odd(parts: list[bytes]) -> None:
    """Whatever the bytes, the answer is a Query within the bounds or a BadQuery."""
    try:
        query = parse(b"".join(parts))
    except BadQuery:
        return
    assert len(query.items) <= 5
    assert not any(set(item) & set(",; ") for item in query.items)

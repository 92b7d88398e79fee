"""The canonical form of an address."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, domain_of, without_tag


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("User@B.Example", "user@b.example"),
        ("user@b.example.", "user@b.example"),
        ('"john doe"@b.example', '"john doe"@b.example'),
        ('"john"@b.example', "john@b.example"),
        ('"jo\\hn"@b.example', "john@b.example"),
        ('"a\\"b"@c.example', '"a\\"b"@c.example'),
        ("a..b@b.example", "a..b@b.example"),
        (".a@b.example", ".a@b.example"),
        ("a_b@c_d.example", "a_b@c_d.example"),
        ("root@localhost", "root@localhost"),
        ("user@[127.0.0.1]", "user@[127.0.0.1]"),
        ("user@[IPv6:0:0::1]", "user@[ipv6:::1]"),
        ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
        ("JÜRGEN@b.example", "jÜrgen@b.example"),
        ("a+Tag@b.example", "a+tag@b.example"),
        (f"{'x' * 80}@b.example", f"{'x' * 80}@b.example"),
        (
            "bounces+12345678-0abc-user=gmail.com@em1234.shop.example",
            "bounces+12345678-0abc-user=gmail.com@em1234.shop.example",
        ),
        ("*@d.example", "*@d.example"),
        ('"a@b"@c.example', '"a@b"@c.example'),
    ],
)
def test_what_is_accepted_has_one_form(given_text: str, expected: str) -> None:
    """Addresses that real mail carries are accepted, whatever their shape, and have one canonical form."""
    assert canonical(given_text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "@b.example",
        "a@",
        "a@.",
        "a@b..example",
        "a b@c.example",
        "a\x00@b.example",
        "a\r\n@b.example",
        '"a\nb"@c.example',
        "a\x85@b.example",
        "a@b example",
        "a@-\u2460.example",
        "a@" + "x" * 64 + ".example",
        "a@" + "x." * 130 + "example",
        "y" * 257 + "@b.example",
        '""@b.example',
        "a@[127.0.0.256]",
        "a@[IPv6:zz]",
        "a@[IPv6:fe80::1%eth0]",
        "a@[IPv6:::1%\r\nBcc: b@c.example]",
        f"a@{'٠' * 64}.example",
        "\u212aing@b.example",
        "a\u200bb@c.example",
        "a\u00a0b@c.example",
        "a\ud800@b.example",
        "<a@b.example>",
    ],
)
def test_what_no_address_is_is_refused(text: str) -> None:
    """Control characters, invisible ones, missing parts and broken domains are refused."""
    with pytest.raises(InvalidAddress):
        canonical(text)


def test_letters_outside_ascii_never_become_ascii_ones() -> None:
    """A letter that only looks like an ASCII one, or folds to it, names another inbox or none."""
    for text in ("\u212aing@b.example", "\u017fam@b.example", "king@\u24d4xample.com"):
        with contextlib.suppress(InvalidAddress):
            assert canonical(text) not in {"king@b.example", "sam@b.example", "king@example.com"}


def test_tags_are_folded() -> None:
    """`a+x@d` is `a@d`; a leading plus and a quoted local part are no tags."""
    assert without_tag("a+x+y@d.example") == "a@d.example"
    assert without_tag("+x@d.example") == "+x@d.example"
    assert without_tag('"a+x b"@d.example') == '"a+x b"@d.example'
    assert without_tag("a@d.example") == "a@d.example"


def test_domains_are_read_behind_the_last_at() -> None:
    """The domain of a quoted local part with an @ is what follows the last one."""
    assert domain_of('"a@b"@c.example') == "c.example"
    assert canonical_domain("BÜCHER.example".lower()) == "xn--bcher-kva.example"


addresses = st.one_of(
    st.text(max_size=40),
    st.builds("{}@{}".format, st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20)),
    st.builds('"{}"@{}.example'.format, st.text(max_size=12), st.text("abÄ\u017f-_.", min_size=1, max_size=8)),
)


@settings(deadline=None, max_examples=300)
@given(addresses)
def test_the_form_is_total_and_stable(text: str) -> None:
    """Any text either has a canonical form, which is its own canonical form, or is refused with a reason."""
    try:
        form = canonical(text)
    except InvalidAddress as error:
        assert str(error)
        return
    assert canonical(form) == form
    assert without_tag(without_tag(form)) == without_tag(form)
    form.encode("utf-8")
    assert not any(character < " " for character in form)


@settings(deadline=None, max_examples=300)
@given(
    st.text("abAB\u212a\u017f\u00c4\u00e4", min_size=1, max_size=4),
    st.text("abAB\u212a\u017f\u00c4\u00e4", min_size=1, max_size=4),
)
def test_two_names_meet_only_by_the_written_rule(one: str, other: str) -> None:
    """Local parts that differ in more than the case of ASCII letters never have the same form."""
    try:
        forms = canonical(f"{one}@d.example"), canonical(f"{other}@d.example")
    except InvalidAddress:
        return
    lower = str.maketrans("AB", "ab")
    assert (forms[0] == forms[1]) == (one.translate(lower) == other.translate(lower))

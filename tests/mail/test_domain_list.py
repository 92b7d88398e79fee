"""Files of domains."""

import pytest

from mailsockd.mail.address import InvalidAddress
from mailsockd.mail.domain_list import domain_list


def test_one_domain_a_line() -> None:
    """Domains become canonical; comments, empty lines and either line end are fine."""
    text = "# disposable\n\nTemp.Example\r\n  bücher.test. # a comment\n\ttemp.example\n"
    assert domain_list(text) == {"temp.example", "xn--bcher-kva.test"}
    assert domain_list("") == frozenset()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a.test\nb test\n", "line 2: the domain has a label that is too long or has characters that no domain has"),
        ("user@a.test", "line 1: the domain has a label that is too long or has characters that no domain has"),
        ("\n\n.a.test", "line 3: the domain has an empty label"),
    ],
)
def test_what_is_no_domain_is_named_with_its_line(text: str, error: str) -> None:
    """A mistake ends the reading, and its line is told."""
    with pytest.raises(InvalidAddress) as raised:
        domain_list(text)
    assert str(raised.value) == error

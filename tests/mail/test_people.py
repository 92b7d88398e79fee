"""Address lists: who is named in them."""

import pytest

from mailsockd.mail.people import Person, people


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", []),
        ("a@b.test", [("a@b.test", "")]),
        (" a@b.test ", [("a@b.test", "")]),
        ("<a@b.test>", [("a@b.test", "")]),
        ("Ann <a@b.test>", [("a@b.test", "Ann")]),
        ("Ann B. Test <a@b.test>", [("a@b.test", "Ann B. Test")]),
        ('"Test, Ann" <a@b.test>', [("a@b.test", "Test, Ann")]),
        ('"A \\"B\\" C" <a@b.test>', [("a@b.test", 'A "B" C')]),
        ("a@b.test (Ann Test)", [("a@b.test", "Ann Test")]),
        ("a@b.test, c@d.test", [("a@b.test", ""), ("c@d.test", "")]),
        ("a@b.test; c@d.test;", [("a@b.test", ""), ("c@d.test", "")]),
        ("Ann <a@b.test>,, Bob <c@d.test>", [("a@b.test", "Ann"), ("c@d.test", "Bob")]),
        ("Friends: a@b.test, Bob <c@d.test>;, e@f.test", [("a@b.test", ""), ("c@d.test", "Bob"), ("e@f.test", "")]),
        ("undisclosed-recipients:;", []),
        ("root", [("root", "")]),
        ("root (Cron Daemon)", [("root", "Cron Daemon")]),
        ("Foo Bar", []),
        ("Foo <>", []),
        ("<", []),
        ("<a@b.test", [("a@b.test", "")]),
        ("a@", [("a@", "")]),
        ("<@route.test,@r2.test:a@b.test>", [("a@b.test", "")]),
        ('"john doe"@b.test', [('"john doe"@b.test', "")]),
        ('<"john doe"@b.test>', [('"john doe"@b.test', "")]),
        ("<user@[IPv6:::1]>", [("user@[IPv6:::1]", "")]),
        ('"Ann <a@b.test>', [("a@b.test", "Ann")]),
        ("(a (nested) comment) a@b.test", [("a@b.test", "a nested comment")]),
        ("=?utf-8?q?Ann=2C_=C3=89?= <a@b.test>", [("a@b.test", "Ann, É")]),
        ('"=?utf-8?q?=C3=89?=" <a@b.test>', [("a@b.test", "É")]),
        ("=?utf-8?q?a=0D=0ABcc:_x?= <a@b.test>", [("a@b.test", "a\ufffd\ufffdBcc: x")]),
        ("=?utf-8?q?a,b?= <a@b.test>, =?utf-8?q?c", [("a@b.test", "a,b"), ("=?utf-8?q?c", "")]),
        ("J\xc3\xa9 <j\xc3\xa9@b.test>", [("jé@b.test", "Jé")]),
        ("((((", []),
        ('"' * 101, []),
        ("a:;" * 50, []),
    ],
)
def test_people(value: str, found: list[tuple[str, str]]) -> None:
    """Names and addresses are read in every form that is sent, and what names nobody is left out."""
    assert people(value) == tuple(Person(address, name) for address, name in found)

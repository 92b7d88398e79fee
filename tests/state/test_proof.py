"""Whose a domain is, by what the DNS says."""

import attrs
import pytest

from mailsockd.state.domains import Domain
from mailsockd.state.proof import Answers, Rules, judged, proved

TOKEN = "mailsockd_AbCdEfGhIjKlMnOpQrStUvWx"
CLAIM = Domain("shop.test", "ada", 1.0, 1.0, is_private=True, verification_txt=TOKEN)
HELD = attrs.evolve(CLAIM, verified=True, verified_mx=True)
RULES = Rules(("mx.mail.test", "mx2.mail.test"), failures=3, grace=1000.0)
OURS = ((10, "mx.mail.test"),)
GOOD = Answers(txt=("v=spf1 -all", TOKEN), mx=OURS)
NO_TXT = f"TXT: shop.test has no TXT record {TOKEN}; it has no TXT record."
NO_MX = "MX: shop.test has no MX record; it should lead to mx.mail.test or mx2.mail.test."


def look(
    domain: Domain, answers: Answers, now: float = 50.0, *, scheduled: bool = False, held: bool = False
) -> tuple[bool, bool, str | None]:
    """Give what is verified after a look, and what is wrong."""
    after = judged(domain, answers, RULES, now, scheduled=scheduled, held=held)
    assert after.checked == now
    return after.verified, after.verified_mx, after.last_verification_errors


@pytest.mark.parametrize(
    ("txt", "expected"),
    [
        ((TOKEN,), True),
        (("other", f" {TOKEN} "), True),
        ((), False),
        (None, False),
        ((TOKEN.lower(),), False),
        ((TOKEN[:-1],), False),
        ((f"{TOKEN}x",), False),
        ((f"x {TOKEN}",), False),
        (("",), False),
    ],
)
def test_the_whole_text_proves(txt: tuple[str, ...] | None, expected: bool) -> None:
    """One record must be the text of the claim, and nothing more than spaces around it."""
    assert proved(CLAIM, Answers(txt=txt)) is expected


def test_a_claim_without_a_text_is_proved_by_nothing() -> None:
    """An empty record does not prove a claim that has no text."""
    assert not proved(attrs.evolve(CLAIM, verification_txt=""), Answers(txt=("", " ")))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (GOOD, (True, True, None)),
        (Answers(txt=(), mx=()), (False, False, f"{NO_TXT} {NO_MX}")),
        (
            Answers(txt=("a",), mx=OURS),
            (False, True, f"TXT: shop.test has no TXT record {TOKEN}; it has 1 other TXT record."),
        ),
        (
            Answers(txt=("a", "b"), mx=OURS),
            (False, True, f"TXT: shop.test has no TXT record {TOKEN}; it has 2 other TXT records."),
        ),
        (Answers(txt=(TOKEN,), mx=()), (True, False, NO_MX)),
        (
            Answers(txt=(TOKEN,), mx=((5, "mx.far.test"), (10, "mx2.far.test"))),
            (
                True,
                False,
                "MX: mail for shop.test goes to mx.far.test, mx2.far.test, not to mx.mail.test or mx2.mail.test.",
            ),
        ),
        (
            Answers(txt=(TOKEN,), mx=((5, "mx.far.test"), (10, "mx.mail.test"))),
            (
                True,
                False,
                "MX: mail for shop.test goes to mx.far.test first; mx.mail.test or mx2.mail.test should have the "
                "lowest preference.",
            ),
        ),
        (Answers(txt=(TOKEN,), mx=((10, "mx.mail.test"), (20, "mx.far.test"))), (True, True, None)),
        (Answers(txt=(TOKEN,), mx=((10, "mx.mail.test"), (10, "mx2.mail.test"))), (True, True, None)),
        (
            Answers(txt=(TOKEN,), mx=((0, "."),)),
            (
                True,
                False,
                "MX: mail for shop.test goes to nowhere (a null MX), not to mx.mail.test or mx2.mail.test.",
            ),
        ),
        (
            Answers(txt=(TOKEN,), mx=tuple((10, f"mx{n}.far.test") for n in range(7))),
            (
                True,
                False,
                "MX: mail for shop.test goes to mx0.far.test, mx1.far.test, mx2.far.test, mx3.far.test, mx4.far.test "
                "and 2 more, not to mx.mail.test or mx2.mail.test.",
            ),
        ),
        (
            Answers(txt=(), mx=OURS, alias="far.test"),
            (
                False,
                True,
                "TXT: shop.test is an alias (CNAME) of far.test; the record must be that of shop.test itself.",
            ),
        ),
        (
            Answers(txt=None, mx=None, txt_trouble="no answer", mx_trouble="no answer"),
            (False, False, "TXT: no answer. Nothing was changed. MX: no answer."),
        ),
    ],
)
def test_what_a_look_at_the_dns_says(answers: Answers, expected: tuple[bool, bool, str | None]) -> None:
    """Each record that is missing or wrong has a sentence; MX records prove nothing and refuse nothing."""
    assert look(CLAIM, answers) == expected


def test_whoever_has_it_keeps_it_while_the_record_is_there() -> None:
    """A second proof beside that of the account which has the domain is told which record to remove."""
    verified, _, wrong = look(CLAIM, GOOD, held=True)
    assert (verified, wrong) == (
        False,
        "TXT: shop.test has the record, and that of another account, which had the domain before. "
        "Remove the other record.",
    )


def test_a_domain_is_lost_after_several_misses_and_a_while() -> None:
    """Neither three checks within the grace nor one check after it are enough, and it is said how long it lasts."""
    domain, verified = HELD, []
    for now in (100.0, 200.0, 300.0, 1099.0, 1100.0):
        domain = judged(domain, Answers(txt=(), mx=OURS), RULES, now, scheduled=True, held=False)
        verified.append(domain.verified)
        if now == 200.0:
            assert domain.last_verification_errors == (
                f"{NO_TXT} It was missing in 2 checks in a row: after 3, and 1000 seconds, the domain is lost."
            )
    assert verified == [True, True, True, True, False]
    assert (domain.failures, domain.missing_since, domain.last_verification_errors) == (0, 0.0, NO_TXT)
    once = judged(HELD, Answers(txt=()), RULES, 100.0, scheduled=True, held=False)
    late = judged(once, Answers(txt=()), RULES, 5000.0, scheduled=True, held=False)
    assert (late.verified, late.failures, late.missing_since) == (True, 2, 100.0)


def test_a_record_that_is_back_ends_the_count() -> None:
    """After the record was seen again, the misses before it count no more."""
    missed = attrs.evolve(HELD, failures=2, missing_since=100.0)
    seen = judged(missed, GOOD, RULES, 200.0, scheduled=True, held=False)
    assert (seen.verified, seen.failures, seen.missing_since, seen.last_verification_errors) == (True, 0, 0.0, None)


def test_trouble_with_the_dns_changes_nothing() -> None:
    """However often the DNS does not answer, a domain stays verified, and no miss is counted or forgiven."""
    domain = attrs.evolve(HELD, failures=2, missing_since=1.0)
    for now in range(10_000, 20_000, 1000):
        silent = Answers(txt=None, mx=None, txt_trouble="SERVFAIL", mx_trouble="SERVFAIL")
        domain = judged(domain, silent, RULES, float(now), scheduled=True, held=False)
    assert (domain.verified, domain.verified_mx, domain.failures, domain.missing_since) == (True, True, 2, 1.0)
    assert domain.last_verification_errors == "TXT: SERVFAIL. Nothing was changed. MX: SERVFAIL."


def test_asking_oneself_costs_no_domain() -> None:
    """Only the checks of the schedule count: whoever presses the button often loses nothing by it."""
    domain = attrs.evolve(HELD, failures=2, missing_since=1.0)
    for _ in range(5):
        domain = judged(domain, Answers(txt=()), RULES, 90_000.0, scheduled=False, held=False)
    assert (domain.verified, domain.failures) == (True, 2)


@pytest.mark.parametrize(
    ("grace", "said"), [(7 * 86_400.0, "7 days"), (86_400.0, "24 hours"), (7200.0, "2 hours"), (60.0, "60 seconds")]
)
def test_the_grace_is_said_in_words(grace: float, said: str) -> None:
    """Days, hours or seconds, whichever reads best."""
    rules = attrs.evolve(RULES, grace=grace)
    after = judged(HELD, Answers(txt=(), mx=OURS), rules, 5.0, scheduled=True, held=False)
    assert after.last_verification_errors == (
        f"{NO_TXT} It was missing in 1 check: after 3, and {said}, the domain is lost."
    )

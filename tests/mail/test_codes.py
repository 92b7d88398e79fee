"""The one-time code of a mail, in the words of services that send them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.mail.codes import one_time_code

FOUND = [
    # subject, text, code
    ("Your code is 482913", "Hello", "482913"),
    ("482913 is your verification code", "", "482913"),
    (
        "Your verification code",
        "Hello Ada,\n\nuse this code to sign in:\n\n482913\n\nIt expires in 10 minutes.",
        "482913",
    ),
    ("Sign in to Shop", "Your one-time password (OTP) is 0042. Do not share it.", "0042"),
    ("Welcome", "Code 1234\nhttps://shop.test/c?t=998877", "1234"),
    ("Verify your email", "Enter 77341 to verify your address.", "77341"),
    ("G-482913 is your Google verification code", "", "482913"),
    ("Verification", "Your code: 482 913", "482913"),
    ("Verification", "Your code: 482-913", "482913"),
    ("Login code", "12 34 56", "123456"),
    ("Login code", "1 2 3 4 5 6", "123456"),
    ("Confirm", "Your confirmation code is: X7K2P9", "X7K2P9"),
    ("Steam Guard", "Login Code\n\nR4T2K\n\nIf this wasn't you", "R4T2K"),
    ("Sign in", "Security code: GKVWB", "GKVWB"),
    ("Device", "Enter this code on your device: WDJB-MJHT", "WDJB-MJHT"),
    ("Token", "Your token is k3x9pa", "k3x9pa"),
    ("PIN", "Your PIN is 2024.", "2024"),
    ("Your code", "2023", "2023"),
    ("Hello", "Your code is 4821. It expires in 30 minutes.", "4821"),
    ("Hello", "Your code is 482913 3 times in a row", "482913"),
    ("Hello", "**482913** is your passcode", "482913"),
    ("Hello", "Your code is\u00a0482\u00a0913", "482913"),
    ("Hello", "Your c\u00adode is 48\u200b2913", "482913"),
    ("Dein Bestätigungscode", "Dein Bestätigungscode lautet 482913", "482913"),
    ("Código de verificación", "Tu código es 482913", "482913"),
    ("Votre code", "Votre code de vérification est : 482913", "482913"),
    ("验证码", "您的验证码是482913，请勿泄露。", "482913"),
    ("Ваш код", "Ваш код: 482913", "482913"),
    # what stands beside the code
    ("Order 889900", "Order 889900 of 2024. Your verification code is 1357.", "1357"),
    ("Code", "Call +1 555 123 4567. Your code is 9182.", "9182"),
    ("Code", "On 2026-11-22 at 12:30 you asked for a code: 571193", "571193"),
    ("Pay", "You pay 1499.00 EUR (about $1650). Confirm with code 880142.", "880142"),
    ("Login", "Your code: 571193\n\n(c) 2026 Shop Inc, 1234 Main Street, Springfield, IL 62704", "571193"),
    ("Login", "Use promo code SAVE20 next time. Your login code is 335577.", "335577"),
    ("Login", "123456 people like us.\nYour code: 987654", "987654"),
    ("Your Shop code", "Hi,\n\n\n571193\n\nShop, ZIP code 94105", "571193"),
]

NOT_FOUND = [
    ("Hello", "How are you?"),
    ("Invoice 2026", "The total is $4821.50, due 2026-12-01."),
    ("Your order 482913", "Order number: 482913. Tracking code: 12345678."),
    ("Call us", "Phone: +49 30 123456, fax (030) 1234-5678."),
    ("Address", "1234 Main Street, Springfield, IL 62704, postal code 62704"),
    ("Happy 2027", "All the best for 2027!"),
    ("Sale", "Take 5000 points with promo code SAVE2026."),
    ("Verify your email", "Click https://shop.test/verify/482913 to verify."),
    ("Verify your email", "Please verify your address within 1440 minutes."),
    ("Your code", "Write to 482913@shop.test"),
    ("Verification", "You were charged 1234 USD or €1200 or 50%."),
    ("", ""),
]


@pytest.mark.parametrize(("subject", "text", "code"), FOUND)
def test_codes_are_found(subject: str, text: str, code: str) -> None:
    """The code is what a person would type in, groups of digits joined."""
    assert one_time_code(subject, text) == code


@pytest.mark.parametrize(("subject", "text"), NOT_FOUND)
def test_other_numbers_are_none(subject: str, text: str) -> None:
    """Years, prices, phone numbers, orders, streets, postcodes, links and addresses are no codes."""
    assert one_time_code(subject, text) == ""


def test_the_subject_comes_first() -> None:
    """Where subject and text both hold a code, it is the subject's."""
    assert one_time_code("Your code is 111222", "Your code is 333444") == "111222"


def test_of_two_codes_the_first_wins() -> None:
    """Equals are settled by their order."""
    assert one_time_code("", "Your code is 111222. Your code is 333444.") == "111222"


def test_what_is_far_down_is_not_searched() -> None:
    """Beyond the first 32 KiB nothing is looked at."""
    assert one_time_code("", "x " * 16_384 + "Your code is 111222") == ""


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="code 0123456789-.:/$#+(\nABx@", max_size=200))
def test_any_text_has_a_code_or_none(text: str) -> None:
    """Whatever the text, the answer is empty or a word of 4 to 11 letters and digits, perhaps with a hyphen."""
    code = one_time_code("", text)
    assert code == "" or (4 <= len(code) <= 11 and code.replace("-", "").isalnum())

"""Two tests with the fixture `mail`; `sign_up` stands for the program under test, which sends mail by SMTP."""

import os
import smtplib
import threading
from email.message import EmailMessage

pytest_plugins = ["pytest_mail"]


def sign_up(address):
    """Have the program under test write to somebody."""
    message = EmailMessage()
    message["From"] = "Shop <no-reply@shop.example>"
    message["To"] = address
    message["Subject"] = "Verify your address"
    message.set_content("Your code is 482913.\nOr click https://shop.example/verify?t=1\n")
    with smtplib.SMTP("127.0.0.1", int(os.environ.get("MAILSOCKD_SMTP_PORT", "1025"))) as smtp:
        smtp.send_message(message)


def test_a_new_user_gets_a_link(mail):
    """The mail is waited for after the sign-up, and is there already or comes soon."""
    sign_up(mail.address)
    message = mail.wait(subject="verify", from_="=no-reply@shop.example")
    assert message["links"] == ["https://shop.example/verify?t=1"]


def test_a_new_user_gets_a_code(mail):
    """The mail is waited for while the program under test works."""
    threading.Timer(0.2, sign_up, [mail.address]).start()
    assert mail.code(mail.wait(text="your code is")) == "482913"

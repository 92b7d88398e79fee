"""The daemon that all tests of pages share, with accounts, addresses and mail as a small team would have them."""

from email.message import EmailMessage
from typing import Any

import attrs

from tests.integration.clients import Talk, rest
from tests.integration.daemon import DOMAIN, Daemon
from tests.integration.test_control import answer

# Accounts: ADA has everything, BOB has nothing yet, ADMIN looks after the server, NOBODY has not signed in.
NOBODY, ADA, BOB, ADMIN = "", "ada", "bob", "admin"

ORDERS, SIGNUP, ALERTS, PRESS = (f"{name}@{DOMAIN}" for name in ("orders", "signup", "alerts", "press"))
CLAIMED = "linden.example"
ADDRESSES: dict[str, dict[str, Any]] = {
    ORDERS: {"info": "Order confirmations of the shop", "enablews": True},
    SIGNUP: {"info": "Codes for new accounts, read by the tests", "enablews": True, "forward": ORDERS},
    ALERTS: {"info": "Nightly builds"},
    PRESS: {"webhook": "http://127.0.0.1:9/nobody-is-there"},
}
MAILS = (
    (ORDERS, "Linden Books <shop@linden.example>", "Your order 2041 is on its way", "It left our shelves today.\n\n"
        "Track it: https://linden.example/orders/2041\n\nThank you,\nLinden Books"),
    (SIGNUP, "Harbour <no-reply@harbour.example>", "Your code is 481 516", "Type 481 516 to go on. It is good for ten "
        "minutes.\n\nhttps://harbour.example/verify?code=481516"),
    (ALERTS, "Builds <builds@ci.example>", "Nightly build 873 passed", "412 tests in 3 minutes and 8 seconds."),
    (PRESS, "Noor Haddad <noor@daily.example>", "موعد المقابلة يوم الخميس", "مرحبا،\nهل يناسبك يوم الخميس؟\nنور"),
    (PRESS, "山田 花子 <hanako@shinbun.example>", "取材のお願い", "お世話になっております。\n来週いかがでしょうか。"),
    (ALERTS, "Builds <builds@ci.example>", "Nightly build 874 failed", "2 of 412 tests failed:\n\n"
        "  test_queue_survives_restart\n  test_slow_reader_is_closed\n\nhttps://ci.example/builds/874"),
    (ORDERS, "Linden Books <shop@linden.example>", "How was your order?", "Tell us in a minute what you think."),
    (SIGNUP, "Harbour <no-reply@harbour.example>", "Welcome to Harbour", "Your account is ready."),
)  # fmt: skip


@attrs.define
class House:
    """The daemon. `names` are what the paths of the table of pages may name in braces."""

    daemon: Daemon
    passwords: dict[str, str] = attrs.field(factory=dict)
    keys: dict[str, str] = attrs.field(factory=dict)
    names: dict[str, str] = attrs.field(factory=dict)

    def rest(self, method: str, path: str, body: Any = None, who: str = ADA) -> Any:
        """Call the API as an account."""
        return rest(self.daemon, method, path, body, self.keys[who])

    def mail(self, recipient: str, subject: str, text: str, sender: str = "Robot <robot@shop.example>") -> str:
        """Send a mail by SMTP and give the id of the message in its inbox."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
        mail.set_content(text)
        return self.content(recipient, mail)

    def content(self, recipient: str, mail: EmailMessage) -> str:
        """Send a mail as it is."""
        sender = mail["From"].addresses[0].addr_spec
        with Talk.begin(self.daemon) as talk:
            return talk.mail(sender, recipient, mail.as_bytes().replace(b"\n", b"\r\n")) + "-0"


def furnish(daemon: Daemon) -> House:
    """Make the accounts and what they have."""
    house = House(daemon, {ADMIN: daemon.password}, {ADMIN: daemon.key})
    for name in (ADA, BOB):
        made = answer(daemon, "account", "add", name)
        house.passwords[name], house.keys[name] = made["password"], made["key"]
    for address, settings in ADDRESSES.items():
        house.rest("POST", f"/addresses/{address}", settings)
    house.rest("POST", f"/domains/{CLAIMED}")
    ids = [house.mail(recipient, subject, text, sender) for recipient, sender, subject, text in MAILS]
    house.rest("PUT", f"/addresses/{SIGNUP}/messages/{ids[1]}/star")
    house.names = {"address": ORDERS, "press": PRESS, "message": ids[0], "domain": CLAIMED}
    return house

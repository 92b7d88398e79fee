"""The three mails that are sent, the same bytes at every run: 1 KB of text, 10 KB of multipart, 1 MB with attachments.

Each holds `bench-0000000000` in its Subject, where the generator writes a number in place.
"""

import random
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

MARKER = "bench-0000000000"

WORDS = (
    "order parcel street window garden letter number morning account river paper little station people water "
    "answer method winter signal bridge market corner simple travel minute forest the a of to and in is for"
).split()


def prose(chance: random.Random, length: int) -> str:
    """Lines of words, about `length` characters in all."""
    lines, line, total = [], [], 0
    while total < length:
        line.append(chance.choice(WORDS))
        total += len(line[-1]) + 1
        if len(line) > 9:
            lines.append(" ".join(line))
            line = []
    return "\n".join([*lines, " ".join(line)]) + "\n"


def message(subject: str) -> EmailMessage:
    """A message with the headers that all three have."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = '"Shop Robot" <robot@shop.example>'
    mail["To"] = "box@mail.test"
    mail["Subject"] = subject
    mail["Date"] = "Sun, 22 Nov 2026 07:30:51 +0000"
    mail["Message-ID"] = "<20261122073051.4711@shop.example>"
    mail["X-Mailer"] = "Robot 2.1"
    return mail


def small(chance: random.Random) -> EmailMessage:
    """About 1 KB, one part of text."""
    mail = message(f"Your code is 4821 {MARKER}")
    mail.set_content(prose(chance, 720) + "https://shop.example/verify?token=4821\n")
    return mail


def rich(chance: random.Random, text: int, html: int, attachments: list[int]) -> EmailMessage:
    """Text, HTML with links, and attachments of the given sizes in bytes."""
    mail = message(f"Your order at Caf\N{LATIN SMALL LETTER E WITH ACUTE} {MARKER}")
    # An encoded word must not swallow the marker, so the subject is folded here and not by the library.
    mail.replace_header("Subject", "placeholder")
    mail.set_content(prose(chance, text) + "https://shop.example/orders/17\n")
    paragraphs = [
        f'<p>{line}</p><a href="https://shop.example/item/{i}?ref=mail">see item {i}</a>\n'
        for i, line in enumerate(prose(chance, html).splitlines())
    ]
    mail.add_alternative(f"<html><body><h1>Thank you</h1>{''.join(paragraphs)}</body></html>", subtype="html")
    for i, size in enumerate(attachments):
        mail.add_attachment(
            chance.randbytes(size), maintype="application", subtype="pdf", filename=f"invoice-{i}.pdf"
        )
    return mail


def write_contents(folder: Path) -> dict[str, Path]:
    """Write the files and return them by name: 1k, 10k, 1m."""
    chance = random.Random(20261122)
    mails = {
        "1k": small(chance),
        "10k": rich(chance, 1500, 1900, [2500]),
        "1m": rich(chance, 3000, 8000, [350_000, 350_000]),
    }
    subject = f"Subject: =?utf-8?q?Your_order_at_Caf=C3=A9?= {MARKER}\r\n".encode()
    files = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, mail in mails.items():
        data = mail.as_bytes(policy=SMTP).replace(b"Subject: placeholder\r\n", subject)
        files[name] = folder / f"{name}.eml"
        files[name].write_bytes(data)
    return files

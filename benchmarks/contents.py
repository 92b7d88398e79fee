"""The three mails that are sent, the same bytes at every run: 1 KB of text, 10 KB of multipart, 1 MB with attachments.

Each holds `bench-0000000000` in its Subject, where the generator writes a number in place.
"""

import random
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

MARKER = "bench-0000000000"

VOCABULARY = """
order parcel street window garden letter number morning account river paper little station people water answer
method winter signal bridge market corner simple travel minute forest the a of to and in is for
"""
WORDS = VOCABULARY.split()

# Not left to the library, which would fold the marker into an encoded word.
PLAIN_SUBJECT = f"Subject: Your code is 4821 {MARKER}\r\n"
ENCODED_SUBJECT = f"Subject: =?utf-8?q?Your_order_at_Caf=C3=A9?= {MARKER}\r\n"


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


def head() -> EmailMessage:
    """A message with the headers that all have, but for the Subject."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = '"Shop Robot" <robot@shop.example>'
    mail["To"] = "box@mail.test"
    mail["Date"] = "Sun, 22 Nov 2026 07:30:51 +0000"
    mail["Message-ID"] = "<20261122073051.4711@shop.example>"
    mail["X-Mailer"] = "Robot 2.1"
    return mail


def small(chance: random.Random) -> EmailMessage:
    """About 1 KB, one part of text."""
    mail = head()
    mail.set_content(prose(chance, 690) + "https://shop.example/verify?token=4821\n")
    return mail


def rich(chance: random.Random, text: int, html: int, attachments: list[int]) -> EmailMessage:
    """Text, HTML with links, and attachments of the given sizes in bytes."""
    mail = head()
    mail.set_content(prose(chance, text) + "https://shop.example/orders/17\n")
    paragraphs = [
        f'<p>{line}</p><a href="https://shop.example/item/{i}?ref=mail">see item {i}</a>\n'
        for i, line in enumerate(prose(chance, html).splitlines())
    ]
    mail.add_alternative(f"<html><body><h1>Thank you</h1>{''.join(paragraphs)}</body></html>", subtype="html")
    for i, size in enumerate(attachments):
        mail.add_attachment(chance.randbytes(size), maintype="application", subtype="pdf", filename=f"invoice-{i}.pdf")
    multiparts = [part for part in mail.walk() if part.is_multipart()]
    for i, part in enumerate(multiparts):
        part.set_boundary(f"=-robot-{i}-20261122")
    return mail


def write_contents(folder: Path) -> dict[str, Path]:
    """Write the files and return them by name: 1k, 10k, 1m."""
    chance = random.Random(20261122)
    contents = {
        "1k": (PLAIN_SUBJECT, small(chance)),
        "10k": (ENCODED_SUBJECT, rich(chance, 1500, 1900, [2500])),
        "1m": (ENCODED_SUBJECT, rich(chance, 3000, 8000, [350_000, 350_000])),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, (subject, mail) in contents.items():
        files[name] = folder / f"{name}.eml"
        files[name].write_bytes(subject.encode() + mail.as_bytes(policy=SMTP))
    return files

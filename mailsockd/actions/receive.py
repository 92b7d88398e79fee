"""
Receiving mail: from a finished SMTP transaction to a message on disk that its subscribers know of.

The order is fixed: commit, then the answer to the sender, then the frame. An id that a subscriber or a list
shows can be read at that moment.
"""


class Rejected(Exception):
    """Mail that is not taken, with the SMTP reply that says so: code, enhanced code (RFC 3463), sentence."""

    def __init__(self, code: int, status: str, text: str) -> None:
        super().__init__(f"{code} {status} {text}")
        self.code = code
        self.status = status
        self.text = text

"""
Runs the daemon with a mailbox that does not wait for the disk, which no setting allows.

It is what the test of that wait must find fault with. The arguments are those of the program `mailsockd`.
"""

from mailsockd.script import run
from mailsockd.storage.mailbox import SQLiteMailbox

if __name__ == "__main__":
    defaults = SQLiteMailbox.__init__.__kwdefaults__
    assert defaults["synchronous"] == "FULL"
    defaults["synchronous"] = "OFF"
    run()

"""What talking to a relay may take. Sizes are bytes, times seconds."""

# RFC 5321 section 4.5.3.1.5 allows 512; real servers say more, in several lines.
LINE_BYTES = 2048
REPLY_LINES = 100
# All that a relay may say on one connection.
SAID_BYTES = 128 * 1024
# What is handed to the transport at a time.
PIECE_BYTES = 128 * 1024
# How long the relay may leave a piece of the content untaken, and think about the whole (RFC 5321 section 4.5.3.2:
# who gives up sooner sends again what was taken).
PIECE_SECONDS = 180.0
FINAL_SECONDS = 600.0
# One try, whatever it does; more than the queue gives to others, since a relay may think for so long.
TRY_SECONDS = 1800.0
# Mail that went through so many servers goes round (RFC 5321 section 6.3 wants at least 100 for those who guess).
RECEIVED_FIELDS = 100
# Inboxes that a mail may go through inside the house.
MOST_HOPS = 8
# How long settings of TLS are kept: reading the authorities takes 20 ms and more.
TLS_SECONDS = 3600.0

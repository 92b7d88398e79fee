"""What sending to somebody else's server may take. Sizes are bytes, times seconds."""

CONNECT_SECONDS = 5.0
# From the look-up of the name to the last byte of the answer; large bodies get more (BYTES_A_SECOND).
TOTAL_SECONDS = 10.0
# A body may take as long as at this speed, on top.
BYTES_A_SECOND = 1024 * 1024
# All that one connection may bring, head and body of the answer. Only its status decides, so no more is needed.
ANSWER_BYTES = 32 * 1024
# The head of the answer. Twisted 22.4 takes half a minute for 16,000 fields of one name.
HEAD_BYTES = 16 * 1024
HEAD_LINES = 100
# What is handed to the parser of HTTP at a time: it copies what is left of a piece at every line.
PIECE_BYTES = 4 * 1024
# What people are shown of an answer, in characters.
SHOWN = 200
# Look-ups of names at one time, which are threads, and how many more may wait for one.
LOOKUPS = 4
LOOKUPS_WAITING = 100
# Of the addresses that a name has, all of which are checked.
ADDRESSES_TRIED = 4
# Hosts whose settings of TLS are kept, and for how long: reading the authorities takes 20 ms and more.
TLS_HOSTS = 32
TLS_SECONDS = 3600.0
# How long the other side may ask to be left alone.
LONGEST_RETRY_AFTER = 86_400.0
# Parsing, encoding and signing take about 30 ms a megabyte: above this they are done in a thread.
ENCODED_IN_REACTOR = 64 * 1024

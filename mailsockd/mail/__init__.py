"""What mail is: addresses, envelopes, MIME, messages. Pure: bytes in, values out."""

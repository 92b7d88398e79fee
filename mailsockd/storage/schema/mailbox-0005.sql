-- What an account's mail takes, by inbox, without reading a message.
DROP INDEX messages_by_inbox;
CREATE INDEX messages_by_inbox ON messages (owner, inbox, size, saved_by) WHERE owner <> '' AND domain IS NOT NULL;

PRAGMA user_version = 5;

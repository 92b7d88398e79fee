-- Messages: one row a copy in an inbox; what the copies share is one row of contents.
PRAGMA application_id = 1836280685;  -- "mskm"

-- The summary stands before the bytes, so that a list never reads the pages that hold them.
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,  -- the seq of the first copy
    summary TEXT NOT NULL,   -- JSON
    raw BLOB NOT NULL
) STRICT;

-- AUTOINCREMENT keeps the highest seq ever stored, also after its message was deleted.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    content INTEGER NOT NULL REFERENCES contents (id),
    inbox TEXT NOT NULL,
    original TEXT NOT NULL,
    owner TEXT NOT NULL,     -- '' for a public inbox
    received REAL NOT NULL,
    size INTEGER NOT NULL,
    ip TEXT NOT NULL,
    via TEXT NOT NULL,
    helo TEXT NOT NULL,
    sender TEXT NOT NULL,
    tls INTEGER NOT NULL CHECK (tls IN (0, 1)),
    esmtp INTEGER NOT NULL CHECK (esmtp IN (0, 1)),
    folder TEXT NOT NULL,
    labels TEXT NOT NULL,    -- JSON
    read INTEGER CHECK (read IN (0, 1)),
    saved_by TEXT
) STRICT;

-- seq is the rowid, which every index ends with: these give the order too.
CREATE INDEX messages_of_inbox ON messages (inbox);
CREATE INDEX messages_of_owner ON messages (owner) WHERE owner <> '';
CREATE INDEX messages_of_content ON messages (content);

CREATE TRIGGER content_goes_with_its_last_message AFTER DELETE ON messages
BEGIN
    DELETE FROM contents
    WHERE id = OLD.content AND NOT EXISTS (SELECT 1 FROM messages WHERE content = OLD.content);
END;

PRAGMA user_version = 1;

-- Deliveries, activity, usage, retention.

-- Deliveries: one row a message, channel and target. They outlive their message, to say what became of it.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message TEXT NOT NULL,
    seq INTEGER NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    created REAL NOT NULL,
    due REAL NOT NULL,
    trail TEXT NOT NULL,     -- JSON
    status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    renewed REAL,
    finished REAL            -- NULL while it waits
) STRICT;

CREATE INDEX deliveries_waiting ON deliveries (account, channel, target, id) WHERE status = 'waiting';
CREATE INDEX deliveries_of_waiting_message ON deliveries (message) WHERE status = 'waiting';
CREATE INDEX deliveries_finished ON deliveries (finished) WHERE status <> 'waiting';
CREATE INDEX deliveries_failed ON deliveries (id) WHERE status = 'failed';
CREATE INDEX deliveries_of_account ON deliveries (account, id);

-- The octets of the content in CRLF lines, as POP3 sends them; NULL in what was stored before this step.
ALTER TABLE messages ADD COLUMN octets INTEGER;

-- Browsers that are signed in.
CREATE TABLE sessions (
    digest TEXT NOT NULL PRIMARY KEY,  -- SHA-256 of the token, in hex
    account TEXT NOT NULL,
    created REAL NOT NULL,
    used REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Activity: one row an event. Kinds are named as in state/activity.py.
CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    message TEXT NOT NULL,
    peer TEXT NOT NULL,
    text TEXT NOT NULL,
    count INTEGER,
    milliseconds REAL,
    session TEXT NOT NULL,
    channel TEXT NOT NULL,
    detail TEXT NOT NULL,
    similar INTEGER NOT NULL
) STRICT;

-- None of messages: their ids are random, so that each event would change a page of its own; a timeline reads the table.
CREATE INDEX activity_of_account ON activity (account, id);
CREATE INDEX activity_of_session ON activity (session) WHERE session <> '' AND message = '';

-- Operations, by account, key and day; when each key was used last. Keys are SHA-256 in hex, '' where none was needed.
CREATE TABLE usage (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    day TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (account, key, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE keys_seen (
    key TEXT NOT NULL PRIMARY KEY,
    at REAL NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;

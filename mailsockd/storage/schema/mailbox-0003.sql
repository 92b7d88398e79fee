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

PRAGMA user_version = 3;

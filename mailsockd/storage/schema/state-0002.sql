-- What an account may be limited to, and what it wants of captured mail.
ALTER TABLE accounts ADD COLUMN capture_private INTEGER NOT NULL DEFAULT 0 CHECK (capture_private IN (0, 1));
ALTER TABLE accounts ADD COLUMN monthly_ops INTEGER;
ALTER TABLE accounts ADD COLUMN message_limit INTEGER;

-- Several accounts may claim a domain; it is known by its name and its owner.
CREATE TABLE claims (
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    configured INTEGER NOT NULL CHECK (configured IN (0, 1)),
    enablews INTEGER NOT NULL CHECK (enablews IN (0, 1)),
    hosted INTEGER NOT NULL CHECK (hosted IN (0, 1)),
    is_private INTEGER NOT NULL CHECK (is_private IN (0, 1)),
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
    verified_mx INTEGER NOT NULL CHECK (verified_mx IN (0, 1)),
    verification_txt TEXT NOT NULL,
    last_verification_errors TEXT,
    checked REAL NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    missing_since REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (name, owner)
) STRICT;
INSERT INTO claims (name, owner, created, updated, configured, enablews, hosted, is_private, verified, verified_mx,
                    verification_txt, last_verification_errors)
SELECT name, owner, created, updated, configured, enablews, hosted, is_private, verified, verified_mx,
       verification_txt, last_verification_errors
FROM domains;
DROP TABLE domains;
ALTER TABLE claims RENAME TO domains;

-- Whom mail is not taken from.
CREATE TABLE denials (
    item TEXT NOT NULL PRIMARY KEY,
    created REAL NOT NULL,
    note TEXT NOT NULL
) STRICT;

PRAGMA user_version = 2;

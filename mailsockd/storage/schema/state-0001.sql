-- Accounts, keys, addresses, domains and secrets: one row an object, one a setting of an address.
PRAGMA application_id = 1836280691;  -- "msks"

CREATE TABLE accounts (
    name TEXT NOT NULL PRIMARY KEY,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    password TEXT,
    admin INTEGER NOT NULL CHECK (admin IN (0, 1)),
    credits INTEGER,
    email TEXT NOT NULL,
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1))
) STRICT;

-- A key goes with its account. Deferred, so that one change may name both in any order.
CREATE TABLE keys (
    digest TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    last TEXT NOT NULL,
    created REAL NOT NULL
) STRICT;

CREATE INDEX keys_of_account ON keys (account);

CREATE TABLE addresses (
    address TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    info TEXT NOT NULL,
    catch_all TEXT,
    password TEXT
) STRICT;

CREATE TABLE address_settings (
    address TEXT NOT NULL REFERENCES addresses (address) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,  -- JSON
    PRIMARY KEY (address, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE domains (
    name TEXT NOT NULL PRIMARY KEY,
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
    last_verification_errors TEXT
) STRICT;

CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

PRAGMA user_version = 1;

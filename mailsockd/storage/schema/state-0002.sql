-- What an account may be limited to, and what it wants of captured mail.
ALTER TABLE accounts ADD COLUMN capture_private INTEGER NOT NULL DEFAULT 0 CHECK (capture_private IN (0, 1));
ALTER TABLE accounts ADD COLUMN monthly_ops INTEGER;
ALTER TABLE accounts ADD COLUMN message_limit INTEGER;

PRAGMA user_version = 2;

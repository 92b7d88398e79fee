-- Where a browser signed in from, and what it calls itself; '' for sign-ins before this step.
ALTER TABLE sessions ADD COLUMN peer TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';

PRAGMA user_version = 4;

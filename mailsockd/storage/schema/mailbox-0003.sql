-- Deliveries, activity, usage, retention.

PRAGMA user_version = 3;

-- Lists by account, star, domain and time; search; attachments.

-- Wide enough that what a list leaves out is never looked up. seq stands in them for its order.
DROP INDEX messages_of_inbox;
CREATE INDEX messages_of_inbox ON messages (inbox, seq, received, owner, saved_by, read);
DROP INDEX messages_of_owner;
CREATE INDEX messages_of_owner ON messages (owner, seq, received, read, size, saved_by) WHERE owner <> '';
CREATE INDEX messages_starred ON messages (saved_by, seq, received, owner, read, size) WHERE saved_by IS NOT NULL;

-- What an append does not fill in, and what is in no index before it is: the writer does it when nothing waits.
ALTER TABLE messages ADD COLUMN domain TEXT;      -- of the inbox
ALTER TABLE messages ADD COLUMN author TEXT;      -- From's address, lower case
ALTER TABLE messages ADD COLUMN attached INTEGER; -- whether its content has rows in attachments
CREATE INDEX messages_of_domain ON messages (domain, seq, received, owner, saved_by) WHERE domain IS NOT NULL;
CREATE INDEX messages_by_inbox ON messages (owner, inbox) WHERE owner <> '' AND domain IS NOT NULL;
CREATE INDEX messages_public ON messages (received, inbox, domain, author)
    WHERE owner = '' AND saved_by IS NULL AND domain IS NOT NULL;
CREATE INDEX messages_attached ON messages (received, content)
    WHERE owner = '' AND saved_by IS NULL AND attached = 1;

-- One row a message, rowid is its seq. Text is folded, each address and name between line ends.
CREATE VIRTUAL TABLE search USING fts5(
    sender, recipient, subject, tokenize = 'trigram case_sensitive 1', detail = 'column'
);

CREATE TABLE attachments (
    content INTEGER NOT NULL,
    checksum TEXT NOT NULL,  -- MD5 in hex
    PRIMARY KEY (content, checksum)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_by_checksum ON attachments (checksum, content);

-- How far all of that got: every message up to this seq is in it.
CREATE TABLE indexing (up_to INTEGER NOT NULL) STRICT;
INSERT INTO indexing (up_to) VALUES (0);

CREATE TRIGGER search_goes_with_its_message AFTER DELETE ON messages
BEGIN
    DELETE FROM search WHERE rowid = OLD.seq;
END;

CREATE TRIGGER attachments_go_with_their_content AFTER DELETE ON contents
BEGIN
    DELETE FROM attachments WHERE content = OLD.id;
END;

-- A message as rows.py reads it.
CREATE VIEW listed AS
SELECT seq, messages.id AS id, inbox, original, owner, received, size, ip, via, helo, sender, tls, esmtp,
       folder, labels, read, saved_by, summary, domain
FROM messages JOIN contents ON contents.id = messages.content;

PRAGMA user_version = 2;

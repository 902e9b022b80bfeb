-- Which migrations ran, and the SHA-256 of the text that ran.
CREATE TABLE migrations (
    version  INTEGER PRIMARY KEY,
    checksum BLOB NOT NULL CHECK (length(checksum) = 32)
) STRICT;

-- What happened, in order and without gaps. The body is hashed as it stands.
CREATE TABLE events (
    seq  INTEGER PRIMARY KEY CHECK (seq >= 0),
    id   TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    leaf BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;

CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events never change'); END;

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- The newest event of each kind. There are few kinds.
CREATE TABLE newest (
    kind TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL CHECK (seq >= 0)
) STRICT, WITHOUT ROWID;

-- Complete nodes above the leaves. Level 0 is events.leaf.
CREATE TABLE nodes (
    level    INTEGER NOT NULL CHECK (level BETWEEN 1 AND 63),
    position INTEGER NOT NULL CHECK (position >= 0),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- Every checkpoint that was signed, by the number of events it covers.
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY CHECK (size >= 0),
    note TEXT NOT NULL
) STRICT;

-- What may be used once, until it may be forgotten.
CREATE TABLE used (
    key     BLOB PRIMARY KEY CHECK (length(key) = 32),
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_by_expiry ON used (expires);

-- Requests for a person's approval.
CREATE TABLE approvals (
    id      TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'used')),
    digest  BLOB NOT NULL CHECK (length(digest) = 32),
    leaf    BLOB NOT NULL CHECK (length(leaf) = 32),
    tool    TEXT NOT NULL,
    request TEXT NOT NULL,
    quorum  INTEGER NOT NULL CHECK (quorum BETWEEN 0 AND 255)
) STRICT;

CREATE INDEX approvals_by_time ON approvals (created);
CREATE INDEX approvals_by_use ON approvals (leaf, tool, expires);

-- The signed decisions on a request, in the order in which they came.
CREATE TABLE decisions (
    approval  TEXT NOT NULL REFERENCES approvals (id),
    position  INTEGER NOT NULL CHECK (position >= 0),
    statement TEXT NOT NULL,
    PRIMARY KEY (approval, position)
) STRICT, WITHOUT ROWID;

-- The newest signed directory: one row, or none.
CREATE TABLE directory (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    sequence  INTEGER NOT NULL CHECK (sequence >= 1),
    statement TEXT NOT NULL
) STRICT;

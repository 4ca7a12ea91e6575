-- Messages go out in the order in which they were posted. Two that one millisecond has posted
-- have the same created_at, and ids are random: the order is a column of its own.

-- +goose Up
CREATE TABLE outbox_ordered (
  ordinal       INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
  id            TEXT NOT NULL UNIQUE,
  establishment TEXT NOT NULL,
  appointment   TEXT NOT NULL DEFAULT '',
  participant   TEXT NOT NULL DEFAULT '',
  channel       TEXT NOT NULL,
  purpose       TEXT NOT NULL,
  sequence      INTEGER NOT NULL DEFAULT 0,
  once          TEXT NOT NULL UNIQUE, -- what must not be sent twice, as in ID/reminder-day/2
  due_at        INTEGER NOT NULL,
  useless_at    INTEGER NOT NULL DEFAULT 0,
  state         TEXT NOT NULL,
  attempts      INTEGER NOT NULL DEFAULT 0,
  next_at       INTEGER NOT NULL,
  claimed_by    TEXT NOT NULL DEFAULT '', -- a node, until
  claimed_until INTEGER NOT NULL DEFAULT 0,
  error         TEXT NOT NULL DEFAULT '',
  created_at    INTEGER NOT NULL,
  sent_at       INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO outbox_ordered (id, establishment, appointment, participant, channel, purpose, sequence,
  once, due_at, useless_at, state, attempts, next_at, claimed_by, claimed_until, error, created_at,
  sent_at)
SELECT id, establishment, appointment, participant, channel, purpose, sequence, once, due_at,
  useless_at, state, attempts, next_at, claimed_by, claimed_until, error, created_at, sent_at
FROM outbox ORDER BY created_at, id;
DROP TABLE outbox;
ALTER TABLE outbox_ordered RENAME TO outbox;
CREATE INDEX outbox_next ON outbox (state, next_at);
CREATE INDEX outbox_establishment ON outbox (establishment, state, created_at);
CREATE INDEX outbox_appointment ON outbox (appointment);

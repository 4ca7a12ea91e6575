-- Messages go out in the order in which they were posted. Two that one millisecond has posted
-- have the same created_at, and ids are random: the order is a column of its own. One writer at a
-- time holds the store's lock, so that this is the order of commits, too.

-- +goose Up
-- only PostgreSQL
ALTER TABLE outbox ADD COLUMN ordinal BIGINT;
UPDATE outbox SET ordinal = ranked.ordinal
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS ordinal FROM outbox) AS ranked
WHERE ranked.id = outbox.id;
ALTER TABLE outbox ALTER COLUMN ordinal SET NOT NULL,
  ALTER COLUMN ordinal ADD GENERATED ALWAYS AS IDENTITY,
  ADD UNIQUE (ordinal);
SELECT setval(pg_get_serial_sequence('outbox', 'ordinal'), COALESCE(MAX(ordinal), 0) + 1, false)
FROM outbox;
-- only SQLite
CREATE TABLE outbox_ordered (
  ordinal       BIGINT PRIMARY KEY AUTOINCREMENT, -- never used twice
  id            TEXT NOT NULL UNIQUE,
  establishment TEXT NOT NULL,
  appointment   TEXT NOT NULL DEFAULT '',
  participant   TEXT NOT NULL DEFAULT '',
  channel       TEXT NOT NULL,
  purpose       TEXT NOT NULL,
  sequence      INTEGER NOT NULL DEFAULT 0,
  once          TEXT NOT NULL UNIQUE, -- what must not be sent twice, as in ID/reminder-day/2
  due_at        BIGINT NOT NULL,
  useless_at    BIGINT NOT NULL DEFAULT 0,
  state         TEXT NOT NULL,
  attempts      INTEGER NOT NULL DEFAULT 0,
  next_at       BIGINT NOT NULL,
  claimed_by    TEXT NOT NULL DEFAULT '', -- a node, until
  claimed_until BIGINT NOT NULL DEFAULT 0,
  error         TEXT NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  sent_at       BIGINT NOT NULL DEFAULT 0
);
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
-- both

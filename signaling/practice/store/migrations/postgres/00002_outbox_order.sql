-- Messages go out in the order in which they were posted. Two that one millisecond has posted
-- have the same created_at, and ids are random: the order is a column of its own. One writer at a
-- time holds the store's lock, so that this is the order of commits, too.

-- +goose Up
ALTER TABLE outbox ADD COLUMN ordinal BIGINT;
UPDATE outbox SET ordinal = ranked.ordinal
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS ordinal FROM outbox) AS ranked
WHERE ranked.id = outbox.id;
ALTER TABLE outbox ALTER COLUMN ordinal SET NOT NULL,
  ALTER COLUMN ordinal ADD GENERATED ALWAYS AS IDENTITY,
  ADD UNIQUE (ordinal);
SELECT setval(pg_get_serial_sequence('outbox', 'ordinal'), COALESCE(MAX(ordinal), 0) + 1, false)
FROM outbox;

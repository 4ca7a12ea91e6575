-- Who is in the call of an appointment or waits in front of it, as the server says in whose hands
-- the room is. One that died says nothing more: until is when its word is worth nothing.

-- +goose Up
CREATE TABLE presences (
  appointment   TEXT PRIMARY KEY REFERENCES appointments (id) ON DELETE CASCADE,
  establishment TEXT NOT NULL,
  node          TEXT NOT NULL,
  participants  TEXT NOT NULL, -- ids, with spaces between them
  until         BIGINT NOT NULL
);
CREATE INDEX presences_node ON presences (node);

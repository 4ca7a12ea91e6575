-- Reports of appointments, and what the server measured in their sessions.

-- +goose Up
CREATE TABLE episodes (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  appointment   TEXT NOT NULL,
  participant   TEXT NOT NULL,
  kind          TEXT NOT NULL,
  way           TEXT NOT NULL DEFAULT '',
  began_at      BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL
);
CREATE INDEX episodes_appointment ON episodes (establishment, appointment, began_at);

CREATE TABLE reports (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  appointment   TEXT NOT NULL,
  document      TEXT NOT NULL,
  number        INTEGER NOT NULL,
  state         TEXT NOT NULL,
  motive        TEXT NOT NULL DEFAULT '',
  findings      TEXT NOT NULL DEFAULT '',
  conclusion    TEXT NOT NULL DEFAULT '',
  act           TEXT NOT NULL DEFAULT '',
  language      TEXT NOT NULL DEFAULT '',
  facts         TEXT NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  saved_by      TEXT NOT NULL DEFAULT '',
  saved_at      BIGINT NOT NULL DEFAULT 0,
  signed_by     TEXT NOT NULL DEFAULT '',
  signed_at     BIGINT NOT NULL DEFAULT 0,
  withdrawn_by  TEXT NOT NULL DEFAULT '',
  withdrawn_at  BIGINT NOT NULL DEFAULT 0,
  withdrawn_why TEXT NOT NULL DEFAULT '',
  version       INTEGER NOT NULL DEFAULT 1
);
-- One draft, whoever makes it first; one version of a number.
CREATE UNIQUE INDEX reports_number ON reports (establishment, appointment, number);
CREATE UNIQUE INDEX reports_document ON reports (document, number);

-- What the hospital's systems send: the queue of messages, and merges of patients.

-- +goose Up
CREATE TABLE received (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  source        TEXT NOT NULL,
  sender        TEXT NOT NULL,
  control       TEXT NOT NULL,
  event         TEXT NOT NULL,
  event_at      BIGINT NOT NULL,
  received_at   BIGINT NOT NULL,
  state         TEXT NOT NULL,
  outcome       TEXT NOT NULL DEFAULT '',
  answer        TEXT NOT NULL,
  code          INTEGER NOT NULL DEFAULT 0,
  field         TEXT NOT NULL DEFAULT '',
  problem       TEXT NOT NULL DEFAULT '',
  remarks       TEXT NOT NULL DEFAULT '',
  patient       TEXT NOT NULL DEFAULT '',
  appointment   TEXT NOT NULL DEFAULT '',
  replayed_by   TEXT NOT NULL DEFAULT '',
  replayed_at   BIGINT NOT NULL DEFAULT 0,
  forgotten_at  BIGINT NOT NULL DEFAULT 0,
  digest        TEXT NOT NULL,            -- SHA-256 of the bytes that came
  subject       TEXT NOT NULL DEFAULT '', -- whose later events make this one old
  body          TEXT NOT NULL DEFAULT '', -- the message, until it is forgotten
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX received_once ON received (establishment, sender, control);
CREATE INDEX received_list ON received (establishment, received_at, id);
CREATE INDEX received_state ON received (establishment, state, received_at, id);
CREATE INDEX received_subject ON received (establishment, subject, event_at)
  WHERE state <> 'refused' AND subject <> '';
CREATE INDEX received_at ON received (received_at);

CREATE TABLE merges (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  survivor      TEXT NOT NULL,
  prior         TEXT NOT NULL,
  prior_ipp     TEXT NOT NULL,
  received      TEXT NOT NULL,
  event_at      BIGINT NOT NULL,
  at            BIGINT NOT NULL,
  moved         TEXT NOT NULL,
  undone_by     TEXT NOT NULL DEFAULT '',
  undone_at     BIGINT NOT NULL DEFAULT 0,
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX merges_at ON merges (establishment, at);
CREATE INDEX merges_prior ON merges (establishment, prior_ipp) WHERE undone_at = 0;
CREATE INDEX merges_survivor ON merges (establishment, survivor);
CREATE INDEX patients_ins ON patients (establishment, ins) WHERE ins <> '';

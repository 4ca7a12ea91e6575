-- Questions to experts, and what was answered.

-- +goose Up
CREATE TABLE opinions (
  id                  TEXT PRIMARY KEY,
  establishment       TEXT NOT NULL REFERENCES establishments (id),
  patient             TEXT NOT NULL,
  asked_establishment TEXT NOT NULL REFERENCES establishments (id),
  service             TEXT NOT NULL,
  urgency             TEXT NOT NULL,
  state               TEXT NOT NULL,
  question            TEXT NOT NULL,
  answer              TEXT NOT NULL DEFAULT '',
  asked_by            TEXT NOT NULL,
  asked_at            BIGINT NOT NULL,
  due_at              BIGINT NOT NULL,
  taken_by            TEXT NOT NULL DEFAULT '',
  taken_at            BIGINT NOT NULL DEFAULT 0,
  ended_at            BIGINT NOT NULL DEFAULT 0,
  request_key         TEXT NOT NULL,
  version             INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX opinions_request ON opinions (establishment, request_key);
CREATE INDEX opinions_asked ON opinions (establishment, ended_at);
CREATE INDEX opinions_queue ON opinions (asked_establishment, service, ended_at);
CREATE INDEX opinions_patient ON opinions (establishment, patient);

CREATE TABLE opinion_notes (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  opinion       TEXT NOT NULL REFERENCES opinions (id),
  back          BOOLEAN NOT NULL,
  said_by       TEXT NOT NULL,
  at            BIGINT NOT NULL,
  text          TEXT NOT NULL
);
CREATE INDEX opinion_notes_opinion ON opinion_notes (establishment, opinion, at);

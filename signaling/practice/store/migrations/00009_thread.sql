-- Threads of teams: messages that stay after the call.

-- +goose Up
CREATE TABLE threads (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  kind          TEXT NOT NULL,
  subject       TEXT NOT NULL DEFAULT '', -- a series or a single appointment
  name          TEXT NOT NULL DEFAULT '',
  closed        BOOLEAN NOT NULL DEFAULT FALSE,
  created_by    TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX threads_subject ON threads (establishment, subject) WHERE subject <> '';
CREATE UNIQUE INDEX threads_name ON threads (establishment, name) WHERE name <> '';

CREATE TABLE thread_members (
  establishment TEXT NOT NULL,
  thread        TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL, -- person, service or place
  member        TEXT NOT NULL,
  PRIMARY KEY (thread, kind, member)
);
CREATE INDEX thread_members_member ON thread_members (member, thread);

CREATE TABLE thread_messages (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL,
  thread        TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  number        BIGINT NOT NULL,
  author        TEXT NOT NULL,
  at            BIGINT NOT NULL,
  text          TEXT NOT NULL,
  deleted_by    TEXT NOT NULL DEFAULT '',
  deleted_at    BIGINT NOT NULL DEFAULT 0,
  request_key   TEXT NOT NULL -- of whoever wrote it: the same request twice makes one
);
CREATE UNIQUE INDEX thread_messages_number ON thread_messages (thread, number);
CREATE UNIQUE INDEX thread_messages_once ON thread_messages (thread, author, request_key);
CREATE INDEX thread_messages_author ON thread_messages (author, at);
CREATE INDEX thread_messages_at ON thread_messages (at);

CREATE TABLE thread_reads (
  establishment TEXT NOT NULL,
  thread        TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  person        TEXT NOT NULL,
  number        BIGINT NOT NULL, -- of the last message that they have read
  at            BIGINT NOT NULL,
  PRIMARY KEY (thread, person)
);

-- Which thread the meetings of a series write into; a series that continues another one has its.
ALTER TABLE series ADD COLUMN thread TEXT NOT NULL DEFAULT '';
CREATE INDEX series_thread ON series (thread) WHERE thread <> '';

-- Mails to staff about what waits for them: whom a message is for and what it is about, who wants
-- none, and up to which version of a request for an opinion somebody has seen it.

-- +goose Up
ALTER TABLE outbox ADD COLUMN person TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN subject TEXT NOT NULL DEFAULT ''; -- an opinion or a thread
CREATE INDEX outbox_subject ON outbox (subject, person) WHERE subject <> '';
ALTER TABLE people ADD COLUMN notices_off BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE opinion_reads (
  establishment TEXT NOT NULL,
  opinion       TEXT NOT NULL REFERENCES opinions (id) ON DELETE CASCADE,
  person        TEXT NOT NULL,
  version       INTEGER NOT NULL, -- of the request, as they have seen it
  PRIMARY KEY (opinion, person)
);

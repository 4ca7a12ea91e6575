-- Programs of the hospital that use the FHIR interface.

-- +goose Up
CREATE TABLE machines (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  name          TEXT NOT NULL,
  access        TEXT NOT NULL,
  authority     TEXT NOT NULL DEFAULT '',
  service       TEXT NOT NULL DEFAULT '',
  invite        BOOLEAN NOT NULL DEFAULT FALSE,
  links         BOOLEAN NOT NULL DEFAULT FALSE,
  certificate   TEXT NOT NULL DEFAULT '',
  public_key    TEXT NOT NULL DEFAULT '', -- SPKI in PEM
  secret_hash   TEXT NOT NULL DEFAULT '',
  created_by    TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  seen_at       BIGINT NOT NULL DEFAULT 0,
  revoked_at    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX machines_name ON machines (establishment, name) WHERE revoked_at = 0;
CREATE UNIQUE INDEX machines_certificate ON machines (certificate)
  WHERE certificate <> '' AND revoked_at = 0;

-- Assertions that machines have signed, each good once.
CREATE TABLE machine_assertions (
  machine    TEXT NOT NULL REFERENCES machines (id),
  assertion  TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (machine, assertion)
);
CREATE INDEX machine_assertions_expire ON machine_assertions (expires_at);

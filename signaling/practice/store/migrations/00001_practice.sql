-- The whole practice. Times are milliseconds since 1970 UTC, 0 for never; ids are 26 letters and
-- digits; an empty text stands for nothing, so that no column is NULL. Only hashes of secrets are kept.

-- Types are those of PostgreSQL; dialect.go says what SQLite calls them. What only one engine knows
-- stands behind a line that names it, up to the next such line.

-- +goose Up
CREATE TABLE establishments (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  zone       TEXT NOT NULL,
  finess     TEXT NOT NULL DEFAULT '',
  closed     BOOLEAN NOT NULL DEFAULT FALSE,
  demo       BOOLEAN NOT NULL DEFAULT FALSE,
  version    INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE services (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  name          TEXT NOT NULL,
  code          TEXT NOT NULL DEFAULT '',
  closed        BOOLEAN NOT NULL DEFAULT FALSE,
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX services_name ON services (establishment, name);

CREATE TABLE places (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  name          TEXT NOT NULL,
  code          TEXT NOT NULL DEFAULT '',
  phone         TEXT NOT NULL DEFAULT '',
  closed        BOOLEAN NOT NULL DEFAULT FALSE,
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX places_name ON places (establishment, name);

-- A tablet. Its enrolment code is good once; the private key never leaves its browser.
CREATE TABLE devices (
  id              TEXT PRIMARY KEY,
  establishment   TEXT NOT NULL REFERENCES establishments (id),
  place           TEXT NOT NULL REFERENCES places (id),
  name            TEXT NOT NULL,
  code_hash       TEXT NOT NULL DEFAULT '',
  code_expires_at BIGINT NOT NULL DEFAULT 0,
  public_key      TEXT NOT NULL DEFAULT '', -- ECDSA P-256, SPKI in base64
  enrolled_by     TEXT NOT NULL,
  enrolled_at     BIGINT NOT NULL DEFAULT 0,
  seen_at         BIGINT NOT NULL DEFAULT 0,
  revoked_at      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX devices_place ON devices (establishment, place);
CREATE UNIQUE INDEX devices_code ON devices (code_hash) WHERE code_hash <> '';

CREATE TABLE people (
  id            TEXT PRIMARY KEY,
  family_name   TEXT NOT NULL,
  given_name    TEXT NOT NULL,
  title         TEXT NOT NULL DEFAULT '',
  profession    TEXT NOT NULL DEFAULT '',
  email         TEXT NOT NULL DEFAULT '',
  phone         TEXT NOT NULL DEFAULT '',
  rpps          TEXT NOT NULL DEFAULT '',
  language      TEXT NOT NULL DEFAULT 'fr',
  establishment TEXT NOT NULL DEFAULT '', -- who looks after them; empty: the group
  search        TEXT NOT NULL,            -- family name, given name: lower case, without accents
  disabled_at   BIGINT NOT NULL DEFAULT 0,
  demo          BOOLEAN NOT NULL DEFAULT FALSE,
  created_at    BIGINT NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX people_search ON people (search, id);
CREATE UNIQUE INDEX people_rpps ON people (rpps) WHERE rpps <> '';
CREATE UNIQUE INDEX people_email ON people (email) WHERE email <> '';

CREATE TABLE identities (
  id         TEXT PRIMARY KEY,
  provider   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  person     TEXT NOT NULL DEFAULT '',
  label      TEXT NOT NULL DEFAULT '',
  seen_at    BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identities_subject ON identities (provider, subject);
CREATE INDEX identities_person ON identities (person);

CREATE TABLE accounts (
  person        TEXT PRIMARY KEY REFERENCES people (id),
  login         TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL DEFAULT '', -- argon2id in its usual text form
  totp_sealed   TEXT NOT NULL DEFAULT '', -- encrypted with a key of the server's secret
  totp_step     BIGINT NOT NULL DEFAULT 0,  -- last one used: a code is good once
  failures      INTEGER NOT NULL DEFAULT 0,
  locked_until  BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL
);

CREATE TABLE passkeys (
  id         TEXT PRIMARY KEY, -- credential id, base64url
  person     TEXT NOT NULL REFERENCES people (id),
  name       TEXT NOT NULL,
  credential TEXT NOT NULL,    -- JSON: public key, counter, flags
  created_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX passkeys_person ON passkeys (person);

-- One-time links by which somebody chooses a password or a passkey.
CREATE TABLE enrolments (
  key_hash   TEXT PRIMARY KEY,
  person     TEXT NOT NULL, -- empty: the first administrator, who is not there yet
  purpose    TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT '', -- sealed: what was chosen so far
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0
);

-- Sign-ins that have begun: with a provider, a password before its code, or a passkey.
CREATE TABLE signins (
  state_hash TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  person     TEXT NOT NULL DEFAULT '',
  data       TEXT NOT NULL, -- sealed
  expires_at BIGINT NOT NULL
);

CREATE TABLE sessions (
  token_hash       TEXT PRIMARY KEY,
  id               TEXT NOT NULL UNIQUE,
  person           TEXT NOT NULL DEFAULT '', -- or
  device           TEXT NOT NULL DEFAULT '', -- a tablet
  method           TEXT NOT NULL DEFAULT '',
  provider         TEXT NOT NULL DEFAULT '',
  provider_session TEXT NOT NULL DEFAULT '', -- sid
  subject          TEXT NOT NULL DEFAULT '',
  browser          TEXT NOT NULL DEFAULT '',
  previous_hash    TEXT NOT NULL DEFAULT '', -- good for a short time after a rotation
  rotated_at       BIGINT NOT NULL,
  created_at       BIGINT NOT NULL,
  seen_at          BIGINT NOT NULL,
  expires_at       BIGINT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_device ON sessions (device);
CREATE INDEX sessions_previous ON sessions (previous_hash);
CREATE INDEX sessions_subject ON sessions (provider, subject);

CREATE TABLE grants (
  id            TEXT PRIMARY KEY,
  person        TEXT NOT NULL REFERENCES people (id),
  role          TEXT NOT NULL,
  establishment TEXT NOT NULL DEFAULT '',
  service       TEXT NOT NULL DEFAULT '',
  ends_at       BIGINT NOT NULL DEFAULT 0,
  granted_by    TEXT NOT NULL,
  granted_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX grants_once ON grants (person, role, establishment, service);
CREATE INDEX grants_establishment ON grants (establishment, person);

CREATE TABLE patients (
  id                TEXT PRIMARY KEY,
  establishment     TEXT NOT NULL REFERENCES establishments (id),
  ipp               TEXT NOT NULL DEFAULT '',
  ins               TEXT NOT NULL DEFAULT '',
  ins_authority     TEXT NOT NULL DEFAULT '',
  birth_name        TEXT NOT NULL,
  used_name         TEXT NOT NULL DEFAULT '',
  birth_given_name  TEXT NOT NULL,
  birth_given_names TEXT NOT NULL DEFAULT '',
  sex               TEXT NOT NULL DEFAULT 'U',
  birth_date        TEXT NOT NULL DEFAULT '',
  birth_place       TEXT NOT NULL DEFAULT '',
  phone             TEXT NOT NULL DEFAULT '',
  email             TEXT NOT NULL DEFAULT '',
  search            TEXT NOT NULL, -- birth name, given name: lower case, without accents
  search_used       TEXT NOT NULL DEFAULT '',
  source            TEXT NOT NULL,
  merged_into       TEXT NOT NULL DEFAULT '',
  demo              BOOLEAN NOT NULL DEFAULT FALSE,
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL,
  version           INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX patients_ipp ON patients (establishment, ipp) WHERE ipp <> '';
CREATE INDEX patients_search ON patients (establishment, search, birth_date);
CREATE INDEX patients_search_used ON patients (establishment, search_used, birth_date);
CREATE INDEX patients_birth ON patients (establishment, birth_date);

CREATE TABLE series (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  service       TEXT NOT NULL,
  title         TEXT NOT NULL DEFAULT '',
  rule          TEXT NOT NULL,
  exceptions    TEXT NOT NULL DEFAULT '',
  zone          TEXT NOT NULL,
  local_start   TEXT NOT NULL,
  minutes       INTEGER NOT NULL,
  made_until    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL DEFAULT 0,
  created_by    TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX series_made ON series (ended_at, made_until);

CREATE TABLE appointments (
  id                 TEXT PRIMARY KEY,
  establishment      TEXT NOT NULL REFERENCES establishments (id),
  service            TEXT NOT NULL,
  kind               TEXT NOT NULL,
  status             TEXT NOT NULL,
  title              TEXT NOT NULL DEFAULT '',
  patient            TEXT NOT NULL DEFAULT '',
  place              TEXT NOT NULL DEFAULT '',
  host_establishment TEXT NOT NULL DEFAULT '',
  starts_at          BIGINT NOT NULL,
  ends_at            BIGINT NOT NULL,
  zone               TEXT NOT NULL,
  local_start        TEXT NOT NULL,
  series             TEXT NOT NULL DEFAULT '',
  occurrence         TEXT NOT NULL DEFAULT '',
  sequence           INTEGER NOT NULL DEFAULT 0,
  room               TEXT NOT NULL UNIQUE,
  arrived_at         BIGINT NOT NULL DEFAULT 0,
  began_at           BIGINT NOT NULL DEFAULT 0,
  ended_at           BIGINT NOT NULL DEFAULT 0,
  outcome_by         TEXT NOT NULL DEFAULT '',
  source_system      TEXT NOT NULL DEFAULT '',
  source_value       TEXT NOT NULL DEFAULT '',
  request_key        TEXT NOT NULL DEFAULT '', -- of whoever made it: the same request twice makes one
  created_by         TEXT NOT NULL,
  created_at         BIGINT NOT NULL,
  updated_at         BIGINT NOT NULL,
  version            INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX appointments_day ON appointments (establishment, starts_at);
CREATE INDEX appointments_host ON appointments (host_establishment, starts_at);
CREATE INDEX appointments_place ON appointments (place, starts_at);
CREATE INDEX appointments_patient ON appointments (establishment, patient, starts_at);
CREATE INDEX appointments_time ON appointments (starts_at);
CREATE UNIQUE INDEX appointments_occurrence ON appointments (series, occurrence) WHERE series <> '';
CREATE UNIQUE INDEX appointments_source ON appointments (establishment, source_system, source_value)
  WHERE source_system <> '';
CREATE UNIQUE INDEX appointments_request ON appointments (establishment, request_key)
  WHERE request_key <> '';

CREATE TABLE participants (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL,
  appointment   TEXT NOT NULL REFERENCES appointments (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  person        TEXT NOT NULL DEFAULT '',
  name          TEXT NOT NULL DEFAULT '',
  email         TEXT NOT NULL DEFAULT '',
  phone         TEXT NOT NULL DEFAULT '',
  channel       TEXT NOT NULL,
  call_role     TEXT NOT NULL,
  language      TEXT NOT NULL DEFAULT 'fr',
  starts_at     BIGINT NOT NULL, -- the appointment's, so that a person's day is one range of an index
  version       INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX participants_appointment ON participants (appointment);
CREATE INDEX participants_person ON participants (person, starts_at);

-- The 22 characters of a link are an HMAC of its id with a key of the server's secret, so that a
-- reminder can carry them again though only their hash is kept.
CREATE TABLE links (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL,
  appointment   TEXT NOT NULL REFERENCES appointments (id) ON DELETE CASCADE,
  participant   TEXT NOT NULL REFERENCES participants (id) ON DELETE CASCADE,
  token_hash    TEXT NOT NULL UNIQUE,
  browser_hash  TEXT NOT NULL DEFAULT '', -- of the browser that used it first
  created_at    BIGINT NOT NULL,
  used_at       BIGINT NOT NULL DEFAULT 0,
  revoked_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX links_participant ON links (participant);
CREATE INDEX links_appointment ON links (appointment);

CREATE TABLE outbox (
  id            TEXT PRIMARY KEY,
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
CREATE INDEX outbox_next ON outbox (state, next_at);
CREATE INDEX outbox_establishment ON outbox (establishment, state, created_at);
CREATE INDEX outbox_appointment ON outbox (appointment);

CREATE TABLE audit (
  sequence      BIGINT PRIMARY KEY,
  at            BIGINT NOT NULL,
  establishment TEXT NOT NULL,
  actor_kind    TEXT NOT NULL,
  actor         TEXT NOT NULL,
  action        TEXT NOT NULL,
  patient       TEXT NOT NULL,
  appointment   TEXT NOT NULL,
  object        TEXT NOT NULL,
  detail        TEXT NOT NULL,
  hash          TEXT NOT NULL
);
CREATE INDEX audit_patient ON audit (establishment, patient, sequence);
CREATE INDEX audit_actor ON audit (establishment, actor, sequence);
CREATE INDEX audit_at ON audit (at);

-- Where the log begins after old entries went: the last that went, and its hash.
CREATE TABLE audit_anchors (
  sequence BIGINT PRIMARY KEY,
  hash     TEXT NOT NULL,
  deleted  BIGINT NOT NULL,
  months   INTEGER NOT NULL,
  at       BIGINT NOT NULL
);

-- only PostgreSQL
-- +goose StatementBegin
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.sequence <= (SELECT COALESCE(MAX(sequence), 0) FROM audit_anchors) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only: entries go only behind an anchor';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
  FOR EACH ROW EXECUTE FUNCTION audit_append_only();
-- only SQLite
-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.sequence > (SELECT COALESCE(MAX(sequence), 0) FROM audit_anchors) BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only: entries go only behind an anchor');
END;
-- +goose StatementEnd
-- both

CREATE TABLE consents (
  id             TEXT PRIMARY KEY,
  establishment  TEXT NOT NULL,
  appointment    TEXT NOT NULL,
  patient        TEXT NOT NULL,
  decision       TEXT NOT NULL,
  representative TEXT NOT NULL DEFAULT '',
  informed_by    TEXT NOT NULL,
  authenticated  BOOLEAN NOT NULL,
  means          TEXT NOT NULL,
  information    TEXT NOT NULL,
  device         TEXT NOT NULL DEFAULT '',
  at             BIGINT NOT NULL
);
CREATE INDEX consents_appointment ON consents (establishment, appointment);

CREATE TABLE identity_checks (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL,
  appointment   TEXT NOT NULL,
  patient       TEXT NOT NULL,
  agreed        BOOLEAN NOT NULL,
  checked_by    TEXT NOT NULL,
  authenticated BOOLEAN NOT NULL,
  device        TEXT NOT NULL DEFAULT '',
  at            BIGINT NOT NULL
);
CREATE INDEX identity_checks_appointment ON identity_checks (establishment, appointment);

CREATE TABLE delays (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL,
  service       TEXT NOT NULL,
  person        TEXT NOT NULL DEFAULT '',
  minutes       INTEGER NOT NULL,
  set_by        TEXT NOT NULL,
  set_at        BIGINT NOT NULL,
  clears_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX delays_queue ON delays (establishment, service, person);

CREATE TABLE settings (
  establishment TEXT NOT NULL,
  key           TEXT NOT NULL,
  value         TEXT NOT NULL,
  updated_by    TEXT NOT NULL,
  updated_at    BIGINT NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (establishment, key)
);

-- What may be done once, as a logout token of a provider; forgotten when it could not be repeated.
CREATE TABLE spent (
  key        TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

-- Which node does a job that only one may do.
CREATE TABLE leases (
  name   TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until  BIGINT NOT NULL
);

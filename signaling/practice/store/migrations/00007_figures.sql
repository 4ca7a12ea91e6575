-- Figures: counters without people. The references and checks are there so that no column can hold
-- anything but a part of the hospital, a month and numbers.

-- +goose Up
CREATE TABLE figures (
  establishment   TEXT NOT NULL REFERENCES establishments (id),
  service         TEXT NOT NULL REFERENCES services (id),
  place           TEXT NOT NULL, -- empty: the patient's own telephone or computer, or a meeting
  kind            TEXT NOT NULL CHECK (kind IN ('consultation', 'telestaff', 'opinion')),
  month           INTEGER NOT NULL CHECK (month BETWEEN 190001 AND 999912), -- 202612
  acts            BIGINT NOT NULL,
  no_shows        BIGINT NOT NULL,
  cancelled       BIGINT NOT NULL,
  waits           BIGINT NOT NULL,
  wait_seconds    BIGINT NOT NULL,
  long_waits      BIGINT NOT NULL,
  sessions        BIGINT NOT NULL,
  session_seconds BIGINT NOT NULL,
  troubled        BIGINT NOT NULL,
  frozen          BIGINT NOT NULL,
  voice_only      BIGINT NOT NULL,
  stills          BIGINT NOT NULL,
  reconnected     BIGINT NOT NULL,
  lost            BIGINT NOT NULL,
  answers         BIGINT NOT NULL,
  answer_seconds  BIGINT NOT NULL,
  distant         BIGINT NOT NULL,
  known_place     TEXT GENERATED ALWAYS AS (NULLIF(place, '')) STORED REFERENCES places (id),
  PRIMARY KEY (establishment, service, place, kind, month)
);
CREATE INDEX figures_month ON figures (month);

-- Up to which month figures were deleted: what is corrected afterwards changes nothing there.
CREATE TABLE figures_forgotten (
  month INTEGER PRIMARY KEY
);

-- What patients said of their consultation. Month 0: fewer than five so far, which nobody is shown.
CREATE TABLE satisfaction (
  establishment TEXT NOT NULL REFERENCES establishments (id),
  service       TEXT NOT NULL REFERENCES services (id),
  month         INTEGER NOT NULL CHECK (month = 0 OR month BETWEEN 190001 AND 999912),
  face1         BIGINT NOT NULL CHECK (face1 >= 0),
  face2         BIGINT NOT NULL CHECK (face2 >= 0),
  face3         BIGINT NOT NULL CHECK (face3 >= 0),
  face4         BIGINT NOT NULL CHECK (face4 >= 0),
  face5         BIGINT NOT NULL CHECK (face5 >= 0),
  PRIMARY KEY (establishment, service, month)
);

-- What an appointment has been counted for, so that it counts once, and differently when another
-- outcome is found. It goes with the appointment.
ALTER TABLE appointments ADD COLUMN counted TEXT NOT NULL DEFAULT '';
ALTER TABLE appointments ADD COLUMN counted_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX appointments_uncounted ON appointments (establishment)
  WHERE counted_version <> version AND (status <> 'booked' OR counted <> '');

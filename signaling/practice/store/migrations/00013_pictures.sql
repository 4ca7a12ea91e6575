-- Pictures of questions to experts: a preview, and the picture in parts, both sealed.

-- +goose Up
CREATE TABLE pictures (
  id            TEXT PRIMARY KEY,
  establishment TEXT NOT NULL REFERENCES establishments (id),
  opinion       TEXT NOT NULL REFERENCES opinions (id),
  width         INTEGER NOT NULL,
  height        INTEGER NOT NULL,
  size          BIGINT NOT NULL,
  received      BIGINT NOT NULL DEFAULT 0,
  digest        TEXT NOT NULL,
  made_by       TEXT NOT NULL,
  made_at       BIGINT NOT NULL,
  whole_at      BIGINT NOT NULL DEFAULT 0,
  preview       BYTEA NOT NULL,
  request_key   TEXT NOT NULL
);
CREATE UNIQUE INDEX pictures_request ON pictures (establishment, opinion, request_key);

CREATE TABLE picture_parts (
  establishment TEXT NOT NULL REFERENCES establishments (id),
  picture       TEXT NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
  begins        BIGINT NOT NULL,
  sealed        BYTEA NOT NULL,
  PRIMARY KEY (picture, begins)
);

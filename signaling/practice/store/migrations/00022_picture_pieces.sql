-- Pictures of questions to experts come in pieces, of these sizes in bytes; empty: in one, behind a
-- preview that stands in its column. The pieces at which somebody looks come first. Numbers stand
-- with spaces between them.

-- +goose Up
ALTER TABLE pictures ADD COLUMN pieces INTEGER NOT NULL DEFAULT 1;
ALTER TABLE pictures ADD COLUMN previewed BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE pictures ADD COLUMN sizes TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN looked TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0;

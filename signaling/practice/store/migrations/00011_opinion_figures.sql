-- Opinions in the figures: how many were asked for, and whether the patient does not have to travel.

-- +goose Up
ALTER TABLE figures ADD COLUMN asked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE opinions ADD COLUMN distant BOOLEAN NOT NULL DEFAULT FALSE;

-- What a request has been counted for: as a question in the month in which it was asked, as an
-- answer in the month in which that was given.
ALTER TABLE opinions ADD COLUMN counted_asked TEXT NOT NULL DEFAULT '';
ALTER TABLE opinions ADD COLUMN counted TEXT NOT NULL DEFAULT '';
ALTER TABLE opinions ADD COLUMN counted_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX opinions_uncounted ON opinions (establishment) WHERE counted_version <> version;

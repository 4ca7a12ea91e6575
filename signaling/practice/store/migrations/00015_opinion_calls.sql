-- Calls about opinions: appointments that belong to a request. They are counted by its answer.

-- +goose Up
ALTER TABLE appointments ADD COLUMN opinion TEXT NOT NULL DEFAULT '';
CREATE INDEX appointments_opinion ON appointments (opinion) WHERE opinion <> '';

-- When what a version of a report says was deleted, because the record has it; 0: it is here.

-- +goose Up
ALTER TABLE reports ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0;

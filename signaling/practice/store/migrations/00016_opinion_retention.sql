-- When what was asked and answered was deleted; 0: it is here.

-- +goose Up
ALTER TABLE opinions ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0;

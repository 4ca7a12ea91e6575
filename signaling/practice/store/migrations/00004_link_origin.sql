-- A link that was lost is replaced by another. Both have the same origin, the link that staff gave,
-- by which a call knows whoever it has blocked. Empty: this one is it.

-- +goose Up
ALTER TABLE links ADD COLUMN origin TEXT NOT NULL DEFAULT '';

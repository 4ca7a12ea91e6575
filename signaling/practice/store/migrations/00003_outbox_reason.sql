-- Why a message did not go out is a word that the pages translate, beside what the other end said.

-- +goose Up
ALTER TABLE outbox ADD COLUMN reason TEXT NOT NULL DEFAULT '';

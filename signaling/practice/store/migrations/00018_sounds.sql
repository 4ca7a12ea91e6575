-- Clips of sound of questions to experts come, and are kept, as their pictures are.

-- +goose Up
ALTER TABLE pictures ADD COLUMN sound BOOLEAN NOT NULL DEFAULT FALSE;

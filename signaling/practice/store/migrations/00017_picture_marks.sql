-- What is drawn on pictures of questions to experts, sealed as they are; NULL: nothing.

-- +goose Up
ALTER TABLE pictures ADD COLUMN marks BYTEA;

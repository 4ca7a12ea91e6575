-- Drafts of reports that wait for a signature are found without reading those that are signed.

-- +goose Up
CREATE INDEX reports_draft ON reports (appointment) WHERE state = 'draft';

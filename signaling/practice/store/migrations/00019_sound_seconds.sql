-- How long a clip of sound lasts: its bytes do not tell it any more, since they are FLAC. Those of
-- before are WAVE: 44 bytes of a header, and 32,000 a second.

-- +goose Up
ALTER TABLE pictures ADD COLUMN seconds INTEGER NOT NULL DEFAULT 0;
UPDATE pictures SET seconds = (size - 44 + 31999) / 32000 WHERE sound AND whole_at > 0;

-- Patients who have an address or a telephone number, for those whose are deleted; and patients who
-- were merged, for those whose history is looked for.

-- +goose Up
CREATE INDEX patients_contact ON patients (establishment, updated_at)
  WHERE email <> '' OR phone <> '';
CREATE INDEX patients_merged ON patients (establishment, merged_into) WHERE merged_into <> '';

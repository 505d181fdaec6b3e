-- Rows of icu `icustays` that clinical_extract needs. The data set is the job's default one.
-- Rows without a readable subject come too: they are counted as defects, not passed over.
SELECT
  subject_id,
  hadm_id,
  stay_id,
  intime,
  outtime,
  first_careunit,
  last_careunit
FROM icustays
WHERE (
  subject_id IS NULL
  OR subject_id < 1
  OR (
    DIV(MOD(MOD(subject_id, 2147483648) * 2654435761, 4294967296) * @buckets, 4294967296) IN UNNEST(@wanted_buckets)
    AND (@every_subject OR subject_id IN UNNEST(@subjects))
  )
)

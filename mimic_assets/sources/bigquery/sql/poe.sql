-- Rows of hosp `poe` that clinical_extract needs. The data set is the job's default one.
-- Rows without a readable subject come too: they are counted as defects, not passed over.
SELECT
  subject_id,
  hadm_id,
  poe_id,
  ordertime,
  transaction_type,
  order_type,
  order_subtype
FROM poe
WHERE (
  subject_id IS NULL
  OR subject_id < 1
  OR (
    DIV(MOD(MOD(subject_id, 2147483648) * 2654435761, 4294967296) * @buckets, 4294967296) IN UNNEST(@wanted_buckets)
    AND (@every_subject OR subject_id IN UNNEST(@subjects))
  )
)
  AND REGEXP_CONTAINS(order_subtype, @matching)

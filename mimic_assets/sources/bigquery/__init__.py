"""The clinical tables of MIMIC-IV in BigQuery, as a `clinical.ClinicalSource`.

Where do I go to... change what is asked? `sql/` (one file per table). read an address `bq://...`? `address`. see what
is sent, estimated and streamed? `source`. see how a cell becomes text again? `text`.
"""

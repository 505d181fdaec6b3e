"""Where raw bytes come from: a folder in the published layout, BigQuery, and the generated demo.

Belongs here: everything that knows how to reach source bytes, files behind `file_tree.FileTree`, tables elsewhere
behind `clinical.ClinicalSource`, and the generator that makes a source from nothing. Does not belong here: what the
bytes mean (`records`, `clinical`) and where results go (`storage`).

Where do I go to read files from a disk? `folder`. Clinical tables from
BigQuery? `bigquery`. To make a source to play with? `demo`.
"""

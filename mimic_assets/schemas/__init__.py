"""What every table is. One description per column and table; everything else is derived from it.

Where do I go to... find a table? `tables`. its promises? `invariants`. a column's unit and limits? `fields`. the values
a coded column can take? `vocabulary`. what a stage returns? `judged`. whether an object keeps its promises? `judging`.
a Pandera or Arrow schema, the data dictionary? `pandera_models`, `arrow`, `dictionary`.
"""

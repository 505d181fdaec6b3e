"""The same jobs without a browser: `mimic-assets --help`.

Where do I go to... see which commands there are? `app`. change what `run` does? `journey`. the Dagster instance of a
lake? `instance`. options that several commands
take? `options`. a command's own options and words? the module of its name.
"""

"""The same jobs without a browser: `mimic-assets --help`.

Where do I go to... see which commands there are? `app`. change what `run` does? `journey`. the Dagster instance of a
lake? `instance`. a command's options and output? the module of its name.
"""

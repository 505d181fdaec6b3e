"""The test suite; `unit/` mirrors the package."""

"""The Dagster UI as a person sees it: a real server, a real browser."""

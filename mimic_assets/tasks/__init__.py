"""Prediction tasks as data: what is predicted, for whom, when, and from what.

The shipped tasks are the `*.toml` files beside this one; any other file can be named by its path.
Where do I go to... add a task? write a TOML file. change what a task may say? `model`. find a task by name? `load`.
"""

from mimic_assets.tasks.load import check_against, load_task, shipped_tasks
from mimic_assets.tasks.model import Task

__all__ = ["Task", "check_against", "load_task", "shipped_tasks"]

"""The few families of errors: the data is wrong, the request is wrong, we are wrong.

Bad rows are not errors: they become rows of `rejected_inputs` (see `schemas.judged`). An exception is for what stops a
key (`DataError`), a command (`RequestError`) or must never happen (`InternalError`). Messages say what was found, what
was expected, where, and what to do; they never carry a patient's values.
"""


class MimicAssetsError(Exception):
    """The base of every error this package raises on purpose."""


class DataError(MimicAssetsError):
    """The data of one partition key cannot be used: that key alone is quarantined, the others flow."""


class DamagedObjectError(MimicAssetsError):
    """An object of the lake cannot be read back; it can be made again from what it was made from."""


class RequestError(MimicAssetsError):
    """What was asked for cannot be done (a setting, a path, a task, a credential); nothing was changed."""


class InternalError(MimicAssetsError):
    """A promise between our own modules was broken; please report it with the command that led here."""

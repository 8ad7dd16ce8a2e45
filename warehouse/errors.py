"""Errors of the warehouse that a person can understand and mend."""


class WarehouseError(RuntimeError):
    """The database is not as it should be, or a question to it cannot be answered; the message says why."""

"""Errors that a person can mend: printed as one paragraph, without a traceback."""


class FootfallError(Exception):
    """Something outside the program is not as it should be; the message says what to do."""


class StudyError(FootfallError):
    """A file of the study folder is missing or says something that cannot be used."""


class UsageError(FootfallError):
    """The command was called in a way that cannot work."""

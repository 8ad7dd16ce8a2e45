"""Erases a participant from the whole study folder, refuses their files ever after, and proves it.

`steps` does it, with the help of `originals` (what becomes of each file), `archives` and `around`; `refusal` and `arrivals` keep
out what comes later; `proof` searches. docs/withdrawal.md says what is found and what cannot be.
"""

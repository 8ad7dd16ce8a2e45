"""The reader of declared tables against the shortest scripts that give the same long frame."""

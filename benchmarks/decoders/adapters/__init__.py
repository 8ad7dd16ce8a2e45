"""One module per peer, imported only in that peer's own process.

decode(path): what is timed, the fullest documented way of the library. facts(path): what `agreement` compares.
A module for many files at once has decode_all(paths).
"""

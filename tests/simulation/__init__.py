"""Nights of a trial with a virtual clock: what came night by night must end as what came all at once."""

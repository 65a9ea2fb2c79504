"""All scenarios, by theme."""

from scenarios import closing, company, exchange, leftovers, lookalikes, opening, paths, programs, silence  # noqa: F401
from talk import SCENARIOS  # noqa: F401

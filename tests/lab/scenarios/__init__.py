"""All scenarios, by theme."""

from scenarios import closing, exchange, opening, paths, programs, silence  # noqa: F401
from talk import SCENARIOS  # noqa: F401

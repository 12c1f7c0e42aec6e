"""Everything that is run against GoChat: unit, specification and flow tests, and benchmarks."""

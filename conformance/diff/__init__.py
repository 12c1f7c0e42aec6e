"""Compares two versions of the contracts: what changed, in which direction, and whom it breaks."""

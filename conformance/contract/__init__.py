"""The two contracts: reading them, their parts as typed data, and judging answers and frames by them."""

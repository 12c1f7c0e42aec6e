"""Handlers: one function for each operation of the contracts. They translate, and nothing else."""

"""Servers with one defect each, to test the tester: the real server's source with one edit, kept as data (`*.yaml`)."""

"""HTTP handlers: one module a tag, the function's name is the operationId in snake case."""

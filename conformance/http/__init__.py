"""The HTTP layer: Schemathesis and openapi-core against the OpenAPI document, in a process of its own."""

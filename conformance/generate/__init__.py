"""Pure functions from JSON Schema (draft 7) to values: valid, broken in one keyword, and no frames at all."""

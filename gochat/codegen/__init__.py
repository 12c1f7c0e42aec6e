"""The code generator: reads `specs/`, writes `generated/`.

A development tool behind `gochat generate`; the server never imports it. Entry points: `pipeline.generate`
for two given directories, `command.run` for the checkout that this package was imported from.
"""

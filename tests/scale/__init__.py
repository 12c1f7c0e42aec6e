"""Several gateways: what has to hold between them, whichever of them a client talks to."""

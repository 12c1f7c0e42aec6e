"""What an operator copies from `deploy/` is run here, as far as it can be without containers and without systemd."""

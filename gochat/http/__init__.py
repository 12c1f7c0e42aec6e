"""The HTTP edge: WSGI in, Connexion in the middle, the envelope out. Handlers come after it."""

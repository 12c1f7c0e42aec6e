"""Makes a trace of a wire log, repeats it, makes it small, writes it as a script, and keeps what is known already."""

"""A little server that has nothing to do with GoChat, and its contract: what the generic layer is tried on."""

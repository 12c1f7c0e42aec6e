"""Black-box checks of a running GoChat server: they know its URL and its contracts, and none of its code."""

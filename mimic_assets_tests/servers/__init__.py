"""Real servers that tests start for themselves: on loopback, on free ports, stopped by their own process id."""

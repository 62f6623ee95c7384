"""Hosts in other processes: messages over a Unix socket, who serves them, and who asks."""

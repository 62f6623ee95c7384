"""The command line, with virsh's words: hosts, guests, and their migrations. Needs click."""

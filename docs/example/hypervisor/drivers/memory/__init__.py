"""The `memory` driver: a guest is a record."""

"""What faults do to a migration: the model, every case of it on `memory` hosts, and the tables."""

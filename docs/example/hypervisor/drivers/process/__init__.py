"""The `process` driver: a guest is a process of the operating system."""

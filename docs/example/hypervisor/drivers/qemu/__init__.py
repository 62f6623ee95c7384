"""The `qemu` driver: a guest is a machine that QEMU emulates."""

"""The conformance kit: what every driver of the interface must do, as tests for pytest.

To run a driver of your own through it, name its table, from the folder that holds `hypervisor`:

    python -m pytest -p conformance.plugin --driver smallest:SMALLEST_DRIVER --require v3 \\
        conformance/lifecycle.py conformance/migration.py conformance/proofs.py \\
        conformance/remains.py

`--driver-uri process:///` names one that is in the registry. A test of a call that the driver does
not have is skipped, and the call named; `--require` makes it fail instead, and so does a protocol
that the table has only some steps of. With `--hostd`, each connection is to a host in a process of
its own, served by `hypervisor.hostd`.

Or import the tests into a module of yours, give the fixtures `connection` (an open connection) and
`pair` (two connections to hosts of their own), and drop the tests that your driver's table rules
out with `needs.applicable`.
"""

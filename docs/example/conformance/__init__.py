"""The conformance kit: what every driver of the interface must do, as tests for pytest.

To run a driver of your own through it, name its URI, from the folder that holds `hypervisor`:

    python -m pytest -p conformance.plugin --driver-uri process:/// \\
        conformance/lifecycle.py conformance/migration.py conformance/proofs.py

With `--hostd`, each connection is to a host in a process of its own, served by `hypervisor.hostd`.
Or import the tests into a module of yours, give the fixtures `connection` (an open connection) and
`pair` (two connections to hosts of their own), and drop the tests that your driver's table rules
out with `needs.applicable`.
"""

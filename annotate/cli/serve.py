"""``hvsupport serve``: the site on this machine, built again when a file changes."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from hvsupport.gen.live import Live

from ..config.value import Config
from ..errors import HvsupportError, UsageError
from ..report import Style, render
from ..report.summary import summary
from .building import built
from .examples import examples
from .options import Options, baseline_option, common_options, load_config
from .streams import say

_HOST = "127.0.0.1"
EXAMPLES = examples(
    ("hvsupport serve", "at http://127.0.0.1:8000/"),
    ("hvsupport serve --port 0", "at any free port"),
)


@click.command("serve", epilog=EXAMPLES)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port on this machine; 0 for a free one.",
)
@baseline_option
@common_options()
def command(options: Options, port: int, baseline: Path | None) -> int:
    """Show the site on this machine, and build it again when a file changes; open pages follow.

    No other machine can reach it, and nothing is written. Findings, and errors in the configuration, are shown over
    each page. Ctrl-C ends it.
    """
    changes = _changes(load_config(options))
    site = _Site(options, baseline)
    server = _Server(site, port)
    say(f"hvsupport: http://{_HOST}:{server.server_port}/ shows the site; Ctrl-C ends it")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for _ in changes:
            site.build()
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()
        server.server_close()
    return 0


class _Site:
    """The last build."""

    def __init__(self, options: Options, baseline: Path | None) -> None:
        self._options, self._baseline = options, baseline
        self.live = Live({}, (), 0)
        self.build()

    def build(self) -> None:
        """Build the site; if it cannot be built, the last one stays, with the reason."""
        try:
            made, findings = built(load_config(self._options), self._options, self._baseline)
            said = render("concise", findings, Style(summary=False)).splitlines()
            files, total = made.files, f"{len(made.files)} files. {summary(findings)}"
        except HvsupportError as error:
            files, total = self.live.files, str(error)
            said = [total]
        self.live = Live(files, said, self.live.number + 1)
        if not self._options.quiet:
            say(f"hvsupport: {total}")
        gc.collect()


def _changes(config: Config) -> Iterator[object]:
    """Something for each change of a file in the root, or of the configuration.

    Raises:
        UsageError: the library that watches is not installed.
    """
    try:
        from watchfiles import watch
    except ImportError:
        raise UsageError("serve needs the library watchfiles: pip install 'hvsupport[serve]'") from None
    beside = (config.root / config.path).resolve().parent
    return watch(config.root, *([] if config.root.resolve() in (beside, *beside.parents) else [beside]))


class _Server(ThreadingHTTPServer):
    """Serves what was built last, to this machine only.

    Raises:
        UsageError: the port is in use, or not allowed.
    """

    daemon_threads = True

    def __init__(self, site: _Site, port: int) -> None:
        self.site = site
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            raise UsageError(f"--port {port}: {error.strerror}; choose another, or 0 for any") from error


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from memory."""

    server: _Server
    server_version = "hvsupport"
    sys_version = ""

    def do_GET(self) -> None:
        """Send a file of the site."""
        # A name that another site made to point here must not read the tree.
        if self.headers.get("Host") not in [f"{host}:{self.server.server_port}" for host in (_HOST, "localhost")]:
            self.send_error(421)
            return
        status, kind, body = self.server.site.live.answer(self.path)
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *_HEADERS):
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""


_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))

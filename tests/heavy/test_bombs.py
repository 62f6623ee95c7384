"""Files that grow when they are read, or that nothing closes, end in bounded time and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

API = "class Driver:\n    def start(self):\n        raise NotImplementedError\n"
DRIVER = "from api import Driver\n\n\nclass A(Driver):  # 1.0.0\n    def start(self):\n        return 1\n"
CONFIG = 'pages = "docs"\n[interfaces.driver]\nat = "api.py:Driver"\ndrivers = ["drivers/*.py"]\n'


BOMBS = {
    "a table in a table": ("hvsupport.toml", "a." * 20_000 + "a = 1\n"),
    "arrays": ("hvsupport.toml", "x = " + "[[]," * 100_000 + "]" * 100_000),
    "headers": ("hvsupport.toml", "".join(f"[a{n}.b.c.d]\n" for n in range(10_000))),
    "long headers": ("hvsupport.toml", "".join(f"[{'a.' * 200}n{n}]\n" for n in range(2_000))),
    "lists of tables": ("hvsupport.toml", "[[interfaces]]\n" * 100_000),
    "dates": ("hvsupport.toml", "".join(f"d{n} = 1979-05-27T07:32:00Z\n" for n in range(10_000))),
    "a long number": ("hvsupport.toml", "x = " + "1" * 1_000_000),
    "a name that nearly fits everything": ("hvsupport.toml", f"{CONFIG}{'t' * 100_000} = 1\n"),
    "entities": (
        "lib-api.xml",
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
        + "]><x>&a11;</x>",
    ),
    "an external entity": ("lib-api.xml", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'),
    "open elements": ("lib-api.xml", "<function " * 200_000),
    "open attributes": ("lib-api.xml", "<function " + "name='a' " * 200_000),
}


@pytest.mark.parametrize(("path", "text"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_ends(tmp_path: Path, path: str, text: str) -> None:
    """Within processor time and memory that are many times what is needed."""
    for folder in ("docs", "drivers"):
        (tmp_path / folder).mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A\n")
    (tmp_path / "api.py").write_text(API)
    (tmp_path / "drivers" / "a.py").write_text(DRIVER)
    (tmp_path / "ops.h").write_text("struct ops { int (*a)(void); };\n")
    (tmp_path / "a.c").write_text('#include "ops.h"\nstruct ops x = {\n.a = f, /* 1.0 */\n};\n')
    (tmp_path / "lib.syms").write_text("LIB_1.0 { global: a; };\n")
    (tmp_path / "hvsupport.toml").write_text(
        f'{CONFIG}[interfaces.ops]\nat = "ops.h:ops"\nkind = "table"\ndrivers = ["*.c"]\nsymbols = ["lib.syms"]\n'
        'index = ["lib-api.xml"]\nindex-url = "{file}"\n'
    )
    (tmp_path / path).write_text(text)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (40, 40))
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    command = [sys.executable, "-m", "hvsupport.annotate", "check", "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, cwd=tmp_path)
    assert done.returncode in (0, 1, 2) and "internal error" not in done.stderr, done.stderr[-500:]
    assert "root:" not in done.stdout

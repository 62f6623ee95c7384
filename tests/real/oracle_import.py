"""What Python itself says of the drivers of ten projects: their modules are imported, and each method is looked up.

``python tests/real/oracle_import.py`` runs where the projects are installed and writes ``imported.json``: for each
interface its methods, and for each class that derives from it a string with one letter a method. It shares no code with
hvsupport; bodies are judged by ``oracle_body``. A module that cannot be imported here is left out.

``o``: its own body, or that of a base class, does work; ``s``: that body only raises, or is abstract and does nothing.
``d``: the interface's body does work; ``n``: it does nothing or refuses. ``v`` and ``w`` are ``o`` and ``d`` where the
body calls a method of the driver that does nothing, refuses or is unknown, so that it may refuse as well. ``?``: not
known.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import sys
import textwrap
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import oracle_body

#: Interface -> the packages that its drivers stand in.
INTERFACES = {
    "kombu.transport.base:Transport": "kombu.transport",
    "kombu.transport.virtual.base:Channel": "kombu.transport",
    "celery.backends.base:Backend": "celery.backends",
    "celery.concurrency.base:BasePool": "celery.concurrency",
    "fsspec.spec:AbstractFileSystem": "fsspec",
    "fsspec.spec:AbstractBufferedFile": "fsspec",
    "apprise.plugins.base:NotifyBase": "apprise.plugins",
    "apprise.config.base:ConfigBase": "apprise.config",
    "apprise.attachment.base:AttachBase": "apprise.attachment",
    "sqlalchemy.engine.interfaces:Dialect": "sqlalchemy",
    "sqlalchemy.engine.default:DefaultDialect": "sqlalchemy",
    "sqlalchemy.engine.interfaces:ExecutionContext": "sqlalchemy",
    "sqlalchemy.pool.base:Pool": "sqlalchemy.pool",
    "django.core.cache.backends.base:BaseCache": "django.core.cache.backends",
    "django.contrib.sessions.backends.base:SessionBase": "django.contrib.sessions.backends",
    "django.db.backends.base.operations:BaseDatabaseOperations": "django",
    "django.db.backends.base.introspection:BaseDatabaseIntrospection": "django",
    "django.core.mail.backends.base:BaseEmailBackend": "django.core.mail.backends",
    "django.core.files.storage.base:Storage": "django",
    "keyring.backend:KeyringBackend": "keyring",
    "luigi.target:FileSystem": "luigi",
    "luigi.target:Target": "luigi",
    "tooz.coordination:CoordinationDriver": "tooz",
    "cinder.volume.driver:BaseVD": "cinder.volume",
    "cinder.backup.driver:BackupDriver": "cinder.backup",
    "cinder.volume.driver:VolumeDriver": "cinder.volume",
}


def modules(package: str) -> Iterator[ModuleType]:
    """A package, and every module below it that can be imported here."""
    top = importlib.import_module(package)
    yield top
    for each in pkgutil.walk_packages(top.__path__, f"{package}.", onerror=lambda _: None):
        if ".tests" not in each.name and not each.name.endswith(("__main__", "conftest")):
            with contextlib.suppress(Exception, SystemExit):
                yield importlib.import_module(each.name)


def public(base: type) -> list[str]:
    """The methods of an interface, in the order of its body."""
    return [name for name, value in vars(base).items() if not name.startswith("_") and _function(value) is not None]


def _function(value: Any) -> Any:
    value = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
    return value if inspect.isfunction(value) else None


def letter(driver: type, base: type, name: str, above: tuple[str, ...] = ()) -> str:
    """What looking a method up shows."""
    where = next((each for each in driver.__mro__ if name in vars(each)), None)
    function = None if where is None else _function(vars(where)[name])
    is_own = where not in base.__mro__
    if where is None or function is None:
        return "?" if where is None or not is_own else "s" if vars(where)[name] is None else "o"
    body = _body(function, name)
    if body is None:
        return "?"
    if body.kind == "raises" and _refuses(body.raises or "", function):
        return "s" if is_own else "n"
    if is_own and body.kind in ("passes", "nothing") and getattr(function, "__isabstractmethod__", False):
        return "s"
    if not is_own and body.kind in ("raises", "passes", "nothing"):
        return "n"
    leads_on = any(
        letter(driver, base, each, (*above, name)) in "nsvw?"
        for each in oracle_body.calls(_node(function))
        if each not in above and each != name
    )
    return ("v" if is_own else "w") if leads_on else "o" if is_own else "d"


def _refuses(raised: str, function: Any) -> bool:
    """Whether an exception says that something is not implemented, as its module knows it."""
    found: Any = function.__globals__.get(raised.partition(".")[0], getattr(builtins, raised.partition(".")[0], None))
    for part in raised.split(".")[1:]:
        found = getattr(found, part, None)
    return isinstance(found, type) and issubclass(found, NotImplementedError)


def _body(function: Any, name: str) -> oracle_body.Body | None:
    """The judgement of the source of a function; None where it has none, or something is wrapped around it."""
    node = _node(function)
    if node is None or node.name != name:
        # Something is wrapped around it.
        return None
    found = oracle_body.judge(node)
    last = node.body[-1]
    if found.kind == "returns" and isinstance(last, ast.Return):
        is_nothing = last.value is None or (isinstance(last.value, ast.Constant) and last.value.value is None)
        return oracle_body.Body("nothing") if is_nothing else found
    return found


@cache
def _node(function: Any) -> Any:
    """The syntax tree of a function; None where it has no source."""
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None
    return node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def below(base: type) -> Iterator[type]:
    """All classes that derive from one."""
    for each in base.__subclasses__():
        yield each
        yield from below(each)


def ask(interface: str) -> dict[str, Any]:
    """The methods of an interface, and the letters of each class."""
    module, _, name = interface.partition(":")
    package = INTERFACES[interface]
    base = getattr(importlib.import_module(module), name)
    loaded = [each.__name__ for each in modules(package)]
    entries = public(base)
    found = {
        f"{each.__module__}:{each.__qualname__}": "".join(letter(each, base, entry) for entry in entries)
        for each in below(base)
        if each.__module__ in loaded and "<locals>" not in each.__qualname__
    }
    return {"package": package, "entries": entries, "drivers": dict(sorted(found.items()))}


def main() -> int:
    """Write ``imported.json``, or print what a project says that is named."""
    warnings.simplefilter("ignore")
    chosen = [each for each in INTERFACES if not sys.argv[1:] or each.partition(".")[0] in sys.argv[1:]]
    with contextlib.redirect_stdout(io.StringIO()):
        told = {each: ask(each) for each in chosen}
    text = json.dumps(told, indent=1, sort_keys=True) + "\n"
    if sys.argv[1:]:
        sys.stdout.write(text)
    else:
        Path(__file__).with_name("imported.json").write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

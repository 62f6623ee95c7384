"""A base that is one class or another by a condition: told, and never silently one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvsupport.annotate import judge, run
from hvsupport.annotate.config import load as configfile

API = "class Driver:\n    def open(self): raise NotImplementedError\n    def close(self): raise NotImplementedError\n"
BASE = "from api import Driver\nclass Base(Driver):\n    def {}(self): return 1  # 1.0\n"
CONFIG = 'release = "1.2"\n[interfaces.driver]\nat = "api.py:Driver"\ndrivers = ["one.py"]\ncolumns = ["one:One"]\n'
ONE = "class One(Base):  # 1.0\n    x = 1\n"
HEAD = "import sys\nimport first, second\nfrom api import Driver\n"


def read(root: Path, source: str, more: str = "") -> tuple[list[str], list[str]]:
    """The states of both entries of the driver, and the messages of findings about its base."""
    for name, text in {"api": API, "first": BASE.format("open"), "second": BASE.format("close")}.items():
        (root / f"{name}.py").write_text(text)
    (root / "one.py").write_text(HEAD + source + ONE)
    (root / "hvsupport.toml").write_text(CONFIG + more)
    config = configfile.load(root=root)
    catalogue = run.catalogue(config, cache=False)
    findings = judge.judge(config, catalogue).findings
    states = [cell.state for _, _, cell in catalogue.interfaces[0].walk()]
    return states, [each.message for each in findings if each.code == "HV011"]


VARYING = {
    "imports": "if sys.argv:\n    from first import Base\nelse:\n    from second import Base\n",
    "an import that another one replaces": "from first import Base\nif sys.argv:\n    from second import Base\n",
    "a class or an import": "if sys.argv:\n    from first import Base\nelse:\n    class Base(Driver):\n        x = 1\n",
    "assignments": "if sys.argv:\n    Base = first.Base\nelse:\n    Base = second.Base\n",
    "an expression": "Base = first.Base if sys.argv else second.Base\n",
    "match": "match sys.argv:\n    case []:\n        Base = first.Base\n    case _:\n        Base = second.Base\n",
    "a loop": "Base = first.Base\nfor each in sys.argv:\n    Base = second.Base\n",
    "try inside a condition": (
        "if sys.argv:\n    try:\n        from first import Base\n    except ImportError:\n        Base = None\n"
        "else:\n    from second import Base\n"
    ),
    "where an import fails": "try:\n    from first import Base\nexcept ImportError:\n    from second import Base\n",
    "a class where an import fails": (
        "try:\n    from first import Base\nexcept ImportError:\n    class Base(Driver):\n        x = 1\n"
    ),
    "a class with a method where an import fails": (
        "try:\n    from first import Base\nexcept ImportError:\n    class Base:\n        def close(self): return 1\n"
    ),
    "modules": "if sys.argv:\n    import first as where\nelse:\n    import second as where\nBase = where.Base\n",
}


@pytest.mark.parametrize("source", VARYING.values(), ids=VARYING)
def test_a_base_that_varies_is_told(tmp_path: Path, source: str) -> None:
    states, messages = read(tmp_path, source)
    assert len(messages) == 1 and "by a condition" in messages[0]
    assert states in ([], ["unreadable", "unreadable"])


FIRM = {
    "the same class either way": (
        "if sys.argv:\n    from first import Base\nelse:\n    Base = first.Base\n",
        ["supported", "unsupported"],
    ),
    "one outside the tree where an import fails": (
        "try:\n    from first import Base\nexcept ImportError:\n    from elsewhere import Base\n",
        ["supported", "unsupported"],
    ),
    "nothing where an import fails": (
        "try:\n    from first import Base\nexcept ImportError:\n    Base = object\n",
        ["supported", "unsupported"],
    ),
    "a class of flags where an import fails": (
        "try:\n    from first import Base\nexcept ImportError:\n    class Base:\n        TLS = False\n",
        ["supported", "unsupported"],
    ),
    "a module that may be missing": (
        "try:\n    import foo\nexcept ImportError:\n    foo = None\nBase = second.Base\n",
        ["unsupported", "supported"],
    ),
    "the same class by another way where an import fails": (
        "try:\n    from first import Base\nexcept ImportError:\n    Base = first.Base\n",
        ["supported", "unsupported"],
    ),
    "one of them outside the tree": (
        "if sys.argv:\n    from first import Base\nelse:\n    from elsewhere import Base\n",
        ["supported", "unsupported"],
    ),
    "the last of two assignments": ("Base = first.Base\nBase = second.Base\n", ["unsupported", "supported"]),
    "an assignment after an import": ("from first import Base\nBase = second.Base\n", ["unsupported", "supported"]),
    "what stands under a condition and is replaced": (
        "if sys.argv:\n    from first import Base\nfrom second import Base\n",
        ["unsupported", "supported"],
    ),
    "what only type checkers see": (
        "import typing\nif typing.TYPE_CHECKING:\n    from first import Base\nelse:\n    from second import Base\n",
        ["unsupported", "supported"],
    ),
}


@pytest.mark.parametrize(("source", "expected"), FIRM.values(), ids=FIRM)
def test_a_base_that_does_not_vary_is_read(tmp_path: Path, source: str, expected: list[str]) -> None:
    assert read(tmp_path, source) == (expected, [])


def test_a_declared_class_is_read_with_the_first(tmp_path: Path) -> None:
    more = 'dynamic = { "one:One" = "both bases have the same entries" }\n'
    assert read(tmp_path, VARYING["imports"], more) == (["supported", "unsupported"], [])


def whole(root: Path, source: str) -> tuple[dict[str, str], list[str]]:
    """The state of each entry of a driver that is written out, and all messages but of what is not annotated."""
    (root / "api.py").write_text(API)
    (root / "one.py").write_text(f"import sys\nfrom api import Driver\n{source}")
    (root / "hvsupport.toml").write_text(CONFIG)
    config = configfile.load(root=root)
    catalogue = run.catalogue(config, cache=False)
    findings = judge.judge(config, catalogue).findings
    states = {entry.name: cell.state for _, entry, cell in catalogue.interfaces[0].walk()}
    return states, [each.message for each in findings if each.code != "HV001"]


@pytest.mark.parametrize("value", ["f if sys.argv else g", "sys.argv and f", "None if sys.argv else f"])
def test_an_entry_that_is_one_function_or_another_depends(tmp_path: Path, value: str) -> None:
    functions = "def f(self): return 1\ndef g(self): raise NotImplementedError\n"
    states, messages = whole(tmp_path, f"{functions}class One(Driver):  # 1.0\n    open = {value}  # 1.0\n")
    assert states == {"open": "conditional", "close": "unsupported"} and messages == []


CLASS = "class One(Driver):  # 1.0\n    def open(self): return 1  # 1.0\n"


@pytest.mark.parametrize(
    "change",
    ["del c.open", "c.open, c.other = None, 1", "c.open: object = None", "for c.open in (1, 2): break"],
    ids=["deletes", "unpacks", "with a type", "in a loop"],
)
@pytest.mark.parametrize("use", ["@strip\n" + CLASS, CLASS + "One = strip(One)\n"], ids=["decorator", "assignment"])
def test_what_a_decorator_does_to_an_entry_is_told(tmp_path: Path, use: str, change: str) -> None:
    states, messages = whole(tmp_path, f"def strip(c):\n    {change}\n    return c\n{use}")
    assert states["open"] == "unreadable" and len(messages) == 1


@pytest.mark.parametrize(
    ("call", "is_told"), [("dataclasses.dataclass(One)", False), ("other.thing(One)", True), ("make(1)", False)]
)
def test_a_class_that_is_decorated_by_an_assignment(tmp_path: Path, call: str, is_told: bool) -> None:
    _, messages = whole(tmp_path, f"import dataclasses, other\n{CLASS}One = {call}\n")
    assert bool(messages) is is_told

"""Python judges: packages that are generated, imported and called say what our cells of them should be.

Bodies do work (``WORK()``), refuse in one of many ways, do nothing, or go on to others through ``self``, ``super()``,
properties and class attributes. A driver's own body counts unless it refuses before it did any work; one of the
interface counts when it does work, sets something or calls a method of the driver, and refuses nowhere on its way.
Assignments before a refusal are no work; a default that calls a driver's own body which refuses after some work may be
either. Where we do not know there has to be a finding.
"""

from __future__ import annotations

import sys
import types

import tree_builder as t
from hypothesis import strategies as st

RUNTIME = """
SEEN = []
def WORK(*given):
    SEEN.append(1)
    return 1
def refusal(text):
    return NotImplementedError(text)
def refuse():
    raise NotImplementedError
def register(cls):
    SEEN.append(cls)
    return cls
def named(name):
    def add(cls):
        SEEN.append(name)
        return cls
    return add
class Registry:
    def add(self, cls):
        return cls
registry = Registry()
NIE = NotImplementedError
FLAG = bool(SEEN) or True
class Meta(type):
    pass
def keep(function):
    return function
def making(result):
    def made(self):
        return WORK(result)
    return made
def no(function):
    def wrapper(*given):
        raise NotImplementedError
    return wrapper
def anew(function):
    return lambda *given: WORK()
def stub_of(text):
    def made(self):
        raise NIE(text)
    return made
def marked(function):
    function.__isabstractmethod__ = True
    return function
class Named:
    def __set_name__(self, owner, name):
        owner.a = making(1)
class Plain:
    def __set_name__(self, owner, name):
        self.name = name
NOTHING = None
class Export:
    def __init__(self, *names):
        self.names = names
    def __call__(self, cls):
        SEEN.append(self.names)
        return cls
export = Export()
"""
LAZY = """from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .base import Base as Lazy
def __getattr__(name):
    if name != "Lazy":
        raise AttributeError(name)
    from . import base
    return base.Base
"""
WORKS = (
    "WORK()\nreturn 1",
    "x = WORK()\nreturn x",
    "self.state = WORK()",
    "for x in (1, 2):\n    WORK(x)",
    "return [WORK()]",
)
REFUSES = (
    "raise NotImplementedError",
    "raise NIE('x')",
    "raise refusal('x')",
    "raise refusal('x') from None",
    "error = NotImplementedError()\nraise error",
    "kind = NIE\nraise kind('x')",
    "refuse()",
    "refuse()\nreturn 1",
    "return refuse()",
    "try:\n    raise NotImplementedError\nfinally:\n    x = 1",
    "try:\n    raise KeyError\nexcept KeyError:\n    raise NotImplementedError",
    "if self:\n    raise NotImplementedError\nelse:\n    raise NotImplementedError",
    "while True:\n    raise NotImplementedError",
    "'Not here.'\nx = 1\nraise NotImplementedError(x)",
)
NOTHING = ("pass", "...", "return", "return None", "'Nothing.'", "'Nothing.'\nreturn")
GOES_ON = (
    "return self.{m}()",
    "self.{m}()",
    "me = self\nreturn me.{m}()",
    "me = self\nWORK()\nme.{m}()",
    "self.{m}()\nreturn None",
    "x = 1\nreturn self.{m}()",
    "self.{m}()\nWORK()",
    "x = self.{m}()\nWORK()\nreturn x",
    "self.state = 1\nself.{m}()",
    "WORK()\nreturn self.{m}()",
    "if self:\n    WORK()\n    self.{m}()\nelse:\n    self.{m}()",
    "with open('/dev/null'):\n    WORK()\n    return self.{m}()",
    "try:\n    WORK()\n    return self.{m}()\nexcept KeyError:\n    pass",
    "WORK()\ntry:\n    return self.{m}()\nexcept NotImplementedError:\n    return None",
    "WORK()\nreturn [self._p]",
    "WORK()\nreturn self._c()",
    "WORK(self.{m})",
)
ENTRIES, HOOKS = ("a", "b", "c"), ("_x", "_y", "_z")
NAMES = (*ENTRIES, *HOOKS)
METHOD = "    def _c(self):\n        return WORK()\n"
DECORATORS = ("", "@register\n", "@named('x')\n", "@registry.add\n", "@Export('x')\n", "@export\n")
BASES = (
    "Base",
    "Mid",
    "Mixin, Base",
    "Mid, Mixin",
    "Mixin, Mid",
    "Alias",
    "base.Base",
    "Exported",
    "api.Exported",
    "Again",
    "Lazy",
)
#: What a class may hold besides its methods.
EXTRAS = (
    "    {n} = {m}\n",
    "    def __init__(self):\n        self.{h} = WORK\n",
    "    def __init__(self):\n        super().__init__()\n        self.{h} = WORK\n",
    "    if FLAG:\n        def {n}(self):\n            return WORK()\n",
    "    if FLAG:\n        def {n}(self):\n            raise NIE\n"
    "    else:\n        def {n}(self):\n            return WORK()\n",
    "    @keep\n    def {n}(self):\n        return WORK()\n",
    "    @staticmethod\n    def {n}():\n        return WORK()\n",
    "    @classmethod\n    def {n}(cls):\n        raise NotImplementedError\n",
    "    {n} = WORK\n",
    "    {n} = lambda self: WORK()\n",
    "    try:\n        def {n}(self):\n            return WORK()\n    finally:\n        pass\n",
    "    {n} = making(1)\n",
    "    {h} = making(1)\n",
    "    def __new__(cls):\n        return super().__new__(cls)\n",
    "    def __init__(self):\n        setattr(self, '{h}', WORK)\n",
    "    def __init__(self):\n        self.__dict__['{h}'] = WORK\n",
    "    def __init__(self):\n        for name, value in (('{h}', WORK), ('other', 1)):\n"
    "            setattr(self, name, value)\n",
    "    def __init__(self):\n        self.__dict__.pop('{n}', None)\n",
    "    def __init__(this):\n        this.{h} = WORK\n",
    "    def __init__(self):\n        def go():\n            self.{n} = WORK\n        go()\n",
    "    for {n} in (making(1),):\n        pass\n",
    "    {n} = NotImplemented\n",
    "    {n} = NOTHING\n",
    "    {n} = stub_of('x')\n",
    "    @no\n    def {n}(self):\n        return WORK()\n",
    "    @no\n    def {h}(self):\n        return WORK()\n",
    "    @keep\n    @anew\n    def {n}(self):\n        raise NIE\n",
    "    @marked\n    def {n}(self):\n        return WORK()\n",
    "    @overload\n    def {n}(self): ...\n",
    "    x = Named()\n",
    "    x = Plain()\n",
    "    def __init__(self):\n        put = setattr\n        put(self, '{h}', WORK)\n",
    "    def __init__(self):\n        space = self.__dict__\n        space['{n}'] = WORK\n",
    "    def __init__(self):\n        me = self\n        setattr(me, '{n}', WORK)\n",
    "    def {n}(self):\n        import os\n        raise NotImplementedError\n",
    "    def {n}(self):\n        assert self\n        def inner(): WORK()\n        raise NIE\n",
    "    def {n}(self):\n        return type(self).{h}(self)\n",
    "    @singledispatchmethod\n    def _d(self, x):\n        raise NIE\n    @_d.register\n    def _(self, x: int):\n"
    "        return WORK()\n    def {n}(self):\n        return self._d(1)\n",
    "    @singledispatchmethod\n    def _d(self, x):\n        raise NIE\n    def {n}(self):\n"
    "        return self._d(1)\n",
    "    @property\n    def held(self):\n        return 1\n    @held.setter\n    def held(self, value):\n"
    "        WORK()\n    def {n}(self):\n        self.held = 1\n",
)

#: What may stand behind the classes, and changes one of them.
BEHIND = (
    "def put(cls):\n    cls.a = making(1)\nput(D0)\n",
    "def go():\n    D1.b = making(1)\ngo()\n",
    "for each in (D0, D1):\n    each.c = making(1)\n",
    "D0.a, D0.b = making(1), making(2)\n",
    "exec('D0.c = making(1)')\n",
    "put = setattr\nput(D1, 'a', making(1))\n",
)


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.split("\n"))


@st.composite
def methods(draw: st.DrawFn, names: tuple[str, ...], whole: bool, above: bool) -> str:
    """Definitions of some of the names; each goes on only to names behind its own, so that every call ends."""
    text = ""
    for name in names if whole else draw(st.sets(st.sampled_from(names), max_size=4).map(sorted)):
        behind = NAMES[NAMES.index(name) + 1 :]
        kinds = (
            [WORKS, REFUSES, NOTHING]
            + [GOES_ON] * 2 * bool(behind)
            + [("return super().{n}()", "return super(Base, self).{n}()")] * above
        )
        body = draw(st.sampled_from(draw(st.sampled_from(kinds))))
        body = body.format(m=draw(st.sampled_from(behind)) if behind else "", n=name)
        text += f"    def {name}(self):\n{indented(body, 8)}"
    if whole or draw(st.booleans()):
        body = draw(st.sampled_from(WORKS + REFUSES))
        text += draw(st.sampled_from((f"    @property\n    def _p(self):\n{indented(body, 8)}", "    _p = 1\n")))
    if whole or draw(st.booleans()):
        text += draw(
            st.sampled_from(("    _c = None\n", "    _c = WORK\n", "    def _c(self):\n        return WORK()\n"))
        )
    return text


@st.composite
def packages(draw: st.DrawFn) -> dict[str, str]:
    head = "from functools import singledispatchmethod\nfrom typing import overload\nfrom .runtime import *\n"
    head += "from .runtime import FLAG, NIE, WORK, Export, Meta, export, keep, making, named\n"
    head += "from .runtime import refusal, refuse, register, registry\n"
    base = f"{head}class Root:\n{draw(methods(NAMES, True, False))}class Base(Root):\n"
    base += draw(methods(ENTRIES, True, True)) + draw(methods(HOOKS, False, True))
    shared = f"{head}from .base import Base\nclass Mid(Base):\n    pass\n{draw(methods(NAMES, False, True))}"
    shared += f"class Mixin:\n    pass\n{draw(methods(NAMES, False, False))}"
    drivers = f"{head}from . import api, base\nfrom .base import Base, Base as Alias\nfrom .api import *\n"
    drivers += "from .shared import Mid, Mixin\nfrom .lazy import Lazy\nAgain = Base\n"
    for number in range(2):
        bases = draw(st.sampled_from(BASES)) + draw(st.sampled_from(("", "", ", metaclass=Meta")))
        drivers += f"{draw(st.sampled_from(DECORATORS))}class D{number}({bases}):\n    pass\n"
        extra = draw(st.sampled_from(("", "", *EXTRAS)))
        entry, hook = draw(st.sampled_from(ENTRIES)), draw(st.sampled_from(HOOKS))
        drivers += extra.format(n=entry, m="WORK" if draw(st.booleans()) else f"Base.{entry}", h=hook)
        drivers += draw(methods(NAMES, False, "Mixin, " not in drivers.rpartition("class ")[2].partition(":")[0]))
    drivers += draw(st.sampled_from(("", "", *BEHIND)))
    return {
        "lib/__init__.py": "",
        "lib/runtime.py": RUNTIME,
        "lib/base.py": base,
        "lib/api.py": "from .base import Base as Exported\n__all__ = ['Exported']\n",
        "lib/shared.py": shared,
        "lib/lazy.py": LAZY,
        "lib/drivers.py": drivers,
    }


def imported(files: dict[str, str]) -> tuple[types.ModuleType, types.ModuleType, types.ModuleType]:
    """The modules of a package, made without a disk."""
    made = {}
    for path in files:
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        made[name] = sys.modules[name] = types.ModuleType(name)
        made[name].__package__ = "lib"
        if name == "lib":
            made[name].__path__ = []
    try:
        for path, text in files.items():
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            exec(compile(text, path, "exec"), made[name].__dict__)
            if name != "lib":
                setattr(made["lib"], name.rpartition(".")[2], made[name])
    finally:
        for name in made:
            del sys.modules[name]
    return made["lib.runtime"], made["lib.base"], made["lib.drivers"]


def truth(runtime: types.ModuleType, base: type, driver: type, entry: str) -> str:
    """What calling an entry shows: ``own``, ``stub``, ``default``, ``absent`` or ``either``."""
    where = next(each for each in driver.__mro__ if entry in vars(each))
    instance = driver()
    before = dict(vars(instance))
    runtime.SEEN.clear()
    ran: set[str] = set()
    sys.setprofile(lambda frame, event, _: ran.add(frame.f_code.co_filename) if event == "call" else None)
    try:
        getattr(instance, entry)()
        refused = False
    except (NotImplementedError, TypeError):
        refused = True
    finally:
        sys.setprofile(None)
    worked = bool(runtime.SEEN)
    if where in base.__mro__:
        is_own = bool(ran & {"lib/shared.py", "lib/drivers.py"})
        # A driver that takes a function of the interface by name has it as its own, and a call does not show that.
        own = [value for each in driver.__mro__ if each not in base.__mro__ for value in vars(each).values()]
        takes = any(isinstance(each, types.FunctionType) and each.__module__ == base.__module__ for each in own)
        if (refused and worked and (is_own or takes)) or (takes and not (refused or worked)):
            return "either"
        return "default" if (worked or vars(instance) != before or is_own) and not refused else "absent"
    return "own" if worked or not refused else "stub"


SAME = {"own": "own", "inherited": "own", "stub": "stub", "default": "default", "absent": "absent"}


def check(files: dict[str, str]) -> None:
    """Hold our cells of a package against what calling its methods shows."""
    runtime, base, drivers = imported(files)
    found = t.catalogue(files, t.interface(at="lib/base.py:Base", drivers=("lib/drivers.py",)))
    for number in range(2):
        for entry in ENTRIES:
            cell = t.cell(found, f"D{number}", entry)
            if cell.state == "unreadable":
                assert t.problems(found, "unreadable")
                continue
            if cell.state == "conditional" or any(each.when or each.expression for each in cell.definitions):
                continue
            wanted = truth(runtime, base.Base, getattr(drivers, f"D{number}"), entry)
            where = f"D{number}.{entry} is {cell.how} and should be {wanted}"
            assert wanted in (SAME[cell.how], "either"), "\n".join((where, *list(files.values())[2:]))

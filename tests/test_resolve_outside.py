"""Classes that others change: decorators, metaclasses, helpers that get ``self``, and how the config declares them."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import told

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

DRIVER = "class D(Driver):  # 1.0.0\n    pass\n"
SETS = "def mirror(obj, names):\n    for name in names:\n        setattr(obj, name, None)\n"
ONE = "def mirror(obj):\n    setattr(obj, 'open', None)\n"
INIT = "class D(Driver):  # 1.0.0\n    def __init__(self):\n        mirror(self)\n"

# id -> what stands above the driver, the driver, states of open and close, the finding
CASES = {
    "registered": ("def register(cls):\n    REGISTRY.append(cls)\n    return cls\n", f"@register\n{DRIVER}", ("unsupported", "unsupported"), None),
    "registered by name": ("def register(name):\n    def add(cls):\n        REGISTRY[name] = cls\n        return cls\n    return add\n", f"@register('x')\n{DRIVER}", ("unsupported", "unsupported"), None),
    "registered by an object": ("class Registry:\n    def add(self, cls):\n        self.all.append(cls)\n        return cls\nregistry = Registry()\n", f"@registry.add\n{DRIVER}", ("unsupported", "unsupported"), None),
    "registered by a class": ("class Registry:\n    @classmethod\n    def add(cls, klass):\n        return klass\n", f"@Registry.add\n{DRIVER}", ("unsupported", "unsupported"), None),
    "told to be of an interface of zope": ("from zope.interface import implementer\n", f"@implementer(IDriver)\n{DRIVER}", ("unsupported", "unsupported"), None),
    "registered with its type told to checkers": ("def register(cls: F) -> F:\n    REGISTRY.append(cls)\n    return cast('F', cls)\n", f"@register\n{DRIVER}", ("unsupported", "unsupported"), None),
    "registered by name with its type told": ("def register(name):\n    def add(cls):\n        REGISTRY[name] = cls\n        return typing.cast(F, cls)\n    return add\n", f"@register('x')\n{DRIVER}", ("unsupported", "unsupported"), None),
    "made anew by a metaclass": ("class Meta(type): pass\nclass Base(Driver): pass\nBase = Meta('Base', (Base,), {})\n", "class D(Base):  # 1.0.0\n    pass\n", ("unsupported", "unsupported"), None),
    "made anew by a metaclass that sets an entry": ("class Meta(type):\n    def __init__(cls, name, bases, ns):\n        cls.open = 1\nclass Base(Driver): pass\nBase = Meta('Base', (Base,), {})\n", "class D(Base):  # 1.0.0\n    pass\n", ("unreadable", "unsupported"), "the metaclass Meta sets 'open'"),
    "sets a mark": ("def register(cls):\n    cls.registered = True\n    return cls\n", f"@register\n{DRIVER}", ("unsupported", "unsupported"), None),
    "sets an entry": ("def register(cls):\n    cls.open = None\n    return cls\n", f"@register\n{DRIVER}", ("unreadable", "unsupported"), "the class decorator register sets 'open' of the class"),
    "sets what cannot be read": ("def register(cls):\n    setattr(cls, NAME, 1)\n    return cls\n", f"@register\n{DRIVER}", ("unreadable", "unreadable"), "the class decorator register sets attributes of the class"),
    "gives another class": ("def register(cls):\n    return type(cls)\n", f"@register\n{DRIVER}", ("unreadable", "unreadable"), "the class decorator register may add or replace entries"),
    "gives another class by its name": ("def register(cls):\n    cls = wrap(cls)\n    return cls\n", f"@register\n{DRIVER}", ("unreadable", "unreadable"), "the class decorator register may add or replace entries"),
    "gives another class at times": ("def register(cls):\n    if X:\n        return Y\n    return cls\n", f"@register\n{DRIVER}", ("unreadable", "unreadable"), "the class decorator register may add or replace entries"),
    "a helper that sets anything": (SETS, INIT.replace("self)", "self, ALL)"), ("unreadable", "unreadable"), "mirror() sets attributes of the class or its instances at run time"),
    "a helper that sets one": (ONE, INIT, ("unreadable", "unsupported"), "mirror() sets 'open' of the class or its instances at run time"),
    "a helper that looks": ("def mirror(obj):\n    return getattr(obj, NAME)\n", INIT, ("unsupported", "unsupported"), None),
    "a helper that sets on another": ("def mirror(obj):\n    setattr(OTHER, NAME, obj)\n", INIT, ("unsupported", "unsupported"), None),
    "a metaclass that registers": ("class Meta(type):\n    def __init__(cls, name, bases, ns):\n        super().__init__(name, bases, ns)\n        REGISTRY[name] = cls\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unsupported", "unsupported"), None),
    "a metaclass that adds": ("class Meta(type):\n    def __new__(mcs, name, bases, ns):\n        ns['x'] = 1\n        return super().__new__(mcs, name, bases, ns)\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unreadable", "unreadable"), "the metaclass Meta may add or replace entries"),
    "a metaclass that takes another namespace": ("class Meta(type):\n    def __new__(mcs, name, bases, ns):\n        return super().__new__(mcs, name, bases, wrapped(ns))\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unreadable", "unreadable"), "the metaclass Meta may add or replace entries"),
    "a metaclass that sets an entry": ("class Meta(type):\n    def __init__(cls, name, bases, ns):\n        cls.open = 1\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unreadable", "unsupported"), "the metaclass Meta sets 'open'"),
    "a metaclass outside the tree": ("from vendor import Meta\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unreadable", "unreadable"), "the metaclass Meta may add or replace entries"),
    "a metaclass that derives from one outside": ("from vendor import Other\nclass Meta(Other):\n    pass\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unreadable", "unreadable"), "the metaclass Meta derives from vendor.Other and may add or replace entries"),
    "a metaclass that derives from a harmless one": ("from abc import ABCMeta\nclass Meta(ABCMeta):\n    pass\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unsupported", "unsupported"), None),
    "a metaclass that decides what is made": ("class Meta(type):\n    def __call__(cls, *args):\n        return OTHER\n", "class D(Driver, metaclass=Meta):  # 1.0.0\n    pass\n", ("unreadable", "unreadable"), "the metaclass Meta may add or replace entries"),
    "a metaclass by a function": ("import six\nfrom vendor import Meta\n", "class D(six.with_metaclass(Meta, Driver)):  # 1.0.0\n    pass\n", ("unreadable", "unreadable"), "the metaclass Meta may add or replace entries"),
    "a base that registers what derives": ("class B(Driver):\n    def __init_subclass__(cls, **keys):\n        REGISTRY.append(cls)\n", "class D(B):  # 1.0.0\n    pass\n", ("unsupported", "unsupported"), None),
    "a base that sets what derives": ("class B(Driver):\n    def __init_subclass__(cls, **keys):\n        cls.open = None\n", "class D(B):  # 1.0.0\n    pass\n", ("unreadable", "unsupported"), "'open' is assigned on the instance at run time"),
    "an object that is told of the class": ("class Named:\n    def __set_name__(self, owner, name):\n        owner.open = 1\n", "class D(Driver):  # 1.0.0\n    x = Named()\n", ("unreadable", "unsupported"), "Named sets 'open' of the class by __set_name__()"),
    "an object that replaces itself": ("class Named:\n    def __set_name__(self, owner, name):\n        setattr(owner, name, self.f)\n", "class D(Driver):  # 1.0.0\n    open = Named()\n", ("unreadable", "unsupported"), "Named sets 'open' of the class by __set_name__()"),
    "an object by position only that replaces itself": ("class Named:\n    def __set_name__(self, /, owner, name):\n        setattr(owner, name, self.f)\n", "class D(Driver):  # 1.0.0\n    open = Named()\n", ("unreadable", "unsupported"), "Named sets 'open' of the class by __set_name__()"),
    "a decorator that is told of the class": ("class Named:\n    def __init__(self, f): self.f = f\n    def __set_name__(self, owner, name):\n        owner.open = 1\n", "class D(Driver):  # 1.0.0\n    @Named\n    def _x(self): work()\n", ("unreadable", "unsupported"), "Named sets 'open' of the class by __set_name__()"),
    "an object that replaces itself by no entry": ("class Named:\n    def __set_name__(self, owner, name):\n        setattr(owner, name, self.f)\n", "class D(Driver):  # 1.0.0\n    x = Named()\n", ("unsupported", "unsupported"), None),
    "an object that sets what cannot be read": ("class Root:\n    def __set_name__(self, owner, name):\n        setattr(owner, name[1:], 1)\nclass Named(Root): pass\n", "class D(Driver):  # 1.0.0\n    x = Named()\n", ("unreadable", "unreadable"), "Named sets attributes of the class by __set_name__()"),
    "an object that hands the class on": ("def put(cls):\n    cls.open = 1\nclass Named:\n    def __set_name__(self, owner, name):\n        put(owner)\n", "class D(Driver):  # 1.0.0\n    x = Named()\n", ("unreadable", "unsupported"), "Named sets 'open' of the class by __set_name__()"),
    "an object that keeps its name": ("class Named:\n    def __set_name__(self, owner, name):\n        self.name, self.owner = name, owner\n", "class D(Driver):  # 1.0.0\n    x = Named()\n", ("unsupported", "unsupported"), None),
    "setattr by another name": ("", "class D(Driver):  # 1.0.0\n    def __init__(self):\n        put = setattr\n        put(self, 'open', 1)\n", ("unreadable", "unsupported"), "setattr() changes the class or its instances at run time"),
    "setattr by a name of the module": ("put = object.__setattr__\n", "class D(Driver):  # 1.0.0\n    def __init__(self):\n        put(self, 'open', 1)\n", ("unreadable", "unsupported"), "setattr() changes the class or its instances at run time"),
    "setattr of the class above by another name": ("", "class D(Driver):  # 1.0.0\n    def __init__(self):\n        put = super().__setattr__\n        put('open', 1)\n", ("unreadable", "unsupported"), "__setattr__() changes the class or its instances at run time"),
    "setattr as a default": ("", "class D(Driver):  # 1.0.0\n    def __init__(self, put=setattr):\n        put(self, 'open', 1)\n", ("unreadable", "unsupported"), "setattr() changes the class or its instances at run time"),
    "setattr from outside by another name": ("", f"{DRIVER}put = setattr\nput(D, 'open', 1)\n", ("unreadable", "unsupported"), "setattr() changes the class or its instances at run time"),
    "setattr on itself by another name": ("", "class D(Driver):  # 1.0.0\n    def __init__(self):\n        me = self\n        setattr(me, 'open', 1)\n", ("unreadable", "unsupported"), "setattr() changes the class or its instances at run time"),
    "its dict by another name": ("", "class D(Driver):  # 1.0.0\n    def __init__(this):\n        space = this.__dict__\n        space['open'] = 1\n", ("unreadable", "unsupported"), "__dict__ is changed at run time"),
    "no entry by another name of setattr": ("", "class D(Driver):  # 1.0.0\n    def __init__(self):\n        put = object.__setattr__\n        put(self, 'x', 1)\n", ("unsupported", "unsupported"), None),
    "a dict that is only read": ("", "class D(Driver):  # 1.0.0\n    def __repr__(self):\n        space = self.__dict__\n        return space['open']\n", ("unsupported", "unsupported"), None),
    "a partial method": ("", "class D(Driver):\n    open = functools.partialmethod(_go, 1)  # 1.0.0\n", ("supported", "unsupported"), None),
    "a partial method of a stub": ("", "class D(Driver):\n    def _no(self, x): raise NotImplementedError\n    open = functools.partialmethod(_no, 1)\n", ("unsupported", "unsupported"), None),
}  # fmt: skip


@pytest.mark.parametrize(("head", "source", "states", "message"), CASES.values(), ids=CASES.keys())
def test_a_class_that_others_change(
    head: str, source: str, states: tuple[str, str], message: str | None, request: pytest.FixtureRequest
) -> None:
    found = t.drivers(head + source)
    assert (t.cell(found, "D", "open").state, t.cell(found, "D", "close").state) == states
    seen = [each.partition(" lib/drivers.py:")[2].partition(" ")[2] for each in t.problems(found, "unreadable")]
    assert seen == ([] if message is None else [message])
    told.compare(request, found.problems)


INTERFACES = {
    "its metaclass adds": "class Meta(type):\n    def __new__(mcs, name, bases, ns):\n        ns.update(MORE)\n        return super().__new__(mcs, name, bases, ns)\nclass Driver(metaclass=Meta):\n    def open(self): raise NotImplementedError\n",
    "it sets what derives": "class Driver:\n    def open(self): raise NotImplementedError\n    def __init_subclass__(cls):\n        setattr(cls, NAME, 1)\n",
    "it makes up attributes": "class Driver:\n    def open(self): raise NotImplementedError\n    def __getattr__(self, name): return 1\n",
    "it is set from its module": "class Driver:\n    def open(self): raise NotImplementedError\nfor name in NAMES:\n    setattr(Driver, name, 1)\n",
    "a helper sets its attributes": "def mirror(obj):\n    vars(obj).update(NAMES)\nclass Driver:\n    def open(self): raise NotImplementedError\n    def __init__(self): mirror(self)\n",
}  # fmt: skip


@pytest.mark.parametrize("base", INTERFACES.values(), ids=INTERFACES.keys())
def test_an_interface_that_changes_its_drivers(base: str) -> None:
    found = t.drivers(DRIVER, base=base)
    assert len(t.problems(found, "unreadable")) == 1
    assert t.cell(found, "D", "open").state == "unreadable"
    declared = t.interface(dynamic={"lib.base:Driver": "sets no entries"})
    assert t.problems(t.drivers(DRIVER, declared, base=base)) == []
    assert t.cell(t.drivers(DRIVER, declared, base=base), "D", "open").state == "unsupported"


def test_an_interface_that_only_registers_changes_nothing() -> None:
    base = "class Driver:\n    def open(self): raise NotImplementedError\n    def __init_subclass__(cls):\n        cls.registry[cls.__name__] = cls\n"
    assert t.problems(t.drivers(DRIVER, base=base)) == []


GETATTR = "class D(Driver):  # 1.0.0\n    def __getattr__(self, name): return 1\n"
DECLARED = {
    "a class": ("lib.drivers:D", GETATTR),
    "a file": ("lib/drivers.py", GETATTR),
    "a folder": ("lib", GETATTR),
    "a folder with its slash": ("lib/", GETATTR),
    "a glob of classes": ("lib.drivers:*", GETATTR),
    "a glob of files": ("lib/dr*.py", GETATTR),
    "a construct": ("__getattr__", GETATTR),
    "a decorator": ("@register", f"@register\n{DRIVER}"),
    "a decorator by its whole name": ("@m.register", f"@m.register\n{DRIVER}"),
    "a decorator by its last name": ("@register", f"@m.register('x')\n{DRIVER}"),
    "a metaclass": ("metaclass=Meta", "class D(Driver, metaclass=m.Meta):  # 1.0.0\n    pass\n"),
}


@pytest.mark.parametrize(("key", "source"), DECLARED.values(), ids=DECLARED.keys())
def test_one_line_declares(key: str, source: str) -> None:
    assert t.problems(t.drivers(source), "unreadable")
    assert t.problems(t.drivers(source, t.interface(dynamic={key: "why"}))) == []


@pytest.mark.parametrize("key", ["lib.other:*", "li", "@other", "metaclass=Other", "__new__"])
def test_another_line_does_not(key: str) -> None:
    found = t.problems(t.drivers(f"@register\n{DRIVER}", t.interface(dynamic={key: "why"})))
    assert [each.partition(" ")[0] for each in found] == ["exception", "unreadable"]


def test_external_takes_globs() -> None:
    source = "import vendor\nclass D(Driver, vendor.a.B):  # 1.0.0\n    pass\n"
    declared = t.interface(external={"vendor.*": "bring no entries"})
    assert t.problems(t.drivers(source, declared)) == []

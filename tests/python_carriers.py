"""Python sources with annotations in every place, and what must hold of each place that the reader tells."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import ast
import io
import tokenize

import tree_builder as t

from hvsupport.annotate.facts import FileFacts, Mark, Options
from hvsupport.annotate.readers.python.source import Source

# The comments "# <name>..." of a case belong to the entries that they name.
PROSE = {
    "comment above the def": "class A:\n    # 1.2.0\n    def f(self):\n        pass\n",
    "comment below the header": "class A:\n    def f(self):\n        # 1.2.0\n        pass\n",
    "hash in a default": 'class A:\n    def f(self, a="# 1.2.0"):\n        pass\n',
    "hash in a triple-quoted default": 'class A:\n    def f(self, a="""\n# 1.2.0\n"""):\n        pass\n',
    "hash in a return annotation": 'class A:\n    def f(self) -> "# 1.2.0":\n        pass\n',
    "hash in a default on the colon line": "class A:\n    def f(self,\n          a='# 1.2.0'):\n        pass\n",
    "hash in a one-line suite": "class A:\n    def f(self): return '# 1.2.0'\n",
    "comment on a decorator": "class A:\n    @deco  # 1.2.0\n    def f(self):\n        pass\n",
    "comment between the parameters": "class A:\n    def f(self,\n          a,  # 1.2.0\n          b):\n        pass\n",
    "comment behind the last statement": "class A:\n    def f(self):\n        pass  # 1.2.0\n",
    "hash in a string value": "class A:\n    f = '# 1.2.0'\n",
    "hash in the middle of a value": "class A:\n    f = (\n        g,  # 1.2.0\n        h)\n",
    "directive of a nested block": 'class A:\n    def f(self):\n        """Do.\n\n        Note:\n            .. versionadded:: 1.2.0\n        """\n',
    "directive in a string that is no docstring": "class A:\n    def f(self):\n        x = 1\n        '.. versionadded:: 1.2.0'\n",
    "decorator that nobody listed": "class A:\n    @others('1.2.0')\n    def f(self):\n        pass\n",
    "class comment on a base": "class A(\n    B,  # 1.2.0\n    C,\n):\n    def f(self):\n        pass\n",
    "hash in an f-string": "class A:\n    f = f'{x!r:>{1}} # 1.2.0'\n",
    "hash after a backslash quote": "class A:\n    f = 'it\\'s # 1.2.0'\n",
    "bytes": "class A:\n    f = b'# 1.2.0'\n",
}

HEADERS = {
    "name line": "class A:\n    def f(self):  # f\n        pass\n",
    "no space before the sign": "class A:\n    def f(self):# f\n        pass\n",
    "colon line": "class A:\n    def f(self,\n          a):  # f\n        pass\n",
    "name line of several": "class A:\n    def f(self,  # f\n          a):\n        pass\n",
    "both lines": "class A:\n    def f(self,  # f\n          a):  # f\n        pass\n",
    "one-line suite": "class A:\n    def f(self): pass  # f\n",
    "one-line suite shorter than pass": "class A:\n    def f(self): 0  # f\n",
    "one-line suite longer than pass": "class A:\n    def f(self): return {1: 2, 3: 4}  # f\n",
    "one-line suite of two statements": "class A:\n    def f(self): a = 1; return a;  # f\n",
    "one-line suite over lines": "class A:\n    def f(self): return [  # f\n        1]\n",
    "one-line suite behind parameters": "class A:\n    def f(self,\n          a): return 1  # f\n",
    "decorated": "class A:\n    @deco\n    @deco(1, '#')\n    def f(self):  # f\n        pass\n",
    "decorated body": "class A:\n    def f(self):  # f\n        @deco\n        def g(): pass\n        return g\n",
    "body that begins with a parenthesised decorator": "class A:\n    def f(self):  # f\n        @(\n            deco)\n        def g(): pass\n",
    "async": "class A:\n    async def f(self):  # f\n        pass\n",
    "default with a hash": "class A:\n    def f(self, a='#', b=\"#\"):  # f\n        pass\n",
    "default of several lines": 'class A:\n    def f(self, a="""\n# no\n"""):  # f\n        pass\n',
    "nested parentheses": "class A:\n    def f(self, a=((1, 2), (3,)), b=[{}]):  # f\n        pass\n",
    "lambda default": "class A:\n    def f(self, a=lambda x: x, b=lambda: {1: 2}):  # f\n        pass\n",
    "dict default over lines": "class A:\n    def f(self, a={1: 2,  # f\n                   3: 4}):\n        pass\n",
    "return annotation with a slice": "class A:\n    def f(self) -> dict[str, 'x:y'][1:2]:  # f\n        pass\n",
    "colon alone": "class A:\n    def f(\n        self\n    ) -> int \\\n    :  # f\n        pass\n",
    "comment lines before the body": "class A:\n    def f(self):  # f\n# a: b\n  # c: d\n\n        # e:\n        pass\n",
    "comment lines with colons behind a multi-line header": "class A:\n    def f(self,\n          a):  # f\n        # x: y\n        pass\n",
    "docstring body": 'class A:\n    def f(self):  # f\n        """Do: # it."""\n',
    "tabs": "class A:\n\tdef f(self):\t# f\n\t\tpass\n",
    "wide characters": "class A:\n    def f(self, a='\u65e5\u672c', b='\U0001d4b3'):  # f \u65e5\u672c\n        pass\n",
    "wide names": "class A:\n    def \u00fcber(self, \u65e5=1):  # \u00fcber\n        pass\n",
    "form feed in the indentation": "class A:\n\x0c    def f(self):  # f\n\x0c        pass\n",
    "many form feeds before the def": "class A:\n\x0c\x0c\x0c\x0c\x0c\x0c\x0c\x0c  def f(self):  # f\n    pass\n",
    "form feed before the class": "\x0cclass A:\n    def f(self):  # f\n        pass\n",
    "form feed lines": "\x0c\nclass A:\n\x0c\n    def f(self):  # f\n\x0c\n        pass\n",
    "form feed before the comment": "class A:\n    def f(self):\x0c# f\n        pass\n",
    "backslash continuation": "class A:\n    def f(self, \\\n          a):  # f\n        pass\n",
    "no line end at the end": "class A:\n    def f(self): pass  # f",
    "carriage returns": "class A:\r\n    def f(self):  # f\r\n        pass\r\n",
    "carriage returns only": "class A:\r    def f(self):  # f\r        pass\r",
    "mixed line ends": "class A:\r\n    def f(self):  # f\r        pass\n    def g(self):  # g\r\n        pass\n",
    "exotic separators in a comment": "class A:\n    def f(self):  # f \x0b \x1c \x85 \u2028 x\n        pass\n    def g(self):  # g\n        pass\n",
    "under if": "class A:\n    if X:\n        def f(self):  # f\n            pass\n",
    "property with accessors": "class A:\n    @property\n    def f(self):  # f\n        pass\n    @f.setter\n    def f(self, v):  # f\n        pass\n",
    "overloads": "class A:\n    @overload\n    def f(self): ...  # f\n    @overload\n    def f(self, a): ...  # f\n    def f(self, a=1):  # f\n        pass\n",
    "static and class methods": "class A:\n    @staticmethod\n    def f():  # f\n        pass\n    @classmethod\n    def g(cls):  # g\n        pass\n",
    "nested class": "class A:\n    class B:\n        def f(self):  # f\n            pass\n    def g(self):  # g\n        pass\n",
    "alias": "class A:\n    f = _f  # f\n",
    "alias in parentheses": "class A:\n    f = (  # f\n        _f\n    )  # f\n",
    "alias with a semicolon": "class A:\n    f = _f;  # f\n",
    "declared alias": "class A:\n    f: Callable[..., '#'] = _f  # f\n",
    "lambda": "class A:\n    f = lambda self: {'#': 1}  # f\n",
    "behind else": "class A:\n    if X: f = _f  # f\n    else: f = _g  # f\n",
    "behind except": "class A:\n    try: f = _f  # f\n    except ImportError: f = (\n        _g)  # f\n",
    "behind a string that ends": "class A:\n    '''\n    # no\n    '''; f = _f  # f\n",
    "in a match": "class A:\n    match X:\n        case 1:\n            def f(self):  # f\n                pass\n",
    "in a loop and a with": "class A:\n    for x in y:\n        def f(self):  # f\n            pass\n    with z:\n        def g(self):  # g\n            pass\n",
    "import in the class body": "class A:\n    from m import f  # f\n    from m import (\n        g,  # g\n        x as h  # h\n    )\n    import k  # k\n",
    "type parameters are read where Python has them": "class A:\n    def f(self, a: 'T'):  # f\n        pass\n",
}

TABLES = {
    "call with keywords": "OPS_ = Ops(\n    a=f,  # a\n    b=g  # b\n)\n",
    "positional": "T = Ops(\n    f,  # 0\n    g,  # 1\n)\n",
    "dict at module level": "OPS = {\n    'a': f,  # a\n    'b': g  # b\n}\n",
    "flags of a class": "class A:\n    caps = {\n        'a': True,  # a\n        'b': False,  # b\n    }\n",
    "flags on self": "class A:\n    def __init__(self):\n        self.caps = {\n            'a': True,  # a\n        }\n",
    "update with a dict": "class A:\n    def __init__(self):\n        self.caps.update({\n            'a': True,  # a\n        })\n",
    "update with keywords": "class A:\n    def __init__(self):\n        self.caps.update(\n            a=True,  # a\n        )\n",
    "one key": "class A:\n    def __init__(self):\n        self.caps['a'] = True  # a\n",
    "or-assignment": "class A:\n    caps |= {\n        'a': True,  # a\n    }\n",
    "copy with changes": "class A:\n    caps = dict(Base.caps,\n                a=True,  # a\n                b=True)  # b\n",
    "spread and more": "OPS = {\n    **BASE,\n    'a': f,  # a\n}\n",
    "union": "OPS = BASE | {\n    'a': f,  # a\n}\n",
    "replace": "T = dataclasses.replace(\n    BASE,\n    a=f,  # a\n)\n",
    "declared type": "T: Final['Ops'] = {\n    'a': f,  # a\n}\n",
    "value over lines": "T = Ops(\n    a=g(1,\n        2),  # a\n    b=[\n        1,\n    ],  # b\n)\n",
    "value in parentheses": "T = Ops(\n    a=(\n        f\n    ),  # a\n    b=((\n        g  # no\n    )\n    ),  # b\n)\n",
    "first line of a long value": "T = Ops(\n    a=g(  # a\n        1),\n)\n",
    "comment before the comma": "T = Ops(\n    a=f  # a\n    ,\n    b=g  # b\n    )\n",
    "comma first": "T = Ops(\n      a=f  # a\n    , b=g  # b\n)\n",
    "lambda": "T = Ops(\n    a=lambda x: {'#': x},  # a\n    b=lambda: (\n        1),  # b\n)\n",
    "on one line alone": "T = Ops(a=f)  # a\n",
    "brackets behind": "T = [Ops(\n    a=f)]  # a\n",
    "two tables of a list": "L = [\n    Ops(a=f),  # a\n    Ops(b=g),  # b\n]\n",
    "under a condition": "if X:\n    T = Ops(\n        a=f,  # a\n    )\nelse: T = Ops(a=g)  # a\n",
    "in a class body": "class A:\n    t = Ops(\n        a=f,  # a\n    )\n",
    "wide keys": "OPS = {\n    '\u65e5\u672c': f,  # \u65e5\u672c\n}\n",
    "tabs": "OPS = {\n\t'a':\tf,\t# a\n}\n",
    "strings with hashes": "OPS = {\n    'a': '#',  # a\n    'b': \"\"\"\n#\n\"\"\",  # b\n}\n",
}

CLASS_LINES = {
    "plain": "class A:  # 1.0\n    pass\n",
    "with bases over lines": "class A(\n    B,\n):  # 1.0\n    pass\n",
    "name line": "class A(  # 1.0\n    B,\n):\n    pass\n",
    "decorated": "@deco\nclass A(B):  # 1.0\n    pass\n",
    "one line": "class A(B): pass  # 1.0\n",
    "keywords": "class A(B, metaclass=M):  # 1.0\n    pass\n",
    "docstring": 'class A:\n    """Do.\n\n    .. versionadded:: 1.0\n    """\n',
    "decorator": "@since('1.0')\nclass A(B):\n    pass\n",
}


def check_places(data: bytes, found: FileFacts) -> None:
    source = Source(data)
    tokens = comments_by_tokenize(source)
    for mark in t.all_marks(found):
        if mark.start < 0:
            continue
        assert data[mark.start : mark.end].decode(found.encoding) == mark.text
        line = source.lines[mark.line - 1]
        assert line[mark.column - 1 : mark.column - 1 + len(mark.text)] == mark.text
        if mark.carrier in ("comment", "shared"):
            assert (mark.line, mark.column, mark.text) in tokens
    for each in found.classes:
        made = any("is made at run time" in trouble.message for trouble in each.troubles)
        assert made or source.lines[each.line - 1][each.column - 1 :].startswith("class")
        for member in each.members:
            begin = source.lines[member.line - 1][member.column - 1 :]
            assert begin.startswith(("def", "async")) if member.kind == "def" else begin


def comments_by_tokenize(source: Source) -> set[tuple[int, int, str]]:
    stream = io.StringIO("\n".join(source.lines) + "\n")
    found = tokenize.generate_tokens(stream.readline)
    return {(x.start[0], x.start[1] + 1, x.string) for x in found if x.type == tokenize.COMMENT}


def check_insertions(data: bytes, options: Options = t.OPTIONS) -> int:
    """Insert at every offset, each on its own: the same program, the same other bytes, and the annotation there."""
    before = t.read(data, options)
    tree = ast.dump(ast.parse(Source(data).text))
    count = 0
    for name, offset in t.insertions(before).items():
        after = data[:offset] + "  # next".encode(before.encoding) + data[offset:]
        assert ast.dump(ast.parse(Source(after).text)) == tree, name
        read = t.read(after, options)
        assert not read.errors or read.errors == before.errors
        own = named(read)[name]
        assert any(mark.text.rstrip().endswith("# next") and mark.start <= offset + 4 < mark.end for mark in own), name
        assert sum(mark.text.rstrip().endswith("# next") for mark in own if mark.carrier == "comment") == 1
        check_places(after, read)
        count += 1
    return count


def named(found: FileFacts) -> dict[str, tuple[Mark, ...]]:
    marks = {}
    for number, each in enumerate(found.classes):
        marks[f"class {each.name}#{number}"] = each.marks
        marks.update({f"{each.name}#{number}.{m.name}#{i}": m.marks for i, m in enumerate(each.members)})
    for number, table in enumerate(found.tables):
        marks[f"table {table.name}#{number}"] = table.marks
        marks.update({f"table {table.name}#{number}.{m.name}#{i}": m.marks for i, m in enumerate(table.members)})
    return marks

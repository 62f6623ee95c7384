"""Change the code at random places, and see whether the tests notice: ``python tools/mutants.py DATA MODULE...``.

DATA is what ``coverage`` wrote when it ran the tests with contexts, which say which tests reach which line;
docs/contributing.md has the commands. A mutant is one small change: a comparison turned round, a condition negated, a
number or a text changed, a call left out. The tests that reach its line run: for a change inside a function in a fork
of one process that has collected them all, else in a new process with the change in the file. A mutant that no test
fails for survives. Programs that tests start run the code as it is, unless the change is in the file.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import types
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import coverage
import pytest
from hypothesis import is_hypothesis_test

ROOT = Path(__file__).resolve().parent.parent
#: Seconds that the tests of a mutant may take; a mutant that takes longer is noticed.
LIMIT = 300
#: Exit status of a fork in which no function has the change, and of one that could not run its tests.
NOT_THERE, BROKEN = 3, 4
TESTS = ("tests", "--ignore=tests/real", "--ignore=tests/browser")

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutant(NamedTuple):
    """One change: ``at`` is the number of the node in ``ast.walk``, ``way`` which of its changes it is."""

    path: str
    line: int
    at: int
    way: int
    text: str
    function: bool


def _negated(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _changes(node: ast.AST) -> Iterator[tuple[str, dict[str, object]]]:
    """What can be changed of one node: what to call it, and the new values of its fields."""
    match node:
        case ast.Compare(ops=[op, *rest]) if type(op) in _COMPARE:
            new = _COMPARE[type(op)]
            yield f"{type(op).__name__} to {new.__name__}", {"ops": [new(), *rest]}
        case ast.BoolOp():
            yield "and to or, or to and", {"op": ast.Or() if isinstance(node.op, ast.And) else ast.And()}
        case ast.BinOp() if type(node.op) in _BINARY:
            new_op = _BINARY[type(node.op)]
            yield f"{type(node.op).__name__} to {new_op.__name__}", {"op": new_op()}
        case ast.If() | ast.While() | ast.IfExp():
            yield "condition negated", {"test": _negated(node.test)}
        case ast.comprehension(ifs=[_, *rest]):
            yield "filter left out", {"ifs": rest}
        case ast.Constant(value=bool()):
            yield f"{node.value} to {not node.value}", {"value": not node.value}
        case ast.Constant(value=int()):
            yield f"{node.value} to {node.value + 1}", {"value": node.value + 1}
        case ast.Constant(value=str()) if node.value:
            yield f"{node.value[:20]!r} changed", {"value": f"XX{node.value}XX"}
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "returns None", {"value": ast.copy_location(ast.Constant(None), value)}
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom() as value):
            yield "statement left out", {"value": ast.copy_location(ast.Constant(None), value)}
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            yield f"{name} to {_CALLS[name]}", {"func": ast.copy_location(ast.Name(_CALLS[name], ast.Load()), node)}


def _skipped(tree: ast.Module) -> set[ast.AST]:
    """Docstrings, annotations, what only type checkers see; texts of a sentence or more; and the data of rules."""
    tops: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                tops.append(node)
            case ast.AnnAssign():
                tops.append(node.annotation)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                tops += [each for each in (node.returns, node.type_comment) if isinstance(each, ast.AST)]
            case ast.arg(annotation=ast.expr() as annotation):
                tops.append(annotation)
            case ast.Assign(targets=[ast.Name(id="RULE")]):
                tops.append(node)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                tops.append(node)
            case ast.Constant(value=str() as text) if text.count(" ") > 4:
                tops.append(node)
    return {each for top in tops for each in ast.walk(top)}


def mutants(path: str) -> list[Mutant]:
    """All changes of a module."""
    tree = ast.parse((ROOT / path).read_bytes())
    inside = {
        each
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for body in (node.body if isinstance(node.body, list) else [node.body])
        for each in ast.walk(body)
    }
    skipped, found, line = _skipped(tree), [], 1
    for at, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", getattr(getattr(node, "target", None), "lineno", line))
        if node not in skipped:
            found += [Mutant(path, line, at, way, what, node in inside) for way, (what, _) in enumerate(_changes(node))]
    return found


def changed(mutant: Mutant) -> ast.Module:
    """The module with the change."""
    tree = ast.parse((ROOT / mutant.path).read_bytes())
    node = next(each for at, each in enumerate(ast.walk(tree)) if at == mutant.at)
    for field, value in list(_changes(node))[mutant.way][1].items():
        setattr(node, field, value)
    return ast.fix_missing_locations(tree)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _codes(each)


def install(mutant: Mutant, functions: dict[str, list[types.FunctionType]]) -> bool:
    """Put the change into the functions of this process; False where none has it."""
    name = str(ROOT / mutant.path)
    old = compile((ROOT / mutant.path).read_bytes(), name, "exec")
    new = compile(changed(mutant), name, "exec")
    before, after = ({(each.co_qualname, each.co_firstlineno): each for each in _codes(code)} for code in (old, new))
    replaced = {key: code for key, code in after.items() if before.get(key) != code}
    done = False
    for each in functions.get(name, ()):
        code = replaced.get((each.__code__.co_qualname, each.__code__.co_firstlineno))
        if code is not None and len(code.co_freevars) == len(each.__code__.co_freevars):
            each.__code__ = code
            done = True
    return done


def loaded(paths: Iterable[str]) -> dict[str, list[types.FunctionType]]:
    """Import modules; file -> the functions that were made from it."""
    for path in paths:
        importlib.import_module("hvsupport." + path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    gc.unfreeze()
    found: dict[str, list[types.FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType):
            found.setdefault(each.__code__.co_filename, []).append(each)
    gc.freeze()
    return found


class Reached:
    """Which tests reach a line."""

    def __init__(self, data: str) -> None:
        self.data = coverage.CoverageData(data)
        self.data.read()
        self.files = {
            Path(each).relative_to(ROOT).as_posix(): each
            for each in self.data.measured_files()
            if Path(each).is_relative_to(ROOT)
        }

    def by(self, mutant: Mutant) -> set[str]:
        """The contexts of a line; of all lines of the module where it runs at import."""
        contexts = self.data.contexts_by_lineno(self.files[mutant.path]) if mutant.path in self.files else {}
        lines = [mutant.line] if mutant.function else list(contexts)
        return {name for line in lines for name in contexts.get(line, ()) if name}


class Runner:
    """A plugin of pytest that runs, instead of all tests once, those of each mutant."""

    def __init__(self, chosen: Iterable[Mutant], reached: Reached, report: Path) -> None:
        self.chosen, self.reached, self.report = chosen, reached, report

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Write one line a mutant: what became of it, how many tests reach it, and what it is."""
        by: dict[str, list[pytest.Function]] = {}
        functions = [item for item in session.items if isinstance(item, pytest.Function)]
        examples = [item for item in functions if is_hypothesis_test(item.function)]
        for item in functions:
            by.setdefault(f"{item.function.__module__}.{item.function.__qualname__}", []).append(item)
        self.functions = loaded({mutant.path for mutant in self.chosen})
        with self.report.open("w") as report:
            for mutant in self.chosen:
                items = [item for name in sorted(self.reached.by(mutant)) for item in by.get(name, [])]
                # Coverage does not tell the tests of Hypothesis apart: those beside the others are taken.
                files = {item.path for item in items}
                items += [item for item in examples if item.path in files]
                report.write(json.dumps([self._outcome(mutant, items), len(items), *mutant]) + "\n")
                report.flush()
        return True

    def _outcome(self, mutant: Mutant, items: list[pytest.Function]) -> str:
        if not items:
            return "unreached"
        if mutant.function:
            child = os.fork()
            if child == 0:
                os.setsid()
                signal.alarm(LIMIT)
                status = BROKEN
                try:
                    status = _run(mutant, items, self.functions)
                finally:
                    os._exit(status)
            _, status = os.waitpid(child, 0)
            with contextlib.suppress(OSError):
                os.killpg(child, signal.SIGKILL)  # what its tests have started
            if os.WIFSIGNALED(status):
                return "timeout"
            ended = {0: "survived", 1: "killed", BROKEN: "broken"}.get(os.WEXITSTATUS(status))
            if ended is not None:
                return ended
        return anew(mutant, Counter(item.path.relative_to(ROOT).as_posix() for item in items))


def _run(mutant: Mutant, items: list[pytest.Function], functions: dict[str, list[types.FunctionType]]) -> int:
    """The exit status of the fork: 0 if every test passes with the change."""
    if not install(mutant, functions):
        return NOT_THERE

    class Watch:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                os._exit(1)

    hooks = items[0].config
    hooks.pluginmanager.unregister(name="terminalreporter")
    hooks.pluginmanager.register(Watch())
    for item, following in zip(items, [*items[1:], None], strict=True):
        hooks.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return 0


def anew(mutant: Mutant, files: Counter[str]) -> str:
    """Run files of tests with the change in the file of the module, those first that reach it most."""
    file = ROOT / mutant.path
    old = file.read_bytes()
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    try:
        file.write_text(ast.unparse(changed(mutant)))
        done = subprocess.run(
            [*command, *(name for name, _ in files.most_common())], cwd=ROOT, capture_output=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    finally:
        file.write_bytes(old)
    return "killed" if done.returncode else "survived"


def main() -> None:
    """Choose mutants, run the tests of each, and print those that no test fails for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coverage")
    parser.add_argument("modules", nargs="+")
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("mutants.jsonl"))
    options = parser.parse_args()
    paths = [
        each.relative_to(ROOT).as_posix()
        for name in options.modules
        for each in (sorted((ROOT / name).rglob("*.py")) if (ROOT / name).is_dir() else [ROOT / name])
    ]
    everything = [mutant for path in paths for mutant in mutants(path)]
    chosen = random.Random(options.seed).sample(everything, min(options.sample, len(everything)))
    print(f"{len(chosen)} of {len(everything)} mutants of {len(paths)} modules")
    pytest.main(
        ["-q", "-p", "no:cacheprovider", *TESTS], plugins=[Runner(chosen, Reached(options.coverage), options.report)]
    )
    rows = [json.loads(line) for line in options.report.read_text().splitlines()]
    print(Counter(row[0] for row in rows))
    for outcome, tests, path, line, _, _, text, _ in rows:
        if outcome not in ("killed", "timeout"):
            print(f"{path}:{line}: {text}: {outcome} ({tests} tests)")


if __name__ == "__main__":
    main()

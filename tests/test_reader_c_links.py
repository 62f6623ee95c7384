"""C: slots that are set through a field of a struct, a cast or a call, in files that need not name the table's type."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvsupport.annotate import run
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.judge import judge

pytest.importorskip("tree_sitter_c")

CONFIG = """\
title = "Example"
release = "1.4.0"
releases = ["1.0.0", "1.1.0", "1.4.0"]

[interfaces.ops]
at = "ops.h:ops"
kind = "table"
drivers = ["*.c"]
"""
OPS = """\
struct ops { int n; int (*open)(void); int (*close)(void); };
struct inner { struct ops *deep; };
struct state {
    int n;
    struct ops *ops, *more;
    struct ops own;
    struct ops *all[4];
    struct ops **list;
    const struct ops *fixed;
    struct { struct ops *hidden; } in;
    struct { struct ops deep; } *vtable, *several[2];
    struct { struct { struct ops deep; } *next; } *first;
};
typedef struct state state_t;
typedef struct ops *ops_p;
struct ctx { struct state *state; ops_p implied; };
struct ops *get(int);
extern struct ops *shared;
#define TO_OPS(x) (CHECK((x), ops_type, struct ops))
#define OPS_OF(x) ((x)->ops)
"""
#: A parameter, the statements of a function -> which of open and close it sets, or what is told; nothing for no driver.
WAYS = {
    "a field": ("struct state *s", "s->ops->open = f;", "open"),
    "the second of one declaration": ("struct state *s", "s->more->open = f;", "open"),
    "by another name of its type": ("state_t *s", "s->ops->close = f;", "close"),
    "by a variable": ("void", "static struct state s; s.ops->open = f;", "open"),
    "what it points to": ("struct state *s", "(*s->ops).open = f;", "open"),
    "its first": ("struct state *s", "s->ops[0].open = f;", "open"),
    "in an array": ("struct state *s", "s->all[1]->open = f;", "open"),
    "in a list": ("struct state *s", "s->list[0]->open = f; (*s->list)->close = f;", "open close"),
    "in a struct in the struct": ("struct state *s", "s->in.hidden->open = f;", "open"),
    "of a type that is a pointer": ("struct ctx *c", "c->implied->open = f;", "open"),
    "a cast to its struct": ("void *s", "((struct state *) s)->ops->open = f;", "open"),
    "a cast to the table": ("void *s", "((struct ops *) s)->open = f;", "open"),
    "what such a cast points to": ("void *s", "(*(struct ops *) s).open = f;", "open"),
    "what a function returns": ("int n", "get(n)->open = f;", "open"),
    "an array of pointers": ("struct ops *s[]", "s[0]->open = f;", "open"),
    "a local struct": ("void *v", "struct mine { struct ops *ops; } *m = v; m->ops->open = f;", "open"),
    "several": ("struct state *s", "s->ops->open = f; s->ops->close = f;", "open close"),
    "nothing": ("struct state *s", "s->ops->open = NULL;", None),
    "read": ("struct state *s", "if (s->ops->open == f) s->n = s->ops->n;", None),
    "data": ("struct state *s", "s->ops->n = 2;", None),
    "through another struct": ("struct ctx *c", "c->state->ops->open = f;", "c->state->ops"),
    "in a struct that a pointer without a type leads to": ("struct state *s", "s->vtable->deep.open = f;", "open"),
    "in one of an array of them": ("struct state *s", "s->several[1]->deep.open = f;", "open"),
    "in two of them": ("struct state *s", "s->first->next->deep.open = f;", "open"),
    "by its address": ("struct state *s", "(&s->own)->open = f; (&(s->own))->close = f;", "open close"),
    "by the address of an element": ("struct state *s", "(&s->ops[0])->open = f;", "open"),
    "an element in brackets": ("struct state *s", "(s->all[1])->open = f; (*s->all[1]).close = f;", "open close"),
    "through a macro with a cast": ("void *s", "TO_OPS(s)->open = f;", "open"),
    "through a macro with a field": ("struct state *s", "OPS_OF(s)->open = f;", "open"),
    "a pointer of a header": ("void", "shared->open = f;", "open"),
    "counted to a pointer": ("struct ops *s", "(s + 1)->open = f;", "s"),
    "behind a call, in a struct": ("void *s", "of(s)->own.open = f;", "of(s)->own"),
    "behind a call, in a struct without a type": ("void *s", "of(s)->vtable->deep.open = f;", "of(s)->vtable->deep"),
    "of an unknown struct": ("struct far *s", "s->ops->open = f;", "s->ops"),
    "behind a call": ("void *s", "of(s)->ops->open = f;", "of(s)->ops"),
}


@pytest.mark.parametrize(("given", "statements", "wanted"), WAYS.values(), ids=list(WAYS))
def test_a_slot_that_a_field_leads_to_is_read_or_told(
    tmp_path: Path, given: str, statements: str, wanted: str | None
) -> None:
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    (tmp_path / "ops.h").write_text(OPS)
    (tmp_path / "d.c").write_text(f'#include "ops.h"\nint f(void);\nvoid fill({given})\n{{\n    {statements}\n}}\n')
    config = configfile.load(root=tmp_path)
    catalogue = run.catalogue(config, cache=False)
    (interface,) = catalogue.interfaces
    told = [each.message for each in judge(config, catalogue).findings if each.code != "HV001"]
    if wanted is None:
        assert (interface.drivers, told) == ((), ["interface ops has no drivers"])
        return
    (driver,) = interface.drivers
    states = {entry.name: interface.cells[driver.id, entry.name].state for entry in interface.entries}
    if wanted.split()[0] not in states:
        assert told == [f"whether {wanted} is a table of this interface is not known, so 'open' may be set here"]
        assert states["open"] == "unreadable"
    else:
        assert told == []
        assert {name for name, state in states.items() if state == "unannotated"} == {*wanted.split()}


def test_a_field_that_is_set_to_a_table_makes_that_doubtful(tmp_path: Path) -> None:
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    (tmp_path / "ops.h").write_text(OPS)
    table = "struct ops mem = { .close = f };\n"
    body = "void fill(struct state *s)\n{\n    s->ops = &mem;\n    s->ops->open = f;\n}\n"
    (tmp_path / "d.c").write_text(f'#include "ops.h"\nint f(void);\n{table}{body}')
    config = configfile.load(root=tmp_path)
    catalogue = run.catalogue(config, cache=False)
    assert [each.id for each in catalogue.interfaces[0].drivers] == ["d.c:mem"]
    told = [each.message for each in judge(config, catalogue).findings if each.code == "HV010"]
    assert told == ["the slot 'open' of mem is filled when the program runs"]


def test_an_annotation_behind_such_an_assignment_counts(tmp_path: Path) -> None:
    (tmp_path / "hvsupport.toml").write_text(CONFIG)
    (tmp_path / "ops.h").write_text(OPS)
    (tmp_path / "d.c").write_text("void fill(struct state *s)\n{\n    s->ops->open = f; /* 1.1.0 */\n}\n")
    config = configfile.load(root=tmp_path)
    catalogue = run.catalogue(config, cache=True)
    (interface,) = catalogue.interfaces
    assert str(interface.cells["d.c:fill", "open"].spans[0].since) == "1.1.0"
    assert judge(config, catalogue).findings == ()
    assert run.catalogue(config, cache=True).interfaces == catalogue.interfaces

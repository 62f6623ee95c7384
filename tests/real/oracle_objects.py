"""What a compiler put into the tables of a source tree, read from object files: relocations and DWARF, by pyelftools.

``python tests/real/oracle_objects.py`` builds the trees file by file and writes ``objects.json``: for each struct of
functions with tables in several files the header that defines it, its slots, and for each table a string with 1 for
every slot that holds something. It shares no code with hvsupport.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import debian
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

HERE = Path(__file__).parent
_THROUGH = ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type")
#: A longer array of tables is counted up to here.
_MOST = 64


@dataclass
class Struct:
    """A struct with function pointers: the header and name, its slots with their offsets, and its size."""

    path: str
    name: str
    slots: dict[str, int]
    size: int


@dataclass
class Objects:
    """What was found in the objects of a tree: struct (``path:name``) -> its slots, and table -> its bits."""

    slots: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)


class _Unit:
    """One compilation unit of an object file."""

    def __init__(self, unit: Any, root: Path, lines: Any, folder: str) -> None:
        self._unit, self._root = unit, root
        self._files, self._folders, self._folder = lines["file_entry"], lines["include_directory"], folder
        self._structs: dict[int, Struct | None] = {}

    def variables(self) -> Iterator[tuple[str, Any]]:
        """The variables that are defined at file level, with their types."""
        for die in self._unit.get_top_DIE().iter_children():
            if die.tag == "DW_TAG_variable" and "DW_AT_location" in die.attributes:
                first = die
                if "DW_AT_specification" in die.attributes:
                    die = die.get_DIE_from_attribute("DW_AT_specification")
                if "DW_AT_name" in die.attributes and "DW_AT_type" in die.attributes:
                    typed = first if "DW_AT_type" in first.attributes else die
                    yield die.attributes["DW_AT_name"].value.decode(), typed.get_DIE_from_attribute("DW_AT_type")

    def tables(self, name: str, kind: Any, at: int) -> Iterator[tuple[str, Struct, int]]:
        """The tables that a variable is or holds: name, struct, and where it begins."""
        kind, named = _bare(kind)
        if kind is None:
            return
        if kind.tag == "DW_TAG_array_type":
            counts = [each for each in kind.iter_children() if each.tag == "DW_TAG_subrange_type"]
            inner = kind.get_DIE_from_attribute("DW_AT_type")
            if len(counts) == 1 and (count := _count(counts[0])) is not None:
                size = _size(inner)
                for index in range(min(count, _MOST)):
                    yield from self.tables(f"{name}[{index}]", inner, at + index * size)
        elif kind.tag == "DW_TAG_structure_type":
            found = self.struct(kind, named)
            if found is not None and found.slots:
                yield name, found, at
                return
            for member in kind.iter_children():
                if member.tag == "DW_TAG_member" and "DW_AT_bit_size" not in member.attributes:
                    label = member.attributes["DW_AT_name"].value.decode() if "DW_AT_name" in member.attributes else ""
                    inner, _ = _bare(member.get_DIE_from_attribute("DW_AT_type"))
                    if inner is not None and inner.tag == "DW_TAG_structure_type":
                        start = at + member.attributes["DW_AT_data_member_location"].value
                        of = member.get_DIE_from_attribute("DW_AT_type")
                        yield from self.tables(f"{name}.{label}" if label else name, of, start)

    def struct(self, kind: Any, named: str | None) -> Struct | None:
        """The functions of a struct; None for a struct of another kind."""
        if kind.offset not in self._structs:
            self._structs[kind.offset] = None
            attributes = kind.attributes
            if "DW_AT_decl_file" in attributes and "DW_AT_byte_size" in attributes:
                tag = attributes["DW_AT_name"].value.decode() if "DW_AT_name" in attributes else named
                slots = dict(_slots(kind, 0, ""))
                direct = [each for each in slots if "." not in each]
                if tag is not None and direct:
                    path = self._path(attributes["DW_AT_decl_file"].value)
                    self._structs[kind.offset] = Struct(path, tag, slots, attributes["DW_AT_byte_size"].value)
        return self._structs[kind.offset]

    def _path(self, number: int) -> str:
        entry = self._files[number]
        folder = self._folders[entry.dir_index].decode()
        path = os.path.normpath(os.path.join(self._folder, folder, entry.name.decode()))
        return os.path.relpath(path, self._root)


def _bare(kind: Any) -> tuple[Any, str | None]:
    """A type without typedefs and qualifiers, and the last typedef name."""
    named = None
    while kind is not None and kind.tag in _THROUGH:
        if kind.tag == "DW_TAG_typedef":
            named = kind.attributes["DW_AT_name"].value.decode()
        kind = kind.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in kind.attributes else None
    return kind, named


def _count(die: Any) -> int | None:
    for name, more in (("DW_AT_count", 0), ("DW_AT_upper_bound", 1)):
        if name in die.attributes and isinstance(die.attributes[name].value, int):
            return int(die.attributes[name].value) + more
    return None


def _size(kind: Any) -> int:
    bare, _ = _bare(kind)
    return (
        int(bare.attributes["DW_AT_byte_size"].value)
        if bare is not None and "DW_AT_byte_size" in bare.attributes
        else 8
    )


def _slots(kind: Any, base: int, prefix: str) -> Iterator[tuple[str, int]]:
    """The function pointers of a struct, those of structs in it with dotted names."""
    for member in kind.iter_children():
        if member.tag != "DW_TAG_member" or "DW_AT_bit_size" in member.attributes:
            continue
        name = member.attributes["DW_AT_name"].value.decode() if "DW_AT_name" in member.attributes else ""
        located = member.attributes.get("DW_AT_data_member_location")
        at = base + (located.value if located is not None else 0)
        inner, _ = _bare(member.get_DIE_from_attribute("DW_AT_type"))
        if inner is None:
            continue
        if inner.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
            yield from _slots(inner, at, f"{prefix}{name}." if name else prefix)
        elif inner.tag == "DW_TAG_array_type":
            counts = [_count(each) for each in inner.iter_children()]
            of, _ = _bare(inner.get_DIE_from_attribute("DW_AT_type"))
            if _is_function(of) and len(counts) == 1 and counts[0] is not None:
                yield from ((f"{prefix}{name}[{index}]", at + 8 * index) for index in range(counts[0]))
        elif _is_function(inner):
            yield f"{prefix}{name}", at


def _is_function(kind: Any) -> bool:
    if kind is None or kind.tag != "DW_TAG_pointer_type" or "DW_AT_type" not in kind.attributes:
        return False
    inner, _ = _bare(kind.get_DIE_from_attribute("DW_AT_type"))
    return inner is not None and inner.tag == "DW_TAG_subroutine_type"


def read(data: Path, root: Path, path: str, found: Objects) -> None:
    """Add the tables of one object file, made of ``path``."""
    with data.open("rb") as stream:
        elf = ELFFile(stream)
        symbols = {
            each.name: each
            for each in elf.get_section_by_name(".symtab").iter_symbols()
            if each["st_info"]["type"] == "STT_OBJECT" and isinstance(each["st_shndx"], int)
        }
        relocated: dict[int, set[int]] = {}
        for section in elf.iter_sections():
            if isinstance(section, RelocationSection) and not section.name.startswith(".rela.debug"):
                places = relocated.setdefault(section["sh_info"], set())
                places.update(each["r_offset"] for each in section.iter_relocations())
        dwarf = elf.get_dwarf_info()
        for unit in dwarf.iter_CUs():
            folder = unit.get_top_DIE().attributes["DW_AT_comp_dir"].value.decode()
            reader = _Unit(unit, root, dwarf.line_program_for_CU(unit).header, folder)
            for name, kind in reader.variables():
                symbol = symbols.get(name)
                if symbol is None:
                    continue
                index = symbol["st_shndx"]
                section = elf.get_section(index)
                content = b"" if section["sh_type"] == "SHT_NOBITS" else section.data()
                for title, struct, at in reader.tables(name, kind, symbol["st_value"]):
                    bits = (
                        at + offset in relocated.get(index, ()) or any(content[at + offset : at + offset + 8])
                        for offset in struct.slots.values()
                    )
                    key = f"{struct.path}:{struct.name}"
                    found.slots.setdefault(key, list(struct.slots))
                    found.tables.setdefault(key, {})[f"{path}:{title}"] = "".join("01"[bit] for bit in bits)


@dataclass(frozen=True)
class Tree:
    """How the files of a tree are compiled.

    Attributes:
        configure: commands, each run in the tree.
        flags: of the compiler.
        files: globs.
        without: parts of paths that are left out.
    """

    configure: tuple[str, ...]
    flags: tuple[str, ...]
    files: tuple[str, ...]
    without: tuple[str, ...] = ()


TREES = {
    "nginx": Tree(
        (
            "./configure --without-http_rewrite_module --without-pcre --with-threads --with-http_v2_module"
            " --with-stream --with-mail --with-http_dav_module --with-http_realip_module --with-http_stub_status_module"
            " --with-http_auth_request_module --with-http_sub_module --with-http_flv_module --with-http_mp4_module"
            " --with-http_secure_link_module --with-http_slice_module --with-http_addition_module"
            " --with-http_gunzip_module --with-http_gzip_static_module --with-http_random_index_module"
            " --with-stream_realip_module --with-poll_module --with-select_module --with-http_ssl_module"
            " --with-mail_ssl_module --with-stream_ssl_module",
        ),
        (
            *("-Iobjs", "-Isrc/core", "-Isrc/event", "-Isrc/event/modules", "-Isrc/os/unix", "-Isrc/http"),
            *("-Isrc/http/modules", "-Isrc/http/v2", "-Isrc/mail", "-Isrc/stream"),
        ),
        ("src/**/*.c",),
        ("win32", "perl", "/misc/"),
    ),
    "sqlite": Tree(
        ("./configure --disable-tcl", "make sqlite3.h opcodes.h parse.h keywordhash.h fts5.c"),
        (
            "-I.",
            "-Isrc",
            "-Iext/rtree",
            "-Iext/fts3",
            "-Iext/session",
            "-Iext/icu",
            "-DSQLITE_CORE",
            "-DSQLITE_ENABLE_FTS3",
            "-DSQLITE_ENABLE_RTREE",
            "-DSQLITE_ENABLE_SESSION",
            "-DSQLITE_ENABLE_DBPAGE_VTAB",
            "-DSQLITE_ENABLE_DBSTAT_VTAB",
            "-DSQLITE_ENABLE_BYTECODE_VTAB",
            "-DSQLITE_ENABLE_STMTVTAB",
            "-DSQLITE_TEST",
            "-DSQLITE_ENABLE_PREUPDATE_HOOK",
            "-DSQLITE_ENABLE_UNLOCK_NOTIFY",
        ),
        ("src/*.c", "ext/**/*.c"),
    ),
    "curl": Tree(
        ("./configure --with-openssl --without-libpsl --disable-ldap",),
        ("-Ilib", "-Iinclude", "-DHAVE_CONFIG_H", "-DBUILDING_LIBCURL"),
        ("lib/**/*.c",),
    ),
    "git": Tree(
        ("touch command-list.h config-list.h hook-list.h",),
        ("-I.", "-DNO_CURL", "-DSHA1_DC", "-DSHA256_BLK", "-DNO_GETTEXT", "-DHAVE_PATHS_H"),
        ("*.c", "refs/*.c", "builtin/*.c", "negotiator/*.c", "compat/simple-ipc/*.c", "trace2/*.c", "reftable/*.c"),
    ),
}


def prepare(name: str, root: Path) -> None:
    """Configures a tree in place."""
    for command in TREES[name].configure:
        subprocess.run(command, cwd=root, shell=True, check=True, capture_output=True)


def sources(name: str, root: Path) -> list[str]:
    """The files of a tree that are compiled."""
    tree = TREES[name]
    found = {str(path.relative_to(root)) for glob in tree.files for path in root.glob(glob)}
    return sorted(path for path in found if not any(part in path for part in tree.without))


def compiled(name: str, root: Path, paths: Iterable[str]) -> Objects:
    """The tables of some files of a configured tree; files that do not compile here are left out."""
    found = Objects()
    with TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = [(path, Path(folder, f"{number}.o")) for number, path in enumerate(paths)]

        def build(path: str, target: Path) -> int:
            command = ["cc", "-w", "-g", "-O0", "-fno-pic", *TREES[name].flags, "-c", path, "-o", str(target)]
            return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode

        for (path, target), failed in zip(objects, pool.map(build, *zip(*objects, strict=True)), strict=True):
            if not failed:
                read(target, root, path, found)
    return found


def interfaces(found: Objects) -> dict[str, dict[str, Any]]:
    """The structs with two slots or more and tables in several files, as ``objects.json`` has them."""
    chosen = {}
    for key, tables in sorted(found.tables.items()):
        files = {title.partition(":")[0] for title in tables}
        if len(found.slots[key]) > 1 and len(files) > 1 and not key.startswith(".."):
            chosen[key] = {"slots": found.slots[key], "tables": dict(sorted(tables.items()))}
    return chosen


#: Headers that a build makes -> what they are made of.
_MADE_OF = {"sqlite3.h:": "src/sqlite.h.in:"}


def main() -> int:
    """Build all the trees in copies, and write ``objects.json``."""
    told = {}
    for name, package in debian.JUDGED.items():
        with TemporaryDirectory() as folder:
            root = Path(shutil.copytree(debian.tree(package), Path(folder, name)))
            prepare(name, root)
            found = interfaces(compiled(name, root, sources(name, root)))
        for made, of in _MADE_OF.items():
            found = {key.replace(made, of) if key.startswith(made) else key: value for key, value in found.items()}
        told[name] = found
    (HERE / "objects.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

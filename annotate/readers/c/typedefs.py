"""The typedefs of a file: what the name of a type stands for, so that functions are told from data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...patterns import regex
from .source import closing

#: What a typedef stands for, where that is no other name: ``Tree`` follows the names from file to file.
POINTER, FUNCTION, DATA, MANY = "(*)", "()", "data", "{}"
#: Expressions that begin with a plain word are searched for faster than any others.
_WORD = b"typedef"
_TYPEDEF = regex(rb"typedef\b(?<=\btypedef)([^;{}]*)(;|\{)")
_POINTER = regex(rb"\(\s*\*\s*(\w+)\s*\)\s*\(")
_FUNCTION = regex(rb"\b(\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$")
_BRACKETED = regex(rb"\(\s*(\w+)\s*\)\s*\(")
_RENAMED = regex(
    rb"\s*(?:(?:const|volatile)\s+)*(struct\s+|union\s+|enum\s+)?(?!(?:const|volatile)\s)(\w+)\s+(?:const\s+)?(\w+)\s*$"
)
_POINTED = regex(rb"\s*(?:const\s+)?(struct\s+)?(\w+)\s*\*\s*(?:const\s+)?(\w+)\s*$")
_LAST_WORD = regex(rb"(\w+)\s*(?:\[[^\]]*\]\s*)*$")
#: Round brackets, with up to two more levels of them inside.
BRACKETS = rb"\((?:[^(){}]|\((?:[^(){}]|\([^(){}]*\))*\))*\)"
_ATTRIBUTES = rb"__attribute__\s*" + BRACKETS + rb"|\b[A-Z][A-Z0-9_]*(?:\([^()]*\))?(?=\s+\w)"
_NAME_BEHIND = regex(rb"\s*((?:\*\s*)*)(?:const\s+)?(\w+)\s*")
_PLAIN = (
    "size_t ssize_t ptrdiff_t off_t pid_t uid_t gid_t mode_t time_t bool FILE va_list wchar_t int8_t "
    "int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t u8 u16 u32 u64 s8 s16 "
    "s32 s64 gboolean gint guint gchar gsize gssize gpointer gint64 guint64 gint32 guint32 gdouble GType "
    "socklen_t dev_t ino_t clock_t intmax_t uintmax_t pthread_t uint ulong "
    "guchar gshort gushort glong gulong gint8 guint8 gint16 guint16 gfloat gconstpointer GQuark GMutex "
    "u_char u_short u_int u_long u_int8_t u_int16_t u_int32_t u_int64_t __u8 __u16 __u32 __u64 __le16 __le32 __be16 "
    "__be32 loff_t in_addr_t in_port_t sa_family_t nlink_t useconds_t suseconds_t caddr_t vm_offset_t vm_size_t "
    "atomic_bool atomic_int atomic_uint sig_atomic_t GCallback GDestroyNotify "
    "DWORD WORD BYTE BOOL UINT INT LONG ULONG USHORT HANDLE HRESULT LPVOID LPCSTR LPCWSTR LPSTR LPWSTR"
)
_STRUCTS = (
    "pthread_mutex_t pthread_cond_t pthread_rwlock_t GCond GRWLock GRecMutex GObject GObjectClass GTypeClass "
    "GTypeInterface GInitiallyUnowned GInitiallyUnownedClass"
)
#: Structs of data that everybody knows: without braces they take several values.
STRUCTS = frozenset(_STRUCTS.split())
#: Types of data that everybody knows.
PLAIN = STRUCTS.union(_PLAIN.split())


def read(code: bytes) -> dict[str, str]:
    """The typedefs of a file: name -> what it stands for, the first one of a name.

    Args:
        code: the file with directives and comments blanked.
    """
    found: dict[str, str] = {}
    broken = False
    for match in _TYPEDEF.finditer(code):
        if match[2] == b"{" and not broken:
            broken = closing(code, match.end() - 1, len(code)) is None
        if match[2] == b"{" and broken:
            continue
        for name, target in _declared(code, match):
            found.setdefault(name.decode(), DATA if target in PLAIN else target)
    return found


def _declared(code: bytes, match: re.Match[bytes]) -> Iterator[tuple[bytes, str]]:
    """The names of one typedef."""
    text = match[1]
    if match[2] == b"{":
        yield from _of_body(code, match.end() - 1, text.split())
    elif pointer := _POINTER.search(text):
        yield pointer[1], POINTER
    elif bracketed := _BRACKETED.search(text):
        yield bracketed[1], FUNCTION
    elif renamed := _RENAMED.match(text):
        kind = (renamed[1] or b"").split()
        yield renamed[3], " ".join(part.decode() for part in (*kind, renamed[2]))
    elif (pointed := _POINTED.match(text)) is not None and pointed[2].decode() not in PLAIN:
        yield pointed[3], f"{'struct ' if pointed[1] else ''}{pointed[2].decode()} *"
    elif function := _FUNCTION.search(text):
        yield function[1], FUNCTION
    elif last := _LAST_WORD.search(text):
        yield last[1], DATA


def _of_body(code: bytes, opening: int, words: list[bytes]) -> Iterator[tuple[bytes, str]]:
    """The names behind the braces of a typedef: of the struct, and of pointers to it."""
    end = closing(code, opening, len(code))
    found = _behind(code, end) if end is not None else []
    names = [name.decode() for stars, name in found if not stars]
    tag = f"struct {words[-1].decode()}" if len(words) > 1 and words[-2] == b"struct" else None
    struct = tag or next(iter(names), None)
    for stars, name in found:
        is_pointer = stars.strip() == b"*" and struct is not None and b"struct" in words
        whole = DATA if b"enum" in words or stars else MANY
        yield name, f"{struct} *" if is_pointer else whole


def names_behind(code: bytes, end: int) -> list[str]:
    """The names that a typedef gives a struct itself, behind the brace that ends it."""
    return [name.decode() for stars, name in _behind(code, end) if not stars]


def _behind(code: bytes, end: int) -> list[tuple[bytes, bytes]]:
    """The names behind a brace, each with the stars in front of it."""
    stop = code.find(b";", end)
    text = code[end + 1 : stop if stop >= 0 else end + 1]
    if b"(" in text or b" " in text.strip():
        text = re.sub(_ATTRIBUTES, b"", text)
    found = (_NAME_BEHIND.fullmatch(part) for part in text.split(b","))
    return [(name[1], name[2]) for name in found if name is not None]


def typedef_before(code: bytes, position: int) -> int | None:
    """Where the word ``typedef`` begins that stands before a place, with nothing but white space between, or None."""
    size = 64
    while not (before := _unqualified(code[max(0, position - size) : position])) and size < position:
        size *= 4
    end = max(0, position - size) + len(before)
    begin = end - len(_WORD)
    if begin < 0 or code[begin:end] != _WORD:
        return None
    return None if code[max(0, begin - 1) : begin].isalnum() or code[max(0, begin - 1) : begin] == b"_" else begin


def _unqualified(text: bytes) -> bytes:
    """A text without white space and ``const`` at its end."""
    return re.sub(rb"\b(?:const|volatile)$", b"", text.rstrip()).rstrip()

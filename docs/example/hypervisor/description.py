"""A guest's description: one frozen value, and its XML.

    <guest>
      <name>web</name>
      <uuid>0b8b6d5e-6a0f-4c1b-9a57-6c1f2e1c9d10</uuid>
      <title>Web server</title>
      <memory unit="KiB">65536</memory>
      <vcpus>2</vcpus>
      <disk format="qcow2">/srv/web.qcow2</disk>
    </guest>

Descriptions come from outside, so parsing is strict: unknown input is refused, never
dropped, and a document type is refused before the parser sees it (entities can name files and
grow without bound). `parse(format(d)) == d` for every valid description. A guest without a
UUID gets one when it is defined.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from .errors import DescriptionError

MAX_CHARACTERS = 64 * 1024
MAX_TITLE = 200
MAX_MEMORY_KIB = 2**40
MAX_VCPUS = 4096
MAX_DISKS = 4
MAX_PATH = 1024
FORMATS = ("raw", "qcow2")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Disk:
    """A disk of a guest, in a file of its host; raises DescriptionError for a path or a format."""

    path: str
    format: str = "raw"

    def __post_init__(self) -> None:
        """Refuse what could not be written out and read back, or depends on a folder."""
        path = self.path
        plain = path.isprintable() and path == path.strip() and len(path) <= MAX_PATH
        if not plain or not path.startswith("/"):
            raise DescriptionError(
                f"disk {path[:40]!r}: expected a path from the root, of at most {MAX_PATH}"
                " printable characters"
            )
        if self.format not in FORMATS:
            raise DescriptionError(
                f"format {self.format[:40]!r} of disk {path!r}: expected {' or '.join(FORMATS)}"
            )


@dataclass(frozen=True)
class GuestDescription:
    """What a guest is; raises DescriptionError when a value is out of range."""

    name: str
    memory_kib: int = 64 * 1024
    vcpus: int = 1
    title: str = ""
    uuid: str = ""
    disks: tuple[Disk, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that could not be written out and read back."""
        if not _NAME.fullmatch(self.name):
            raise DescriptionError(
                f"name {self.name!r}: expected 1 to 64 letters, digits, dots, dashes or"
                " underscores, a letter or digit first"
            )
        if self.uuid and not _UUID.fullmatch(self.uuid):
            raise DescriptionError(f"uuid {self.uuid[:40]!r}: expected 8-4-4-4-12 lowercase digits")
        _check_range("memory", self.memory_kib, MAX_MEMORY_KIB)
        _check_range("vcpus", self.vcpus, MAX_VCPUS)
        printable = self.title.isprintable() and self.title == self.title.strip()
        if not printable or len(self.title) > MAX_TITLE:
            raise DescriptionError(
                f"title {self.title[:40]!r}: expected at most {MAX_TITLE} printable characters,"
                " no space at either end"
            )
        if len(self.disks) > MAX_DISKS:
            raise DescriptionError(f"{len(self.disks)} disks: expected at most {MAX_DISKS}")
        paths = [disk.path for disk in self.disks]
        for path in paths:
            if paths.count(path) > 1:
                raise DescriptionError(f"disk {path!r} stands twice")


def parse(text: str) -> GuestDescription:
    """Read a description from XML; raise DescriptionError saying what is wrong with it."""
    if len(text) > MAX_CHARACTERS:
        raise DescriptionError(f"description is longer than {MAX_CHARACTERS} characters")
    if "<!DOCTYPE" in text:
        raise DescriptionError("description has a document type, which is never needed")
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError) as error:  # ValueError: lone surrogates
        raise DescriptionError(f"description is not well-formed XML: {error}") from error
    fields, disks = _fields(root)
    if "name" not in fields:
        raise DescriptionError("description has no <name>")
    default = GuestDescription(name="default")
    return GuestDescription(
        name=fields["name"],
        memory_kib=_number("memory", fields.get("memory", str(default.memory_kib))),
        vcpus=_number("vcpus", fields.get("vcpus", str(default.vcpus))),
        title=fields.get("title", default.title),
        uuid=fields.get("uuid", default.uuid).lower(),
        disks=tuple(disks),
    )


def format(description: GuestDescription) -> str:
    """Write a description as XML that `parse` reads back to an equal value."""
    root = ET.Element("guest")
    ET.SubElement(root, "name").text = description.name
    if description.uuid:
        ET.SubElement(root, "uuid").text = description.uuid
    if description.title:
        ET.SubElement(root, "title").text = description.title
    ET.SubElement(root, "memory", unit="KiB").text = str(description.memory_kib)
    ET.SubElement(root, "vcpus").text = str(description.vcpus)
    for disk in description.disks:
        ET.SubElement(root, "disk", format=disk.format).text = disk.path
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _fields(root: ET.Element) -> tuple[dict[str, str], list[Disk]]:
    if root.tag != "guest" or root.attrib or (root.text or "").strip():
        raise DescriptionError(f"expected a plain <guest> element, found <{root.tag}>")
    fields: dict[str, str] = {}
    disks: list[Disk] = []
    for element in root:
        if element.tag not in ("name", "uuid", "title", "memory", "vcpus", "disk"):
            raise DescriptionError(f"unknown element <{element.tag}>")
        if element.tag in fields:
            raise DescriptionError(f"<{element.tag}> stands twice")
        if len(element) or (element.tail or "").strip():
            raise DescriptionError(f"<{element.tag}> is not plain text")
        text = (element.text or "").strip()
        if element.tag == "disk" and element.attrib.keys() <= {"format"}:
            disks.append(Disk(text, **element.attrib))
            continue
        allowed = {"unit": "KiB"} if element.tag == "memory" else {}
        if element.attrib and element.attrib != allowed:
            raise DescriptionError(f"<{element.tag}> has unknown attributes {element.attrib}")
        fields[element.tag] = text
    return fields, disks


def _number(what: str, text: str) -> int:
    # int() alone would take "1_000", "+1" and digits of other scripts.
    if not _NUMBER.fullmatch(text):
        raise DescriptionError(f"{what} {text[:40]!r}: expected a whole number")
    return int(text)


def _check_range(what: str, value: int, maximum: int) -> None:
    if not 1 <= value <= maximum:
        raise DescriptionError(f"{what} {value}: expected 1 to {maximum}")

"""The program that a guest of the `qemu` driver runs: firmware that counts ticks in its memory.

The machine has no operating system, so this is all the software in it. It runs in real
mode, sleeps, and is woken 200 times a second by the timer (an Intel 8254) through the interrupt
controller (8259A); each time it adds 1 to a 64-bit number at COUNTER_ADDRESS. At each tick it also
looks whether the power button was pressed and if so switches the machine off, through the ACPI
registers of the chip set (PIIX4, PCI device 0:1.3). Where the machine has a disk, it writes the
number there too, with what stands behind it in memory: to the first sector (IDE, first channel), at
each tick at which the disk is not busy.

The bytes are assembled by hand; behind each stands what it means in Intel's notation. The ports and
registers are those of the chips' data sheets.
"""

from __future__ import annotations

import struct

TICKS_PER_SECOND = 200
COUNTER_ADDRESS = 0x1000
COUNTER_SIZE = 8
# Behind the counter stands what tells this life of the guest from all others; the firmware does not
# touch it, and QEMU puts it there before the machine begins.
LIFE_ADDRESS = 0x1008
LIFE_SIZE = 8
# What the firmware can reach in real mode, and so all that a guest holds.
REACH = 1024 * 1024

_TIMER_HERTZ = 1_193_182
_SIZE = 64 * 1024
# Where the image's parts stand. The processor sees the image at F000:0000 and begins at F000:FFF0.
_TICK = 0x0100
_RESET = 0xFFF0

_SETUP = (
    "FA"  # cli
    "31C0 8ED8 8ED0"  # xor ax, ax; mov ds, ax; mov ss, ax
    "BC0070"  # mov sp, 0x7000
    # A reset keeps the memory, and a guest that starts over has none.
    "66C706 0010 00000000"  # mov dword [0x1000], 0
    "66C706 0410 00000000"  # mov dword [0x1004], 0
    # Interrupt 8, where the timer is sent below: F000:0100.
    "C706 2000 0001"  # mov word [0x20], 0x0100
    "C706 2200 00F0"  # mov word [0x22], 0xF000
    # Interrupt controller: initialise, interrupts from 8, second controller at line 2, 8086 mode.
    "B011 E620 B008 E621"  # mov al, 0x11; out 0x20, al; mov al, 8; out 0x21, al
    "B004 E621 B001 E621"  # mov al, 4; out 0x21, al; mov al, 1; out 0x21, al
    "B0FE E621"  # mov al, 0xFE; out 0x21, al -- only line 0, the timer
    # Timer: channel 0, both bytes, mode 2 (over and over); the divisor follows.
    "B034 E643"  # mov al, 0x34; out 0x43, al
)

_ACPI = (
    # PIIX4: PMBASE (0x40) to 0x600, then switched on in PMREGMISC (0x80).
    "BAF80C 66B8400B0080 66EF"  # mov dx, 0xCF8; mov eax, 0x80000B40; out dx, eax
    "BAFC0C 66B801060000 66EF"  # mov dx, 0xCFC; mov eax, 0x601; out dx, eax
    "BAF80C 66B8800B0080 66EF"  # mov dx, 0xCF8; mov eax, 0x80000B80; out dx, eax
    "BAFC0C B001 EE"  # mov dx, 0xCFC; mov al, 1; out dx, al
    "BA0206 B80001 EF"  # mov dx, 0x602; mov ax, 0x100; out dx, ax -- power button counts
    "FB"  # sti
    "F4 EBFD"  # hlt; jmp to the hlt
)

_ON_TICK = (
    "668306 0010 01"  # add dword [0x1000], 1
    "668316 0410 00"  # adc dword [0x1004], 0
    "BA0006 ED F6C401 7407"  # mov dx, 0x600; in ax, dx; test ah, 1; jz +7 -- no button
    "BA0406 B80020 EF"  # mov dx, 0x604; mov ax, 0x2000; out dx, ax -- soft off
    # The disk: is it ready, and not busy? Where there is none, its status is 0.
    "BAF701 EC 24C0 3C40 7521"  # mov dx, 0x1F7; in al, dx; and al, 0xC0; cmp al, 0x40; jne +33
    "BAF201 B001 EE"  # mov dx, 0x1F2; mov al, 1; out dx, al -- one sector,
    "42 30C0 EE 42 EE 42 EE"  # inc dx; xor al, al; out dx, al; twice more -- the first one
    "42 B0E0 EE 42 B030 EE"  # inc dx; mov al, 0xE0; out dx, al; inc dx; mov al, 0x30; out dx, al
    "BE0010 BAF001 B90001 F36F"  # mov si, 0x1000; mov dx, 0x1F0; mov cx, 256; rep outsw
    "B020 E620 CF"  # mov al, 0x20; out 0x20, al; iret
)

_ON_RESET = "EA 0000 00F0"  # jmp far F000:0000


def image() -> bytes:
    """Give the firmware as the 64 KiB that QEMU's option -bios takes."""
    low, high = struct.pack("<H", round(_TIMER_HERTZ / TICKS_PER_SECOND))
    divisor = bytes([0xB0, low, 0xE6, 0x40, 0xB0, high, 0xE6, 0x40])  # mov al, n; out 0x40, al
    parts = {
        0: bytes.fromhex(_SETUP) + divisor + bytes.fromhex(_ACPI),
        _TICK: bytes.fromhex(_ON_TICK),
        _RESET: bytes.fromhex(_ON_RESET),
    }
    image = bytearray(_SIZE)
    for start, part in parts.items():
        image[start : start + len(part)] = part
    return bytes(image)


def unpack_counter(memory: bytes) -> int:
    """Read the ticks from the COUNTER_SIZE bytes at COUNTER_ADDRESS; ValueError for others."""
    if len(memory) != COUNTER_SIZE:
        raise ValueError(f"the counter has {len(memory)} bytes, not {COUNTER_SIZE}")
    return int.from_bytes(memory, "little")

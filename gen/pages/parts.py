"""What page objects of all kinds are put together from: links, texts, the frame, the tools above a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere.

    Attributes:
        text: what is printed.
        href: relative to the page it stands on, or an address on the web.
        current: it leads to the page it stands on.
        title: more words, for a tooltip; or None.
    """

    text: str
    href: str
    current: bool = False
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text with a link behind it where there is one."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages share.

    Attributes:
        title: of the document, for the browser's tab.
        description: one sentence for search engines and previews.
        site: title of the project, leading to the index.
        release: "for release 9.0.0", or None where nobody says.
        nav: links of the header.
        stylesheet, script: relative addresses.
        policy: the content security policy.
        generator: program and version.
        skip: link to the main part, for keyboards.
        nav_label: name of the navigation, for screen readers.
        alarm: "3 findings", leading to the list, or None.
        alarm_text: what that means.
        data: links to the exports.
        footer: last line.
    """

    title: str
    description: str
    site: Link
    release: str | None
    nav: tuple[Link, ...]
    stylesheet: str
    script: str
    policy: str
    generator: str
    skip: Link
    nav_label: str
    alarm: Link | None
    alarm_text: str
    data: tuple[Link, ...]
    footer: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick in a filter, or one line of a legend."""

    value: str
    text: str
    css: str
    sample: str
    count: str


@dataclass(frozen=True, slots=True)
class Filters:
    """The tools above a table; they need the script and are hidden without it.

    Attributes:
        label, placeholder, key: of the search box; ``key`` is the key that leads to it.
        drivers_label, drivers: the driver picker; empty where a page has one driver only.
        states_label, states: the states to pick from.
        every, none, reset: texts of buttons.
        summary: what is announced, with ``{shown}`` and ``{total}`` in it.
        nothing: said when no row is left.
        chosen: text of the driver picker, with ``{count}`` and ``{total}`` in it.
        keys: how to move in the table with the keyboard.
    """

    label: str
    placeholder: str
    key: str
    drivers_label: str
    drivers: tuple[Choice, ...]
    states_label: str
    states: tuple[Choice, ...]
    every: str
    none: str
    reset: str
    summary: str
    nothing: str
    chosen: str
    keys: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a list of facts: a name and its values."""

    name: str
    values: tuple[Text, ...]

"""Values shared by pages: links, texts, the frame, the tools above a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A link.

    Attributes:
        current: it points to its own page.
    """

    text: str
    href: str
    current: bool = False
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text with an optional link."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What all pages share.

    Attributes:
        title: of the document, for the browser's tab.
        description: one sentence for search engines and previews.
        nav: links of the header.
        stylesheet, script: relative addresses.
        generator: program and version.
        skip: skip link to the content.
        nav_label: name of the navigation, for screen readers.
        alarm: "3 findings", linked to the list, or None.
        alarm_text: printed after it.
        data: links to the exports.
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
    """One checkbox of a filter, or one line of a legend."""

    value: str
    text: str
    css: str
    sample: str
    count: str


@dataclass(frozen=True, slots=True)
class Filters:
    """The tools above a table; hidden without JavaScript.

    Attributes:
        label, placeholder, key: of the search box; ``key`` is its keyboard shortcut.
        drivers_label, drivers: the driver picker; empty on the page of a single driver.
        states_label, states: the states to pick from.
        every, none, reset: texts of buttons.
        summary: the result, with ``{shown}`` and ``{total}``.
        nothing: the result when no row matches.
        chosen: text of the driver picker, with ``{count}`` and ``{total}``.
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
    """A name and its values in a list of facts."""

    name: str
    values: tuple[Text, ...]

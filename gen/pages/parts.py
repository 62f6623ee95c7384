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
        release: of the project, or None if unknown; ``release_title`` explains it.
        nav: links of the header.
        stylesheet, script, icon, logo: relative addresses.
        generator: program and version.
        skip: skip link to the content.
        nav_label: name of the navigation, for screen readers.
        alarm: "3 findings", linked to the list, or None.
        alarm_text: printed after it.
        data: links to the exports.
        address: absolute address of the page, or nothing if the configuration does not say where the site is.
        feed: the feed of changes, or None.
        card: the picture for previews and what it shows, or None if the configuration does not say where the site is.
        early: address of the script that hides a table until its filters are applied.
    """

    title: str
    description: str
    site: Link
    release: str | None
    release_title: str
    nav: tuple[Link, ...]
    stylesheet: str
    script: str
    icon: str
    logo: str
    policy: str
    generator: str
    skip: Link
    nav_label: str
    alarm: Link | None
    alarm_text: str
    data: tuple[Link, ...]
    footer: str
    address: str = ""
    feed: Link | None = None
    early: str = ""
    card: Link | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One checkbox of a filter, or one line of a legend."""

    value: str
    text: str
    css: str
    sample: str
    count: str


@dataclass(frozen=True, slots=True)
class History:
    """The choice of releases: the matrix as of one, and what changed since another.

    Attributes:
        releases: those that annotations name, oldest first; without any there is no choice.
        label: of the slider and its menu.
        now: the last position of the slider.
        summary, between: text of the menu, with ``{release}`` and ``{since}``.
        since, all: label of the list of releases, and its first line.
        younger: how many rows are about calls that are newer, with ``{number}`` and ``{release}``.
        spoken: a cell as of a release, with ``{text}`` and ``{release}``.
        unknown, removed, gained, lost: words for cells.
    """

    releases: tuple[str, ...]
    label: str
    now: str
    summary: str
    between: str
    since: str
    all: str
    younger: str
    spoken: str
    unknown: str
    removed: str
    gained: str
    lost: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a copy of the table says of itself.

    Attributes:
        as_of, between: its caption, with ``{title}``, ``{release}`` and ``{since}``.
        columns: names of the columns after those of the drivers: notes, release, and the release it is compared with.
    """

    as_of: str
    between: str
    columns: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Filters:
    """The tools above a table; hidden without JavaScript.

    Attributes:
        label, placeholder, key: of the search box; ``key`` is its keyboard shortcut.
        drivers_label, drivers: the driver picker; empty on the page of a single driver.
        states_label, states: the states to pick from.
        every, none, reset: texts of buttons.
        every_row, every_driver: result and text of the driver picker while nothing is chosen: the room that they need.
        summary: the result, with ``{shown}`` and ``{total}``.
        nothing: the result when no row matches.
        chosen: text of the driver picker, with ``{count}`` and ``{total}``.
        differ, differs: the choice of rows in which the drivers differ; the first is all rows.
        share, takes: the menu of ways to take the table along; ``sample`` of one says that it is done.
        taken: texts for what is taken along.
        empty: the choice to hide drivers that support none of the rows.
        dense: the choice of a smaller scale.
        order, orders: the order of the rows in their groups; the first is the declared one.
        columns, column_orders: the same of the drivers.
    """

    label: str
    placeholder: str
    key: str
    drivers_label: str
    every_driver: str
    drivers: tuple[Choice, ...]
    states_label: str
    states: tuple[Choice, ...]
    every: str
    none: str
    reset: str
    summary: str
    every_row: str
    nothing: str
    chosen: str
    differ: str
    differs: tuple[Choice, ...]
    history: History
    share: str
    takes: tuple[Choice, ...]
    taken: Taken
    empty: str
    dense: str
    order: str
    orders: tuple[Choice, ...]
    columns: str
    column_orders: tuple[Choice, ...]
    keys: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its values in a list of facts."""

    name: str
    values: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell as a line of a list: the page of a driver has one for each entry, that of an entry for each driver."""

    css: str
    past: tuple[str, ...]
    text: str
    tail: str | None
    state: str
    how: str
    notes: tuple[str, ...]
    place: Text | None
    findings: tuple[str, ...]

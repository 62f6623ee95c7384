"""PAGE003: a theme, logo or template of the project that cannot be used."""

from __future__ import annotations

from .base import EXAMPLE_CONFIG, Example, Expected, Rule, elsewhere, example_start

_SOURCE = example_start("1.2.0")


def _look(key: str, **files: str) -> dict[str, str]:
    return {"hvsupport.toml": f"{key}\n{EXAMPLE_CONFIG}", **files}


RULE = Rule(
    code="PAGE003",
    name="broken-theme",
    summary="A theme, logo or template of the project cannot be read, or a template fails.",
    why="""\
The site would look other than the project wants, and a template that fails on one page may be noticed by readers
first.""",
    notes="""\
The site is made in any case, with its own stylesheet, icon and templates in place of those that failed. The
[page about pages](pages.md#templates) says what templates can use.""",
    command="docs",
    valid=(
        Example(
            "a stylesheet",
            _SOURCE,
            files=_look('theme = "look.css"', **{"look.css": ":root { --supported: #dff5e3; }\n"}),
        ),
        Example(
            "a template",
            _SOURCE,
            files=_look(
                'templates = "look"', **{"look/news.html.j2": "{% for line in lines %}{{ line.words }}{% endfor %}\n"}
            ),
        ),
    ),
    invalid=(
        Example(
            "no such stylesheet",
            _SOURCE,
            (Expected(1, "the file of 'theme' was not used: No such file", "hvsupport.toml"),),
            files=_look('theme = "look.css"', **{"style.css": ":root { --supported: #dff5e3; }\n"}),
        ),
        Example(
            "not the name of a template",
            _SOURCE,
            (Expected(1, "the site has no template of this name", "look/new.html.j2"),),
            files=_look('templates = "look"', **{"look/new.html.j2": "x\n"}),
        ),
        Example(
            "a template that fails",
            _SOURCE,
            (Expected(2, "has no attribute 'word'", "look/news.html.j2"),),
            files=_look(
                'templates = "look"', **{"look/news.html.j2": "{% for line in lines %}\n{{ line.word }}{% endfor %}\n"}
            ),
        ),
    ),
    check=elsewhere,
)

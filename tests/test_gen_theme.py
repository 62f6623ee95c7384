"""What a project brings for the look of its site: a stylesheet, a logo and templates, which stay in a sandbox."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from base64 import b64encode
from pathlib import Path
from types import CodeType

import gen_builder as b
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hvsupport.annotate.config import load
from hvsupport.gen import render, site, theme, views

HEAD = "title = 'Example'\n"
PIXEL = b"\x89PNG picture"
VIEWS = Path(__file__).parent / "data" / "views.json"


def build(root: Path, config: str, files: dict[str, str | bytes]) -> site.Site:
    (root / "hvsupport.toml").write_text(HEAD + config)
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return site.build(b.every_kind(), settings=site.Settings(theme=theme.load(load.load(root=root))))


def said(made: site.Site) -> list[str]:
    return [f"{one.place.path}:{one.place.line}: {one.message}" for one in made.findings]


def test_a_stylesheet_comes_after_ours(tmp_path: Path) -> None:
    made = build(tmp_path, 'theme = "t.css"\naccent = "#112233"', {"t.css": ":root { --supported: red; }\n"})
    assert made.findings == ()
    text = made.files["hvsupport.css"].decode()
    assert text.endswith(":root { --supported: red; }\n")
    assert text.index("--accent: #112233") < text.index("--supported: red")


@pytest.mark.parametrize(("name", "kind"), [("l.svg", "svg+xml"), ("art/L.PNG", "png"), ("l.jpeg", "jpeg")])
def test_a_logo_stands_in_the_header_and_in_the_icon(tmp_path: Path, name: str, kind: str) -> None:
    made = build(tmp_path, f'logo = "{name}"', {name: PIXEL})
    ending = name.lower().rpartition(".")[2]
    assert made.findings == ()
    assert made.files[f"hvsupport-logo.{ending}"] == PIXEL
    assert f'<img src="../hvsupport-logo.{ending}"' in made.files["drivers/full.html"].decode()
    icon = made.files["hvsupport-icon.svg"].decode()
    assert f'href="data:image/{kind};base64,{b64encode(PIXEL).decode()}"' in icon


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('theme = "no.css"', "hvsupport.toml:2: the file of 'theme' was not used: No such file or directory"),
        ('theme = "bad.css"', "bad.css:1: the file of 'theme' was not used: not UTF-8 (byte 1)"),
        ('logo = "no.svg"', "hvsupport.toml:2: the file of 'logo' was not used: No such file or directory"),
        ('logo = "bad.css"', "hvsupport.toml:2: the logo is not a picture that browsers show"),
    ],
)
def test_what_cannot_be_used_is_a_finding(tmp_path: Path, config: str, message: str) -> None:
    made = build(tmp_path, config, {"bad.css": b"a\xff"})
    assert [line.startswith(message) for line in said(made)] == [True]
    assert made.files == site.build(b.every_kind()).files


@pytest.mark.parametrize("config", ['theme = "out.css"', 'logo = "out.css"', 'templates = "out"', 'templates = "../x"'])
def test_nothing_outside_the_root_is_used(tmp_path: Path, config: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "driver.html.j2").write_text("secret")
    (tmp_path / "secret.css").write_text("secret")
    (root / "out.css").symlink_to("../secret.css")
    (root / "out").symlink_to("../x")
    made = build(root, config, {})
    assert [one.place.line for one in load.load(root=root).problems if one.place.line > 1] == [2]
    assert made.files == site.build(b.every_kind()).files


def test_a_template_that_leads_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "root" / "look").mkdir(parents=True)
    (tmp_path / "root" / "look" / "driver.html.j2").symlink_to("../../secret")
    made = build(tmp_path / "root", 'templates = "look"', {})
    assert ["outside the root" in line for line in said(made)] == [True]
    assert b"secret" not in made.files["drivers/full.html"]


OVERRIDE = """\
{% extends "hvsupport/driver.html.j2" %}
{% block head %}<meta name="theme" content="ours, {{ views }}">{% endblock %}
{% block footer %}<footer>{{ page.heading }}: {{ page.facts[1].name }}, {{ "<b>" }}</footer>{% endblock %}
"""


def test_a_template_replaces_one_of_ours_and_can_extend_it(tmp_path: Path) -> None:
    plain = site.build(b.every_kind())
    made = build(tmp_path, 'templates = "look"', {"look/driver.html.j2": OVERRIDE})
    assert made.findings == ()
    page = made.files["drivers/full.html"].decode()
    assert f'<meta name="theme" content="ours, {render.VIEWS}">' in page
    assert "<footer>full: Driver since, &lt;b&gt;</footer>" in page
    assert '<table class="list entries"' in page
    assert "Content-Security-Policy" in page
    assert made.files["hvsupport.html"] == plain.files["hvsupport.html"]


def test_a_part_of_several_pages_can_be_replaced(tmp_path: Path) -> None:
    text = '{% from "hvsupport/parts.html.j2" import linked %}<p>{{ table.columns | length }} drivers</p>'
    made = build(tmp_path, 'templates = "look"', {"look/table.html.j2": text})
    assert made.findings == ()
    assert b"<p>2 drivers</p>" in made.files["hvsupport.html"]


def test_a_template_is_compiled_once_and_again_when_its_text_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []
    compile_ = ImmutableSandboxedEnvironment.compile

    def counted(self: ImmutableSandboxedEnvironment, source: str, *rest: object) -> CodeType:
        compiled.append(source)
        return compile_(self, source, *rest)

    monkeypatch.setattr(ImmutableSandboxedEnvironment, "compile", counted)
    pages = [
        build(tmp_path, 'templates = "look"', {"look/table.html.j2": text}).files["hvsupport.html"]
        for text in ("<p>one</p>", "<p>one</p>", "<p>two</p>", "<p>one</p>")
    ]
    assert [b"<p>one</p>" in page for page in pages] == [True, True, False, True]
    assert b"<p>two</p>" in pages[2]
    assert [text for text in compiled if text.startswith("<p>")] == ["<p>one</p>", "<p>two</p>", "<p>one</p>"]
    others = [text for text in compiled if not text.startswith("<p>")]
    assert len(others) == len(set(others))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\n{% if %}", 2, "Expected an expression, got 'end of statement block'"),
        ("a\n\n{{ page.nothing }}", 3, "has no attribute 'nothing'"),
        ("{{ nothing }}", 1, "'nothing' is undefined"),
        ("\n{{ page.heading + 1 }}", 2, 'can only concatenate str (not "int") to str'),
        ("{{ ''.__class__.__mro__ }}", 1, "access to attribute '__class__' of 'str' object is unsafe"),
        ("{{ page.groups.__init__.__globals__ }}", 1, "is unsafe"),
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", 1, "is unsafe"),
        ("{% for x in range(999999999) %}{% endfor %}", 1, "Range too big"),
        ('{% include "/etc/passwd" %}', 1, "/etc/passwd"),
        ('{% include "../../../etc/passwd" %}', 1, "etc/passwd"),
    ],
)
def test_a_template_that_fails_or_leaves_its_sandbox_is_a_finding(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    made = build(tmp_path, 'templates = "look"', {"look/driver.html.j2": text})
    found = said(made)
    assert len(found) == 1
    assert found[0].startswith(f"look/driver.html.j2:{line}: the template failed: ")
    assert message in found[0]
    assert made.files["drivers/full.html"] == site.build(b.every_kind()).files["drivers/full.html"]


def test_a_template_of_an_unknown_name_is_a_finding_with_a_tip(tmp_path: Path) -> None:
    made = build(tmp_path, 'templates = "look"', {"look/drivers.html.j2": "x", "look/sub/driver.html.j2": "x"})
    assert [(one.place.path, one.tip) for one in made.findings] == [
        ("look/drivers.html.j2", "did you mean 'driver.html.j2'?"),
        ("look/sub/driver.html.j2", "did you mean 'driver.html.j2'?"),
    ]


def test_templates_get_what_their_version_promises() -> None:
    """An attribute that goes, or changes its meaning, breaks templates of others: then VIEWS must rise.

    HVSUPPORT_UPDATE=1 writes the file anew.
    """
    now = {kind.__name__: [field.name for field in dataclasses.fields(kind)] for kind in views.every()}
    if "HVSUPPORT_UPDATE" in os.environ:
        VIEWS.write_text(json.dumps({"version": render.VIEWS, "views": now}, indent=1) + "\n")
    told = json.loads(VIEWS.read_text())
    gone = [f"{kind}.{name}" for kind, names in told["views"].items() for name in set(names) - set(now.get(kind, ()))]
    assert told["version"] < render.VIEWS or gone == [], "raise VIEWS in gen/render.py"
    assert told == {"version": render.VIEWS, "views": now}


def test_the_page_of_views_names_every_template() -> None:
    ours = {path.name for path in (Path(__file__).parent.parent / "templates").glob("*.j2")}
    assert set(re.findall(r"`(\w+\.\w+\.j2)`", views.markdown())) == ours

"""SARIF 2.1.0, the format of code scanning services.

Paths are relative to ``%SRCROOT%``, which the consumer fills in: a log must not name the folder of a checkout. The
fingerprint of a finding is made from its identity, not from its line, so that moved code is not reported as new.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from json import dumps
from urllib.parse import quote

from .. import __version__
from ..findings import Finding
from ..rules import CODES, load
from ..rules.base import Rule
from ..rules.essay import markdown
from . import Style
from .limits import RESULTS, cut
from .text import details
from .visible import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"


def render(findings: Sequence[Finding], style: Style) -> str:
    """A log with one run; without findings its results are empty, never absent."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(findings, style)]}
    return dumps(log, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _run(findings: Sequence[Finding], style: Style) -> dict[str, object]:
    codes = [*CODES, *sorted({finding.code for finding in findings} - set(CODES))]
    rules = [_rule(load(code)) if code in CODES else {"id": code} for code in codes]
    seen: Counter[tuple[str, str, str, str]] = Counter()
    results = []
    for finding in findings[:RESULTS]:
        results.append(_result(finding, codes.index(finding.code), seen[finding.identity], style))
        seen[finding.identity] += 1
    run: dict[str, object] = {
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "results": results,
        "tool": {"driver": {"name": "hvsupport", "version": __version__, "rules": rules}},
    }
    if len(findings) > RESULTS:
        note = {"level": "warning", "message": {"text": cut(len(findings))}}
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": [note]}]
    return run


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join(rule.why.split())},
        "help": {"text": f"{rule.summary}\n\n{rule.why}", "markdown": markdown(rule)},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, index: int, earlier: int, style: Style) -> dict[str, object]:
    text = "\n".join([visible(finding.message), *(line.strip() for line in details(finding))])
    region = {"startLine": finding.place.line, "startColumn": finding.place.column}
    artifact = {"uri": _uri(style.in_repository(finding.place.path)), "uriBaseId": _ROOT}
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
        "partialFingerprints": {"hvsupportIdentity/v1": _fingerprint(finding, earlier)},
    }


def _uri(path: str) -> str:
    """A relative reference; names that are not UTF-8 keep their bytes."""
    return quote(path.encode("utf-8", "surrogateescape"))


def _fingerprint(finding: Finding, earlier: int) -> str:
    """The identity and the number of earlier findings with the same one."""
    parts = "\0".join([*finding.identity, str(earlier)])
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()

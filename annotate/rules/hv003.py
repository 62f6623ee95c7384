"""HV003: a release that does not exist, or that is newer than the current one."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..nearest import did_you_mean
from ..release import Release
from .base import (
    EXAMPLE_CONFIG,
    EXAMPLE_HEAD,
    Context,
    Example,
    Expected,
    Rule,
    Written,
    example_start,
    listing,
    problem_findings,
    written,
)

_CODE = "HV003"
_COMING = "is not out yet"
_SHALLOW = "is not among the tags of this shallow clone, which may lack some"


def check(context: Context) -> Iterator[Finding]:
    """Check every release, including those in annotations that no cell uses."""
    # A tree repeats few texts many times: each is checked once.
    good: set[str] = set()
    for annotation in written(context):
        if annotation.text in good:
            continue
        faults = [(release, fault) for release in annotation.releases if (fault := why_not(context, release))]
        if not faults:
            good.add(annotation.text)
        for release, fault in faults:
            yield _finding(context, annotation, release, fault)
    yield from problem_findings(context, _CODE)


def why_not(context: Context, release: Release) -> str | None:
    """Why an annotation may not name a release, as the end of a sentence; None if it may."""
    if release.is_next:
        return None
    current = context.current
    if current is not None and release > current:
        made = "the release being made" if context.gate is not None else "the current release"
        return f"is newer than {made}, {current}"
    if release == current != context.gate and context.config.say_next and not context.catalogue.is_known(release):
        return _COMING
    if context.is_known(release):
        return None
    return _SHALLOW if context.config.shallow else "is not a release of this project"


def _finding(context: Context, annotation: Written, release: Release, fault: str) -> Finding:
    known = [str(one) for one in context.catalogue.known or ()]
    if fault is _COMING or fault.startswith("is newer"):
        tip: str | None = "write 'next'; 'hvsupport stamp' replaces it with the release"
    elif fault is _SHALLOW:
        tip = f"fetch all tags with 'git fetch --tags' (in CI: fetch-depth 0); here are {listing(known)}"
    else:
        tip = did_you_mean(release.text, known)
    return Finding(
        code=_CODE,
        place=annotation.place,
        message=f"{release} {fault}" + (f" ({annotation.subject})" if annotation.subject.owner else ""),
        found=annotation.text,
        expected=_expected(context, known, fault),
        tip=tip,
        driver=annotation.subject.owner,
        entry=annotation.subject.entry,
    )


def _expected(context: Context, known: list[str], fault: str) -> str:
    if fault is _SHALLOW:
        return "a release that git has a tag of; or next"
    return f"one of {listing(known)}; or next" if known else f"at most {context.current}; or next"


_COMING_UP = EXAMPLE_CONFIG.replace('release = "1.4.0"', 'release = "1.5.0"')
_SAYS_NEXT = f"say-next = true\n{_COMING_UP}"
RULE = Rule(
    code=_CODE,
    name="unknown-release",
    summary="An annotation names a release that does not exist, or one newer than the current release.",
    why="""\
A mistyped release (`1.1.3` where only `1.1.0` exists) credits a call to a release that was never published. A future
release is a guess, and the annotation goes stale when the plan changes. `next` cannot go stale: the check before a
release finds every `next` that is left.""",
    notes="""\
The known releases come from the configuration, otherwise from git tags; without either, only the order is checked. A
shallow clone may lack tags. A development version counts as the release it leads to. With `check --release X`, the
newest release allowed is X. With [`say-next`](configuration.md#say-next), the current release counts only once it is
known, so that a branch says `next` until the release is tagged.""",
    valid=(
        Example("a known release", example_start("1.2.0")),
        Example("the coming release", example_start("next")),
        Example("the current release, without say-next", example_start("1.5.0"), files={"hvsupport.toml": _COMING_UP}),
        Example("a known release, with say-next", example_start("1.4.0"), files={"hvsupport.toml": _SAYS_NEXT}),
        Example("being made", example_start("1.5.0"), files={"hvsupport.toml": _SAYS_NEXT}, gate="1.5.0"),
    ),
    invalid=(
        Example("never released", example_start("1.1.3"), (Expected(5, "1.1.3 is not a release of this project"),)),
        Example(
            "newer than the current one",
            example_start("1.5.0"),
            (Expected(5, "1.5.0 is newer than the current release"),),
        ),
        Example("a removal counts too", example_start("1.0.0 - 1.2.7"), (Expected(5, "1.2.7 is not a release"),)),
        Example(
            "a deprecation counts too",
            example_start("1.0.0; deprecated 1.2.7"),
            (Expected(5, "1.2.7 is not a release"),),
        ),
        Example(
            "a deprecation in a docstring",
            f"{EXAMPLE_HEAD}    def start(self, guest):\n"
            '        """Start.\n\n        .. versionadded:: 1.0.0\n        .. deprecated:: 1.2.7\n        """\n'
            "        guest.running = True\n",
            (Expected(9, "1.2.7 is not a release"),),
        ),
        Example(
            "an annotation that no cell uses",
            example_start("1.0.0"),
            (Expected(2, "1.0.9 is not a release", "api.py"),),
            files={
                "api.py": "class Driver:\n    def start(self, guest):  # 1.0.9\n        raise NotImplementedError\n"
            },
        ),
        Example(
            "the coming release by its number, with say-next",
            example_start("1.0.0 - 1.5.0"),
            (Expected(5, "1.5.0 is not out yet"),),
            files={"hvsupport.toml": _SAYS_NEXT},
        ),
        Example(
            "the release being made is the newest",
            example_start("1.4.0"),
            (Expected(5, "1.4.0 is newer than the release being made, 1.3.0"),),
            gate="1.3.0",
        ),
    ),
    check=check,
)

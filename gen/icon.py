"""The icon of a site: the project's logo, else the first letter of its title on its accent colour."""

from __future__ import annotations

from base64 import b64encode

#: The accent of a project that sets none.
ACCENT = "#0b57a8"
_LIGHT, _DARK = "#ffffff", "#14171b"
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="{accent}"/>'
    '<text x="16" y="23" font-family="system-ui, sans-serif" font-size="20" font-weight="700" text-anchor="middle" '
    'fill="{ink}">{letter}</text></svg>\n'
)


#: Ending of a picture -> its media type.
PICTURES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
}
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<image width="32" height="32" href="data:{kind};base64,{data}"/></svg>\n'
)


def icon(title: str, accent: str | None, logo: tuple[str, bytes] | None = None) -> bytes:
    """Return the icon as SVG.

    Args:
        title: of the project; its first letter or digit is shown if there is no logo.
        accent: ``#rrggbb``, or None for the default.
        logo: ending of the picture, a key of ``PICTURES``, and its bytes.
    """
    if logo is not None:
        return _LOGO.format(kind=PICTURES[logo[0]], data=b64encode(logo[1]).decode()).encode()
    ground = accent or ACCENT
    letter = next((one for one in title if one.isalnum()), "h")
    return _ICON.format(accent=ground, ink=ink_on(ground), letter=letter.upper()).encode()


def accent_style(accent: str | None) -> bytes:
    """The rule that gives the stylesheet a project's accent; empty without one."""
    return f":root {{ --accent: {accent}; --accent-ink: {ink_on(accent)}; }}\n".encode() if accent else b""


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour (WCAG's relative luminance)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return _DARK if luminance > 0.18 else _LIGHT


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)

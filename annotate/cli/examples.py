"""Examples below the help of a command."""


def examples(*lines: tuple[str, str]) -> str:
    """The text below the help: each command line with what it is for."""
    width = max(len(line) for line, _ in lines)
    return "\n".join(["\b", "Examples:", *(f"  {line:{width}}  {text}" for line, text in lines)])

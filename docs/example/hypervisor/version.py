"""The release of this library, in one place so that drivers and callers cannot disagree."""

VERSION = "1.2.0"

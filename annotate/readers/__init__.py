"""One reader a language: the bytes of one file -> its facts."""

"""Who is meant by a name, across files: modules, headers, definitions, and bases in C3 order."""

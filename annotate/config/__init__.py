"""``hvsupport.toml`` -> ``Config``: every key once, read with the place of what is wrong."""

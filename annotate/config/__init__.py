"""``hvsupport.toml`` -> ``Config``: every key is declared once; problems carry their place."""

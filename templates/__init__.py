"""Templates, the stylesheet and the script of the site, as package data."""

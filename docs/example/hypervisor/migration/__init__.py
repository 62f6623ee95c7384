"""Migration: the steps of the protocols, who drives them, and what happens when one fails."""

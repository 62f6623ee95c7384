"""Protocols: sets of entry points that only work together, such as the steps of a migration.

    resolve      declared families + interfaces -> the support of every driver (with support and spans)
    negotiate    a family + two drivers at two releases -> the best allowed protocol, and why no better one
    pairings     all releases of two drivers against each other
    choose       arguments of the command line -> the drivers, their releases and the family
    words        a negotiation as text and JSON

The tables tell only since when a driver has a function, not whether a migration works.
Modules are imported separately: ``check`` needs only the first.
"""

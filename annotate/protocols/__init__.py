"""Protocols: sets of entry points that only work together, such as the steps of a migration.

    resolve      declared families + interfaces -> what every driver makes of them (with support and spans)
    negotiate    a family + two drivers at two releases -> the best that the tables allow, and why none better
    pairings     all releases of two drivers against each other
    choose       what somebody names on the command line -> the drivers, their releases and the family
    words        a negotiation as text and JSON

The tables say who has which function since when, and no more: whether a migration works they cannot tell.
Each module is imported by itself: ``check`` needs only the first.
"""

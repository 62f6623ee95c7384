"""The tab rule: find files with tabs, classify each tab, and expand those that can go without a change of meaning.

``survey`` lists files, ``find`` reads them, ``languages`` detects their language, ``settings`` has the project's
wishes, ``classify`` asks a grammar what each tab is, ``fix`` expands tabs and verifies the result, and ``inspection``
collects the findings of a file. Nothing here writes files. Grammars are loaded when a tab needs one.
"""

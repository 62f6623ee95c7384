"""The tab rule: find the files, say of each tab what it is, and expand those that can go without a change of meaning.

``survey`` lists files and ``find`` reads them, ``languages`` names them, ``settings`` says what a project wants of
them, ``classify`` asks a grammar what each tab is, ``fix`` rewrites and reads again, and ``inspection`` puts the
findings of a file together. Nothing here writes; a grammar is loaded when a tab needs one.
"""

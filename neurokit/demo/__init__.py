"""The main job: four parts, one report.

Every part is a module of this package with one function

    run(progress) -> dict(title, figures, rows, text)

`progress` is called with one line of text now and then. `figures` is a list of
``(caption, matplotlib Figure)``; `rows` is a list of ``(name, value, band, ok, unit)`` where
`band` is ``(low, high)`` or None and `ok` says whether the value lies in it; `text` is a
paragraph for the report.
"""

PARTS = ("network", "classifier", "rsa", "encoding")


def row(name, value, band=None, unit=""):
    """One line of the table of results; a value outside its band is not ok.

    Examples
    --------
    >>> row("rate", 21.5, (19, 23), "Hz")
    ('rate', 21.5, (19, 23), True, 'Hz')
    """
    value = float(value)
    return name, value, band, band is None or band[0] <= value <= band[1], unit

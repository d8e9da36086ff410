"""Progress of long work on the screen: a tqdm bar, or plain lines where tqdm is not installed."""

import sys


def progress_bar(steps=None, total=None, unit="it"):
    """A bar over `steps`, or one to `update`, `close` by hand; what tqdm's would be."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Lines(steps, total, unit)
    return tqdm(steps, total=total, unit=unit)


class Lines:
    """A line on the error stream at each tenth of the work."""

    def __init__(self, steps=None, total=None, unit="it"):
        if total is None and hasattr(steps, "__len__"):
            total = len(steps)
        self.steps, self.total, self.unit = steps, total, unit
        self.n, self.told = 0, 0

    def update(self, n=1):
        self.n += n
        tenth = int(10 * self.n / self.total + 1e-9) if self.total else 0
        if tenth > self.told:
            self.told = tenth
            print(f"{self.n:g} of {self.total:g} {self.unit} ({tenth * 10} %)", file=sys.stderr)

    def close(self):
        pass

    def __iter__(self):
        for step in self.steps:
            yield step
            self.update()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

"""``python -m neurokit demo --out DIR``: run the parts, write the report, judge the numbers."""

import argparse
import importlib.util
import json
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from neurokit.demo import PARTS
from neurokit.demo.report import shown, write


def environment():
    """One line: processor level, threads, versions."""
    import numpy

    from neurokit import _core

    info = _core.info()
    return (
        f"neurokit {info['version']} · CPU level {info['cpu_level']} · {info['threads']} threads · "
        f"{' '.join(info['blas'].split()[:2])} · {info['compiler']} · Python {platform.python_version()} · "
        f"NumPy {numpy.__version__} · {time.strftime('%d %B %Y')}"
    )


def run_part(name, say):
    """Run one part; a part that raises becomes a failed row with its traceback."""
    start = time.perf_counter()
    try:
        module = importlib.import_module(f"neurokit.demo.{name}")
        part = dict(module.run(lambda text: say(f"  {text}")))
    except Exception as error:
        part = {
            "title": name,
            "figures": [],
            "text": f"This part did not finish: {error}",
            "rows": [(f"{name}: finished", "no", None, False, "")],
            "error": traceback.format_exc(),
        }
        say(part["error"])
    part["seconds"] = time.perf_counter() - start
    return part


def print_table(rows, file):
    """The rows as aligned text."""
    wide = max(len(line[0]) for line in rows)
    for name, value, band, ok, unit in rows:
        got, wanted = shown(value, band, unit)
        judged = "" if band is None and ok else "ok" if ok else "OUT OF BAND"
        line = f"{name:<{wide}}  {got:>12}  {wanted:<20} {judged}"
        print(line.rstrip(), file=file)


def main(argv=None):
    """Entry of the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m neurokit demo", description=__doc__)
    parser.add_argument("--out", default="demo-report", help="folder for report.html")
    parser.add_argument("--only", help=f"some of: {','.join(PARTS)}")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args(argv)
    names = options.only.split(",") if options.only else list(PARTS)
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        parser.error(f"no part named {', '.join(unknown)}; the parts are {', '.join(PARTS)}")

    needed = {
        "matplotlib": "matplotlib",
        **({"sklearn": "scikit-learn"} if "classifier" in names else {}),
    }
    missing = [
        title for module, title in needed.items() if importlib.util.find_spec(module) is None
    ]
    if missing:
        parser.error(
            f"the demo needs {' and '.join(missing)}: pip install '.[demo]' in the checkout, or "
            f"pip install 'neurokit-c[demo]'"
        )
    try:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=options.out):
            pass
    except OSError as error:
        parser.error(f"--out {options.out}: the report cannot be written there ({error.strerror})")

    def say(text):
        print(text, file=sys.stderr, flush=True)

    parts = []
    for count, name in enumerate(names, 1):
        say(f"[{count}/{len(names)}] {name}")
        parts.append(run_part(name, say))
    rows = [line for part in parts for line in part["rows"]]
    line = environment()
    path = write(f"{options.out}/report.html", parts, line)
    wrong = [r for r in rows if not r[3]]
    if options.json:
        keys = ("name", "value", "band", "ok", "unit")
        found = [dict(zip(keys, r, strict=True)) for r in rows]
        print(json.dumps({"environment": line, "report": str(path), "rows": found}, default=float))
    else:
        print(f"\n{line}\n")
        print_table(rows, sys.stdout)
        print(f"\nreport: {path}")
        if wrong:
            print(f"{len(wrong)} number(s) out of band")
    return 1 if wrong else 0

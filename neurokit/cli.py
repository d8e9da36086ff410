"""The command line: ``python -m neurokit demo | info | selftest | bench [task] | data list``.

Every command takes ``--json``. The exit code is 0 when everything is as expected.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def info(options):
    """Print version, compiler, CPU level, BLAS and threads."""
    from neurokit.config import get_config, show_config

    if options.json:
        print(json.dumps(get_config()))
    else:
        show_config()
    return 0


def selftest(options):
    """Check on this machine that the parts of the core compute what they should."""
    from neurokit.selftest import CHECKS, run

    found = []
    for name in CHECKS:
        error = run(name)
        found.append({"name": name, "ok": error is None, "error": error})
        if not options.json:
            print(f"{name:<40} {'ok' if error is None else error}")
    if options.json:
        print(json.dumps(found))
    return int(not all(line["ok"] for line in found))


def bench_tasks():
    """Names of the benchmark scripts of the checkout, those that can run alone."""
    return sorted(p.stem for p in BENCHMARKS.glob("*.py") if "__main__" in p.read_text("utf-8"))


def bench(options):
    """Run one benchmark, or all of them; further options go to the scripts."""
    tasks = bench_tasks()
    if not tasks:
        print("the benchmarks are in the source repository, not in the installed package")
        return 2
    if options.task is not None and options.task not in tasks:
        print(f"no benchmark named {options.task!r}; there are: {', '.join(tasks)}")
        return 2
    extra = options.rest + (["--json", "-"] if options.json else [])
    failed = 0
    for task in tasks if options.task is None else [options.task]:
        command = [sys.executable, str(BENCHMARKS / f"{task}.py"), *extra]
        failed += subprocess.run(command).returncode != 0
    return int(failed > 0)


def data(options):
    """List the data sets and say which of them are on this machine."""
    from neurokit import data as sets

    found = sets.list()
    if options.json:
        print(json.dumps(found))
        return 0
    for name, line in found.items():
        place = "here" if line["local"] else "part comes with neurokit" if line["packaged"] else "-"
        print(f"{name:<12} {place:<26} {line['title']} ({line['licence']})")
    return 0


def parser():
    """The argument parser of all commands but ``demo``, which has its own."""
    top = argparse.ArgumentParser(prog="python -m neurokit", description=__doc__.splitlines()[0])
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("demo", help="run the main job and write report.html", add_help=False)
    for call in (info, selftest, bench, data):
        name = call.__name__
        one = commands.add_parser(name, help=call.__doc__.splitlines()[0], description=call.__doc__)
        one.add_argument("--json", action="store_true", help="machine-readable output")
        one.set_defaults(call=call)
        if call is bench:
            one.add_argument("task", nargs="?", help="one benchmark; default: all")
        if call is data:
            one.add_argument("what", choices=["list"])
    return top


def main(argv=None):
    """Run one command; returns the exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    if argv[:1] == ["demo"]:
        from neurokit.demo.cli import main as demo

        return demo(argv[1:])
    top = parser()
    options, rest = top.parse_known_args(argv)
    if rest and options.command != "bench":
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    return options.call(options)

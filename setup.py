"""Compiles csrc/ into neurokit/_core and puts OpenBLAS beside it.

Files in csrc/base, csrc/engine and csrc/bind are compiled once, those in csrc/simd and
csrc/kernels once per CPU level. An object is rebuilt when its source, a header it read
or its command line has changed. Environment:

CC                  compiler (default cc)
NEUROKIT_SANITIZE   1: address and undefined-behaviour sanitizers
NEUROKIT_WERROR     1: warnings are errors
NEUROKIT_JOBS       parallel compilations (default: CPUs granted)
"""

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Command, Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent.resolve()

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion"]
COMMON = ["-std=c11", "-D_GNU_SOURCE", "-fPIC", "-fvisibility=hidden", "-pthread", *WARNINGS]
# -ffast-math is out: it breaks range reduction. Contraction is out: kernels write NK_FMA where
# they mean it, so that a level's results do not hang on the compiler's mood.
KERNEL = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
SANITIZE = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"]


def flag(name):
    return os.environ.get(name, "0") not in ("", "0")


def levels(compiler_is_clang):
    """Compile flags of each CPU level this architecture has."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return {"base": []}
    flags = {name: [f"-march=x86-64-{name}"] for name in ("v2", "v3", "v4")}
    if not compiler_is_clang:
        flags["v4"].append("-mprefer-vector-width=512")
    return flags


def jobs():
    return int(os.environ.get("NEUROKIT_JOBS", 0)) or len(os.sched_getaffinity(0))


def read_files_of(target):
    """Files the compiler read for an object, from the rule it wrote beside it."""
    rule = target.with_suffix(".d").read_text().replace("\\\n", " ")
    return shlex.split(rule.split(":", 1)[1])


def is_current(target, command):
    """Whether an object was made by this command and is newer than every file it came from."""
    stamp = target.with_suffix(".o.cmd")
    if not target.exists() or not stamp.exists() or stamp.read_text() != shlex.join(command):
        return False
    made = target.stat().st_mtime_ns
    return all(os.path.exists(f) and os.stat(f).st_mtime_ns < made for f in read_files_of(target))


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    sys.stderr.write(done.stderr)
    if done.returncode != 0:
        raise SystemExit(f"failed: {shlex.join(command)}")


def compile_object(target, command):
    run(command)
    target.with_suffix(".o.cmd").write_text(shlex.join(command))


def place_library(library, package):
    """Copies a shared library to the folder where the extension looks for it."""
    copy = Path(package, ".libs", library.name)
    copy.parent.mkdir(parents=True, exist_ok=True)
    if not copy.exists() or copy.stat().st_mtime_ns < library.stat().st_mtime_ns:
        shutil.copy2(library, copy)
    return copy


def tell(count, total):
    """How far a compilation of many files is: one line that counts, or a line at each quarter."""
    if total < 20:
        return
    if sys.stderr.isatty():
        end = "\n" if count == total else ""
        print(f"\rcompiled {count} of {total} files", end=end, file=sys.stderr, flush=True)
    elif count * 4 // total > (count - 1) * 4 // total:
        print(f"compiled {count} of {total} files", file=sys.stderr, flush=True)


class Compiler:
    """Compiles the C sources into objects under build/, only those that are out of date."""

    def __init__(self, version):
        self.cc = shlex.split(os.environ.get("CC", "cc"))
        about = subprocess.run([*self.cc, "--version"], capture_output=True, text=True).stdout
        self.is_clang = "clang" in about
        self.sanitize = SANITIZE if flag("NEUROKIT_SANITIZE") else []
        self.werror = ["-Werror"] if flag("NEUROKIT_WERROR") else []
        # Vectors wider than the level's are handed to inline functions only.
        self.quiet = ["-Wno-psabi"] if self.is_clang else []
        kind = [Path(self.cc[0]).name, *(["asan"] if self.sanitize else []), *self.werror]
        self.objects = ROOT / "build" / "objects" / "".join(kind)
        self.version = version

    def task(self, source, level, flags):
        """(object, command) of one source."""
        name = source.relative_to(ROOT)
        target = self.objects / level / name.with_suffix(".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target, [*self.cc, *flags, "-MMD", "-c", str(name), "-o", str(target)]

    def once(self, *folders):
        """Tasks of the sources that are compiled once."""
        import numpy

        flags = [*COMMON, *self.quiet, *self.werror, "-O2", *self.sanitize]
        python = ["-isystem", numpy.get_include(), "-isystem", sysconfig.get_path("include")]
        python.append(f'-DNEUROKIT_VERSION="{self.version}"')
        for folder in folders:
            extra = python if folder == "csrc/bind" else []
            for source in sorted((ROOT / folder).glob("*.c")):
                yield self.task(source, "once", [*flags, *extra])

    def per_level(self):
        """Tasks of the sources that are compiled for each CPU level."""
        for level, march in levels(self.is_clang).items():
            flags = [*COMMON, *self.quiet, *self.werror, *KERNEL, *march]
            flags += [f"-DNK_LEVEL={level}", *self.sanitize]
            for folder in ("csrc/simd", "csrc/kernels"):
                for source in sorted((ROOT / folder).rglob("*.c")):
                    yield self.task(source, level, flags)

    def compile(self, tasks):
        """Bring all objects up to date, in parallel; returns their paths."""
        tasks = list(tasks)
        stale = [task for task in tasks if not is_current(*task)]
        with ThreadPoolExecutor(jobs()) as executor:
            done = executor.map(lambda task: compile_object(*task), stale)
            for count, _ in enumerate(done, 1):
                tell(count, len(stale))
        return [str(target) for target, _ in tasks]

    def link(self, target, objects, *flags):
        """Link objects, the carried OpenBLAS and libm."""
        target.parent.mkdir(parents=True, exist_ok=True)
        run([*self.cc, "-pthread", *flags, *self.sanitize[-1:], *objects, "-lm", "-o", str(target)])


def openblas():
    """The library of the pinned build requirement."""
    import scipy_openblas32

    return Path(scipy_openblas32.get_lib_dir()) / "libscipy_openblas.so"


class BuildCore(build_ext):
    """build_ext for the one extension: neurokit/_core and neurokit/.libs beside it."""

    def build_extension(self, ext):
        compiler = Compiler(self.distribution.get_version())
        folders = ("csrc/base", "csrc/engine", "csrc/bind")
        objects = compiler.compile([*compiler.once(*folders), *compiler.per_level()])
        target = Path(self.get_ext_fullpath(ext.name)).resolve()
        library = place_library(openblas(), target.parent)
        rpath = "-Wl,-rpath,$ORIGIN/.libs"
        compiler.link(target, [*objects, str(library)], "-shared", rpath)

    def copy_extensions_to_source(self):
        super().copy_extensions_to_source()
        place_library(openblas(), ROOT / "neurokit")


class BuildTests(Command):
    """The C unit tests: the core without Python and tests/c, as build/c-tests."""

    description = "build the C unit tests"
    user_options = []

    def initialize_options(self):
        pass

    def finalize_options(self):
        pass

    def run(self):
        compiler = Compiler(self.distribution.get_version())
        folders = ("csrc/base", "csrc/engine", "tests/c")
        objects = compiler.compile([*compiler.once(*folders), *compiler.per_level()])
        library = openblas()
        rpath = f"-Wl,-rpath,{library.parent}"
        compiler.link(ROOT / "build" / "c-tests", [*objects, str(library)], rpath)


setup(
    ext_modules=[Extension("neurokit._core", sources=[])],
    cmdclass={"build_ext": BuildCore, "build_c_tests": BuildTests},
)

#!/usr/bin/env bash
# Builds the C core with the address and undefined-behaviour sanitizers into build/asan and runs the
# C tests and the tests that exercise C through Python. Leak checking is off for Python, whose own
# allocations at exit are not ours; the C tests are run with it on.
# Usage: tools/asan.sh PYTHON [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
python="$PWD/$1"
[[ -x "$python" ]] || python="$(command -v "$1")"
shift
export NEUROKIT_SANITIZE=1
cc="${CC:-cc}"
"$python" setup.py -q build_c_tests
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 build/c-tests
[[ ! -d build/asan ]] || find build/asan -name "*.py" -delete # copies go by date, which checkouts set
"$python" setup.py -q build --build-base build/asan --build-lib build/asan
if [[ $# -eq 0 ]]; then
  set -- tests/test_call.py tests/test_random.py tests/test_program.py tests/test_elementwise.py \
    tests/test_gram.py tests/test_rank_compare.py tests/test_fold.py \
    tests/test_fused_bits.py tests/core
fi
runtime="$("$cc" -print-file-name=libasan.so)"
[[ "$("$cc" --version)" == *clang* ]] && runtime="$("$cc" -print-file-name=libclang_rt.asan-x86_64.so)"
# SciPy throws C++ exceptions, which the runtime passes on only if it finds their library at its start.
runtime="$runtime $("$cc" -print-file-name=libstdc++.so.6)"
export LD_PRELOAD="$runtime" ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# The instrumented package stands before the sources, whose tests/ and tools/ the tests import.
export PYTHONPATH="$PWD/build/asan:$PWD" PYTHONSAFEPATH=1 NEUROKIT_INSTALLED=1
# Reports go to the true stderr, which a capture of file descriptors would lose with the process.
exec "$python" -m pytest -q -p no:cacheprovider --capture=sys "$@"

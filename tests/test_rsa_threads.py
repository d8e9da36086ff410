"""The numbers of RSA and encoding models do not depend on any library's number of threads."""

import os
import subprocess
import sys

import pytest

CODE = """
import hashlib
import numpy as np
from neurokit import encoding, rsa

def tell(name, *arrays):
    print(name, hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest())

rng = np.random.default_rng(0)
n, d = 110, 300
base = rng.standard_normal((n, d))
subjects = [base + 2 * rng.standard_normal((n, d)) for _ in range(6)]
rdms = rsa.rdm(subjects, metric="euclidean")
models = rsa.rdm([base, base[:, :150], rng.standard_normal((n, 90))], metric="euclidean")
sigma, precision = (  # by sums of NumPy's own, not of its BLAS
    np.eye(m) + np.einsum("ik,jk->ij", z, z) for m in (n, d) for z in [rng.standard_normal((m, 9))]
)
tell("euclidean", rdms.values)
trials = rng.standard_normal((4 * n, d))
codes, folds = np.tile(np.arange(n), 4), np.repeat([0, 1, 0, 1], n)
tell("repeated", rsa.rdm(trials, codes).values)
tell("mahalanobis", rsa.rdm(trials, codes, noise=precision, metric="mahalanobis").values)
tell("crossnobis", rsa.rdm(trials, codes, folds=folds, metric="crossnobis").values)
gone = rdms.values.copy()
gone[:, 5:400] = np.nan
for method in ("cosine", "spearman", "whitened_pearson", "bures", "riemannian"):
    noise = sigma if method in ("whitened_pearson", "riemannian") else None
    tell(method, rsa.compare(models, rdms, method, noise))
    if method in ("cosine", "spearman", "whitened_pearson"):
        tell(method + " with gaps", rsa.compare(models, gone, method, noise))
for method in ("pearson", "rho_a", "bures", "whitened_cosine"):
    found = rsa.evaluate(models, rdms, method=method, n_boot=20, seed=0)
    tell("evaluate " + method, found.scores, found.sem)
tell("mds", rsa.mds(rdms.mean()))
for measure in (rsa.cka, rsa.cca, rsa.pwcca, rsa.procrustes, rsa.shape_distance):
    tell(measure.__name__, measure(subjects))
y = subjects[0][:, :50]
for estimator in (encoding.RidgeCV(), encoding.KernelRidgeCV(), encoding.PLS()):
    tell(type(estimator).__name__, estimator.fit(subjects[1], y).predict(subjects[1]))
x, y, weight = rng.standard_normal((12000, 5)), rng.standard_normal(12000), rng.random(12000)
tell("weighted", encoding.RidgeCV().fit(x, y, sample_weight=weight).coef_)
"""


@pytest.fixture(scope="module")
def alone():
    return told(1, 1)


def told(ours, theirs):
    counts = {"NEUROKIT_THREADS": str(ours), "OPENBLAS_NUM_THREADS": str(theirs)}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env={**os.environ, **counts}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("ours, theirs", [(2, 1), (1, 2), (3, 4)])
def test_numbers_do_not_depend_on_threads(ours, theirs, alone):
    assert len(alone) > 20 and told(ours, theirs) == alone

"""nk.scipy.spatial.distance on traced arrays against SciPy, with derivatives to order 2."""

import numpy as np
import pytest
from against_scipy import same
from scipy.spatial import distance

import neurokit as nk

RNG = np.random.default_rng(1180)  # differences and sums are far from 0 and from each other
OURS = nk.scipy.spatial.distance
A, B = np.split(RNG.uniform(0.5, 2.5, (6, 3)) * RNG.choice([-1, 1], (6, 3)), [4])
W, V = RNG.uniform(0.5, 2, 3), RNG.uniform(0.5, 2, 3)
VI = np.cov(RNG.normal(size=(3, 30)))
CASES = [
    ("braycurtis", {}),
    ("canberra", {}),
    ("chebyshev", {}),
    ("cityblock", {}),
    ("correlation", {}),
    ("cosine", {}),
    ("euclidean", {}),
    ("hamming", {}),
    ("jensenshannon", {}),
    ("mahalanobis", dict(VI=VI)),
    ("minkowski", {}),
    ("minkowski", dict(p=3.5)),
    ("minkowski", dict(p=1)),
    ("minkowski", dict(p=0.5)),
    ("minkowski", dict(p=np.inf)),
    ("seuclidean", dict(V=V)),
    ("sqeuclidean", {}),
]
WEIGHTED = [
    (name, {**options, "w": W})
    for name, options in CASES
    if name not in ("jensenshannon", "mahalanobis", "seuclidean")
]
ids = [f"{n}-{'-'.join(o)}{o.get('p', '')}" for n, o in CASES + WEIGHTED]


@pytest.mark.parametrize("name, options", CASES + WEIGHTED, ids=ids)
def test_metrics(name, options):
    a, b = (np.abs(A), np.abs(B)) if name == "jensenshannon" else (A, B)
    order = 0 if name == "hamming" else 2
    for ours, theirs, args in (
        (OURS.cdist, distance.cdist, (a, b)),
        (OURS.pdist, distance.pdist, (a,)),
    ):
        same(lambda *x: ours(*x, name, **options), lambda *x: theirs(*x, name, **options), *args)
        if order:
            nk.check_grads(lambda *x: ours(*x, name, **options), args, order=order)
        np.testing.assert_array_equal(ours(*args, name, **options), theirs(*args, name, **options))
    f, g = getattr(OURS, name), getattr(distance, name)
    same(lambda u, v: f(u, v, **options), lambda u, v: g(u, v, **options), a[0], b[0])
    if order:
        nk.check_grads(lambda u, v: f(u, v, **options), (a[0], b[0]), order=order)
    same(lambda x: OURS.pdist(x, name, **options), lambda x: distance.pdist(x, name, **options),
         a.astype(np.float32))  # fmt: skip
    ties = np.array([[1, 0, 2], [1, 0, 2], [0, 3, 1], [2, 2, 2]])
    with np.errstate(all="ignore"):
        same(lambda x: OURS.cdist(x, x, name, **options),
             lambda x: distance.cdist(x, x, name, **options), ties, atol=3e-8)  # fmt: skip


def test_defaults_come_from_all_rows():
    for metric in ("seuclidean", "mahalanobis"):
        same(lambda x: OURS.pdist(x, metric), lambda x: distance.pdist(x, metric), A)
        same(lambda x, y: OURS.cdist(x, y, metric), lambda x, y: distance.cdist(x, y, metric), A, B)
        nk.check_grads(lambda x, y: OURS.cdist(x, y, metric), (A, B), order=2)
    nk.check_grads(lambda w: OURS.pdist(A, "cityblock", w=w), (W,), order=2)
    nk.check_grads(lambda m: OURS.pdist(A, "mahalanobis", VI=m @ m.T), (VI,), order=2)
    with pytest.raises(ValueError, match="number of observations"):
        nk.jit(lambda x: OURS.pdist(x, "mahalanobis"))(A[:3])


def test_no_distance_has_derivative_zero():
    twice = np.abs(np.concatenate([A, A[:2]]))
    for metric in ("euclidean", "seuclidean", "mahalanobis", "jensenshannon", "chebyshev"):
        got = nk.grad(lambda x: OURS.cdist(x, x, metric).sum())(twice)
        assert np.isfinite(got).all()
    np.testing.assert_array_equal(nk.grad(lambda x: OURS.cdist(x, x).sum())(np.ones((2, 2))), 0)


def test_callable_metrics_and_names():
    def metric(u, v, k=2):
        return np.sum(np.abs(u - v) ** k)

    same(lambda x: OURS.pdist(x, metric), lambda x: distance.pdist(x, metric), A)
    same(lambda x: OURS.cdist(x, B, metric, k=3), lambda x: distance.cdist(x, B, metric, k=3), A)
    nk.check_grads(lambda x: OURS.cdist(x, B, metric), (A,), order=2)
    same(lambda x: OURS.pdist(x, "E"), lambda x: distance.pdist(x, "E"), A)
    for call, error, match in (
        (lambda x: OURS.pdist(x, "no"), ValueError, "Unknown Distance Metric: no"),
        (lambda x: OURS.pdist(x, "yule"), TypeError, "yule.*no form on traced arrays"),
        (lambda x: OURS.pdist(x, "cosine", p=3), TypeError, "takes no p"),
        (lambda x: OURS.pdist(x, 3), TypeError, "string identifier"),
        (lambda x: OURS.pdist(x, "cosine", w=np.ones(4)), ValueError, r"w must have shape \(3,\)"),
        (lambda x: OURS.pdist(x[0]), ValueError, "2-dimensional"),
        (lambda x: OURS.cdist(x, np.ones((2, 4))), ValueError, "same number of columns"),
        (lambda x: OURS.pdist(x, "minkowski", p=0), ValueError, "greater than 0"),
        (lambda x: OURS.pdist(x, out=np.empty(6)), TypeError, "out="),
        (lambda x: OURS.euclidean(x, x), ValueError, "1-D"),
    ):
        with pytest.raises(error, match=match):
            nk.jit(call)(A)
    for call in (distance.cdist, distance.euclidean):
        with pytest.raises(Exception, match=rf"use nk\.scipy\.spatial\.distance\.{call.__name__},"):
            nk.jit(lambda x: call(x, x))(A)


def test_vectors_in_detail():
    p, q = np.abs(RNG.normal(size=(2, 4, 3)))
    for options in (dict(axis=1), dict(axis=1, keepdims=True, base=2), dict()):
        same(lambda *x: OURS.jensenshannon(*x, **options),
             lambda *x: distance.jensenshannon(*x, **options), p, q)  # fmt: skip
    same(lambda u: OURS.correlation(u, B[0], W, False),
         lambda u: distance.correlation(u, B[0], W, False), A[0])  # fmt: skip
    rows = nk.vmap(OURS.euclidean)(A[:2], B)
    np.testing.assert_allclose(rows, np.linalg.norm(A[:2] - B, axis=1))


def test_squareform():
    for n in (2, 5):
        vector = RNG.normal(size=n * (n - 1) // 2)
        same(OURS.squareform, distance.squareform, vector)
        same(OURS.squareform, distance.squareform, distance.squareform(vector))
        nk.check_grads(OURS.squareform, (vector,), order=2)
    same(OURS.squareform, distance.squareform, np.arange(6, dtype=np.int32))
    same(OURS.squareform, distance.squareform, np.empty(0))
    same(OURS.squareform, distance.squareform, np.zeros((1, 1)))
    same(lambda x: OURS.pdist(x), lambda x: distance.pdist(x), A[:1])
    for bad, force, match in (
        (np.ones(4), "no", "binomial"),
        (np.ones((2, 3)), "no", "square"),
        (np.ones(3), "tovector", "tovector"),
        (np.ones((3, 3)), "tomatrix", "tomatrix"),
        (np.ones((1, 2, 2)), "no", "3-dimensional"),
    ):
        with pytest.raises(ValueError, match=match):
            nk.jit(lambda x: OURS.squareform(x, force))(bad)

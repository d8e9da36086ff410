"""R3, R4, R5: whitened comparison, rank correlations, the two-factor bootstrap.

NumPy's side is the best plain formulation of the same mathematics; rsatoolbox is timed on a stated
part where the whole takes minutes, and its time extrapolated in proportion.
"""

import harness
import numpy as np

from neurokit import rsa


def numpy_whitened(x, y, sigma, n):
    """tr(P Dx P Dy) over norms."""
    s = np.linalg.inv(sigma)
    p = s - np.outer(s.sum(1), s.sum(1)) / s.sum()
    i, j = np.triu_indices(n, 1)
    d = np.zeros((len(x) + len(y), n, n))
    d[:, i, j] = np.concatenate([x, y])
    d += d.transpose(0, 2, 1)
    u = p @ d
    g = u.reshape(len(d), -1) @ u.transpose(0, 2, 1).reshape(len(d), -1).T
    length = np.sqrt(np.diagonal(g))
    return g[: len(x), len(x) :] / length[: len(x), None] / length[len(x) :]


def whitened(report, options):
    toolbox = harness.peer("rsatoolbox")
    n = 60 if options.quick else 200
    rng = np.random.default_rng(0)
    x, y = rng.random((10, n * (n - 1) // 2)), rng.random((20, n * (n - 1) // 2))
    sigma = np.cov(rng.standard_normal((n, 3 * n)))
    cases = {
        "neurokit": lambda: rsa.compare(x, y, "whitened_cosine", sigma),
        "numpy": lambda: numpy_whitened(x, y, sigma, n),
    }
    np.testing.assert_allclose(cases["neurokit"](), cases["numpy"](), atol=1e-10)
    report.times(
        f"R3: whitened cosine, full sigma_k, n {n}, 10 models x 20 RDMs",
        harness.measure(cases, options.repeat, rest=harness.BLAS_REST), "neurokit",
        unit="comparison",
    )  # fmt: skip
    for name, call in cases.items():
        report.value("peak memory", name, harness.peak_memory(call)[1] / 1e6, "MB")
    if toolbox is not None:
        few = min(n, 80)
        pairs = few * (few - 1) // 2
        a, b = toolbox.rdm.RDMs(x[:1, :pairs]), toolbox.rdm.RDMs(y[:2, :pairs])
        part = sigma[:few, :few]
        taken = harness.measure(
            {"": lambda: toolbox.rdm.compare(a, b, "cosine_cov", sigma_k=part)}, 1, 0
        )[""]["best"]
        scale = 10 * (n / few) ** 4  # 30 solves in place of 3, V grows with n^4
        report.value("extrapolated from n 80, 1 x 2", "rsatoolbox", taken * scale, "s")


def ranks(report, options):
    from scipy import stats

    toolbox = harness.peer("rsatoolbox")
    n = 150 if options.quick else 1000
    rng = np.random.default_rng(1)
    x, y = rng.random((8, n * (n - 1) // 2)), rng.random((20, n * (n - 1) // 2))
    for method, theirs in (("tau_a", "tau-a"), ("rho_a", "rho-a")):
        count = 1 if method == "tau_a" else 20
        measured = harness.measure(
            {"neurokit": lambda method=method: rsa.compare(x, y, method)}, min(options.repeat, 3), 0
        )
        slow = {}
        if method == "tau_a":
            slow["scipy kendalltau, 1/160"] = lambda: stats.kendalltau(x[0], y[0])
        else:
            slow["numpy ranks"] = lambda: np.corrcoef(
                np.stack([stats.rankdata(row) for row in (*x, *y)])
            )
        if toolbox is not None:
            a, b = toolbox.rdm.RDMs(x[:8]), toolbox.rdm.RDMs(y[:count])
            slow[f"rsatoolbox, {8 * count}/160"] = lambda a=a, b=b, theirs=theirs: (
                toolbox.rdm.compare(a, b, theirs)
            )
        measured.update(harness.measure(slow, 1, 0))
        report.times(f"R4: {method}, n {n}, 8 x 20", measured, "neurokit", unit="comparison")
        for name, taken in measured.items():
            if "/160" in name:
                done = 1 if name.startswith("scipy") else 8 * count
                name, taken = name.split(",")[0], taken["best"] * 160 / done
                report.value(f"all 160, extrapolated from {done}", name, taken, "s")
        peak = harness.peak_memory(lambda method=method: rsa.compare(x, y, method))[1]
        report.value("peak memory", "neurokit", peak / 1e6, "MB")


def numpy_bootstrap(models, brain, n, n_boot):
    """Mean cosines and lower ceilings of samples over subjects, conditions and both.

    One product holds everything: weights of pairs (samples, pairs) times products of two rows.
    """
    rng = np.random.default_rng(0)
    rows, m, s = np.concatenate([models, brain]), len(models), len(brain)
    a, b = np.triu_indices(len(rows))
    i, j = np.triu_indices(n, 1)
    counts = rng.multinomial(n, np.full(n, 1 / n), n_boot).astype(float)
    drawn = rng.multinomial(s, np.full(s, 1 / s), n_boot).astype(float)
    products = (rows[a] * rows[b]).T

    def statistics(weight, drawn):
        gram = np.empty((len(weight), len(rows), len(rows)))
        gram[:, a, b] = gram[:, b, a] = weight @ products
        length = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
        cosines = gram / (length[:, :, None] * length[:, None, :])
        scores, among = cosines[:, :m, m:], cosines[:, m:, m:]
        product = np.einsum("bst,bt->bs", np.broadcast_to(among, (len(drawn), s, s)), drawn)
        total = np.einsum("bs,bs->b", product, drawn)[:, None]
        rest = np.sqrt(np.maximum(total - 2 * drawn * product + drawn**2, 1e-12))
        lower = np.sum(drawn * (product - drawn) / rest, 1) / s
        scores = np.broadcast_to(scores, (len(drawn), m, s))
        return np.column_stack([np.einsum("bms,bs->bm", scores, drawn) / s, lower])

    weight = counts[:, i] * counts[:, j]
    return {
        "subject": statistics(np.ones((1, len(i))), drawn),
        "condition": statistics(weight, np.ones_like(drawn)),
        "both": statistics(weight, drawn),
    }


def bootstrap(report, options):
    toolbox = harness.peer("rsatoolbox")
    n, n_subjects, n_models, n_boot = 92, 12, 10, 50 if options.quick else 1000
    rng = np.random.default_rng(2)
    truth = rng.random(n * (n - 1) // 2)
    brain = truth + rng.random((n_subjects, len(truth)))
    models = truth + rng.random((n_models, len(truth)))
    part = 2
    for method, theirs in (
        ("cosine", "cosine"), ("rho_a", "rho-a"), ("whitened_pearson", "corr_cov"),
    ):  # fmt: skip

        def ours(method=method):
            return rsa.evaluate(rsa.RDMs(models), rsa.RDMs(brain), method, n_boot=n_boot)

        cases = {"neurokit": ours}
        if method == "cosine":
            cases["numpy"] = lambda: numpy_bootstrap(models, brain, n, n_boot)
            theirs_too, found = cases["numpy"](), ours().variances
            for factor, samples in theirs_too.items():
                variance = samples[:, :-1].var(0, ddof=1).mean()
                np.testing.assert_allclose(variance, found[factor].mean(), rtol=0.5)
        measured = harness.measure(cases, min(options.repeat, 3), 0, harness.BLAS_REST)
        report.times(
            f"R5: {method}, {n_boot} samples over both factors and each", measured, "neurokit"
        )
        for name, call in cases.items():
            report.value("peak memory", name, harness.peak_memory(call)[1] / 1e6, "MB")
        if toolbox is None:
            continue
        fixed = [toolbox.model.ModelFixed(str(k), row) for k, row in enumerate(models)]
        data = toolbox.rdm.RDMs(brain)

        def slow(theirs=theirs, fixed=fixed, data=data):
            for call in (
                toolbox.inference.eval_bootstrap,
                toolbox.inference.eval_bootstrap_rdm,
                toolbox.inference.eval_bootstrap_pattern,
            ):
                call(fixed, data, method=theirs, N=part)

        taken = harness.measure({"": slow}, 1, 0)[""]["best"] * n_boot / part
        report.value(f"extrapolated from {part} samples", "rsatoolbox", taken, "s")
        ratio = taken / measured["neurokit"]["median"]
        report.value("times neurokit", "rsatoolbox", ratio)


def main():
    options = harness.arguments(__doc__)
    report = harness.Report("R3, R4, R5: comparison and bootstrap", options.json)
    for part in (whitened, ranks, bootstrap):
        part(report, options)
    report.close()


if __name__ == "__main__":
    main()

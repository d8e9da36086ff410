"""A network in words: sizes, in-degrees, memory, and what one spike does."""

import numpy as np


def describe(net):
    """Text of `Net.describe`."""
    lines = [
        f"Net: dt {net.dt:g} ms, {net.dtype}, seed {net.seed}",
        "",
        "population      cells  model",
    ]
    for p in net.populations:
        lines.append(f"{p.name:<12}{p.n:>9}  {type(p.cell).__name__}")
    if net.projections:
        lines += [
            "",
            f"{'projection':<18}{'synapses':>10}  {'in-degree':>15}  {'delay ms':>8}  {'PSP mV':>8}  {'MB':>7}",
        ]
    for q in net.projections:
        degree = q.connectivity.in_degree
        weight = float(np.mean(net.params[q.name]["weight"])) if q.connectivity.nnz else 0.0
        psp = q.post.cell.psp(net.params[q.post.name], q.synapse, weight)
        n_bytes = q.connectivity.nbytes + net.params[q.name]["weight"].nbytes
        lines.append(
            f"{q.name:<18}{q.connectivity.nnz:>10}  {degree.mean():>7.1f} +-{degree.std():>5.1f}  "
            f"{q.delay_steps * net.dt:>8.3g}  {psp:>8.3f}  {n_bytes / 2**20:>7.2f}"
        )
    for d in net.drives:
        lines.append(f"{d['name']}: {d['kind']}")
    return "\n".join(lines)

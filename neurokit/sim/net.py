"""`Net`: populations, projections and drives, simulated by one loop over a traced step.

Order within a step of dt: spikes that are due arrive at the synapses; cells integrate; cells above
threshold spike and reset; synapses decay. A spike of step k arrives in step k + delay / dt.
"""

import math

import numpy as np

from ..core.graph import current
from ..core.loops.scan import scan
from ..core.models.rng import Rng
from ..core.run.bars import progress_bar
from ..core.trace.tracer import Tracer
from .cells import Inputs
from .describe import describe
from .files import load_net, save_net
from .laws import as_array, stacked
from .projection import Projection
from .record import Run, Variable, joined_record, plain_record, traced_record, whole_steps
from .sources import Poisson, course

RECORD_BYTES = 256 << 20  # records of one call in C; longer runs go in several


class Population:
    """Cells of one kind. Attributes name what can be recorded: ``pop.spikes``, ``pop.v``."""

    def __init__(self, net, cell, name, number):
        self.net, self.cell, self.name, self.n, self.number = net, cell, name, cell.n, number

    @property
    def spikes(self):
        return Variable(self, "spikes")

    def rate(self, bin):
        """Population rate in bins of `bin` ms, as a thing to record."""
        whole_steps(bin, self.net.dt, f"{self.name}.rate: bin")
        return Variable(self, "rate", bin=float(bin))

    def __getattr__(self, name):
        cell = self.__dict__.get("cell")
        if cell is not None and name in cell.state_names:
            return Variable(self, name)
        known = ["spikes", "rate(bin)", *(cell.state_names if cell is not None else ())]
        raise AttributeError(
            f"population {self.__dict__.get('name')!r} has no {name!r}; to record: {', '.join(known)}"
        )

    def __len__(self):
        return self.n

    def __repr__(self):
        return f"Population({self.name!r}, {type(self.cell).__name__}, n={self.n})"


class Net:
    """A network of spiking populations.

    Parameters
    ----------
    dt : float, ms
    seed : int
        Decides wiring, initial values and noise; the same for any number of threads.
    dtype : "float32" or "float64"

    Attributes
    ----------
    state, params : dict
        Containers of arrays: where the network stands, and what can be differentiated.

    Examples
    --------
    >>> from neurokit import sim
    >>> net = sim.Net(dt=0.1)
    >>> pop = net.add(sim.LIF(1, tau=20, v_rest=0, v_th=15, t_ref=2))
    >>> _ = net.drive(pop, 20.0)
    >>> round(net.run(1000.0, record=[pop.spikes]).rate(pop))
    33
    """

    def __init__(self, dt=0.1, seed=0, dtype="float32"):
        if not (isinstance(dt, (int, float)) and dt > 0 and math.isfinite(dt)):
            raise ValueError(f"Net: dt must be a positive number of ms, got {dt!r}")
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"Net: dtype must be float32 or float64, got {dtype!r}")
        if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
            raise ValueError(f"Net: seed must be an integer, 0 or more, got {seed!r}")
        self.dt, self.seed = float(dt), int(seed)
        self.populations, self.projections, self.drives = [], [], []
        self.params, self.state = {}, {"step": np.int64(0), "queue": {}}

    def __repr__(self):
        return f"Net(dt={self.dt}, {len(self.populations)} populations, {len(self.projections)} projections)"

    def _generator(self, *place):
        return np.random.default_rng([self.seed, *place])

    # ------------------------------------------------------------------ building

    def add(self, cell, name=None):
        """Add a population of cells; returns its handle."""
        number = len(self.populations)
        name = f"pop{number}" if name is None else str(name)
        if name in self.state:
            raise ValueError(f"Net.add: there is already a population named {name!r}")
        population = Population(self, cell, name, number)
        generator = self._generator(0, number)
        params = cell.params(generator, self.dtype)
        self.params[name] = params
        self.state[name] = cell.start(params, generator, self.dtype)
        self.populations.append(population)
        return population

    def connect(
        self,
        pre,
        post,
        *,
        synapse,
        weight=None,
        delay=None,
        p=None,
        in_degree=None,
        out_degree=None,
        count=None,
        one_to_one=False,
        all_to_all=False,
        matrix=None,
        pairs=None,
        self_connections=True,
        plasticity=None,
        name=None,
    ):
        """Connect populations.

        Parameters
        ----------
        pre, post : Population; `post` may be a list, which is wired as one larger population
        weight : float, array (n_synapses,), (n_pre, n_post), or law
            Effect of one spike: mV (`Delta`), leak units or nS (conductances), mV or pA (currents).
            The entries of a weight matrix multiply it; with one it is 1 unless given.
        synapse : Delta or Exp
        delay : float, ms
            A multiple of dt, at least dt; dt unless given.
        p, in_degree, out_degree, count, one_to_one, all_to_all, matrix, pairs : exactly one
            The wiring: probability of each pair, partners per target or source, number of synapses drawn
            with replacement, a boolean or weight matrix (n_pre, n_post; dense or sparse, synapses where
            it is not 0), or index arrays (i, j).
        self_connections : bool
            False leaves out synapses of a cell onto itself.

        Returns
        -------
        Projection, or a list of them where `post` is a list
        """
        if plasticity is not None:
            raise ValueError("Net.connect: plasticity is not part of this version")
        targets = list(post) if isinstance(post, (list, tuple)) else [post]
        for population in (pre, *targets):
            if not isinstance(population, Population) or population.net is not self:
                raise TypeError("Net.connect: pre and post must be populations of this network")
        wiring = dict(
            p=p,
            in_degree=in_degree,
            out_degree=out_degree,
            count=count,
            one_to_one=one_to_one,
            all_to_all=all_to_all,
            matrix=matrix,
            pairs=pairs,
        )
        generator = self._generator(1, len(self.projections))
        made = Projection.build(
            self,
            pre,
            targets,
            wiring,
            weight,
            synapse,
            self.dt if delay is None else delay,
            generator,
            self_connections,
            name,
        )
        for projection in made:
            self.projections.append(projection)
            self.params[projection.name] = projection.params
            self.state[projection.name] = projection.start(self.dtype)
        self._lengthen_queue(pre, made[0].delay_steps)
        return made if isinstance(post, (list, tuple)) else made[0]

    def _lengthen_queue(self, population, steps):
        """Room for the spikes of the last `steps` steps of a population; those on their way stay."""
        old = self.state["queue"].get(population.name)
        length = max(steps, 0 if old is None else old.size // population.n)
        fresh = np.zeros((length, population.n), bool)
        if old is not None:
            rows = old.reshape(-1, population.n)
            for back in range(1, len(rows) + 1):
                step = int(self.state["step"]) - back
                fresh[step % length] = rows[step % len(rows)]
        self.state["queue"][population.name] = fresh[0] if length == 1 else fresh

    def drive(self, population, source, cells=None):
        """Drive a population from outside.

        Parameters
        ----------
        source : float, array, function of t (ms), `Step` or `Poisson`
            A current (mV, or pA with `capacitance`): a number, one per cell (n,), a course in time (T,) or
            (T, n), which begin with the network's first step. An array is a course in time unless its
            length is n.
        cells : slice or list of int
            Which cells; all unless given.
        """
        if not isinstance(population, Population) or population.net is not self:
            raise TypeError("Net.drive: the population must belong to this network")
        source = stacked(source)
        mask = None
        if cells is not None:
            mask = np.zeros(population.n, self.dtype)
            try:
                mask[cells] = 1
            except (IndexError, TypeError, ValueError):
                raise IndexError(
                    f"Net.drive: cells must be a slice or numbers below {population.n}, got {cells!r}"
                ) from None
        number = len(self.drives)
        name = f"drive{number}->{population.name}"
        entry = {"population": population, "source": source, "mask": mask, "name": name}
        if isinstance(source, Poisson):
            entry["kind"] = "poisson"
            self.params[name] = {
                "weight": source.weight.astype(self.dtype),
                **source.synapse.params(self.dtype),
            }
            self.state[name] = source.synapse.start(population.n, self.dtype)
        elif (
            callable(source)
            or np.ndim(source) == 2
            or np.ndim(source) == 1
            and np.shape(source) != (population.n,)
        ):
            entry["kind"] = "course"
        else:
            value = as_array(source, self.dtype, "Net.drive")
            if value.shape not in ((), (population.n,)):
                raise ValueError(
                    f"Net.drive: wanted a number, ({population.n},), (T,) or (T, {population.n}), got shape "
                    f"{value.shape}"
                )
            entry["kind"] = "constant"
            self.params[name] = {"current": value}
        self.drives.append(entry)
        return entry["name"]

    # ------------------------------------------------------------------ running

    def run(self, duration, record=(), progress=False, state=None, params=None, every=None):
        """Simulate `duration` ms from where the network stands.

        Parameters
        ----------
        duration : float, ms
        record : list of ``pop.spikes``, ``pop.v``, ``pop.v[:10]``, ``pop.rate(bin)``
        progress : bool
            Show a bar; the run then goes in stretches.
        state, params : containers like `net.state`, `net.params`
            Used instead of the network's own, which then stay as they are: the run is a function of
            them, and differentiable inside `nk.grad`. There spikes are arrays (T, n) of 0.0 and 1.0;
            ``run.spike_array(pop)`` gives that array in any case.
        every : float, ms
            Record state variables every so often, a multiple of dt, rather than at each step: ``run[pop.v]``
            has the rows of ``run.sample_times``. Spikes and rates are recorded at each step.

        Returns
        -------
        Run
        """
        finite = isinstance(duration, (int, float, np.number)) and math.isfinite(duration)
        n_steps = round(duration / self.dt) if finite else 0
        if not finite or n_steps < 0 or abs(n_steps * self.dt - duration) > 1e-6 * max(duration, 1):
            raise ValueError(
                f"Net.run: duration must be a multiple of dt = {self.dt} ms, got {duration!r}"
            )
        if not self.populations:
            raise ValueError("Net.run: the network has no populations")
        for variable in record:
            if not isinstance(variable, Variable) or variable.population.net is not self:
                raise TypeError(
                    f"Net.run: record takes pop.spikes, pop.v and the like of this network, got {variable!r}"
                )
        thinned = 1 if every is None else whole_steps(every, self.dt, "Net.run: every")
        given_params = self.params if params is None else _like(self.params, params, "params")
        begin = self.state if state is None else _like(self.state, state, "state")
        traced = current() is not None
        if traced:
            final, ys = self._scan(given_params, begin, n_steps, record, True, thinned)
            data = {v.key(): traced_record(v, y, self.dt) for v, y in zip(record, ys)}
            result = Run(self, int(np.asarray(self.state["step"])), n_steps, data, thinned)
            result.final_state = final
            return result
        first = int(begin["step"])
        pieces = [[] for _ in record]
        stretch = self._stretch(n_steps, record, progress, thinned)
        bar = progress_bar(total=n_steps * self.dt, unit="ms") if progress else None
        for at in range(0, max(n_steps, 1), stretch):
            length = min(stretch, n_steps - at)
            begin, ys = self._scan(given_params, begin, length, record, False, thinned)
            for piece, variable, y in zip(pieces, record, ys):
                piece.append(plain_record(variable, y, first + at, self.dt))
            if bar is not None:
                bar.update(length * self.dt)
        if bar is not None:
            bar.close()
        if state is None and params is None:
            self.state = begin
        data = {v.key(): joined_record(v, p, self.dt) for v, p in zip(record, pieces)}
        result = Run(self, first, n_steps, data, thinned)
        result.final_state = begin
        return result

    def _stretch(self, n_steps, record, progress, thinned):
        per_step = sum(
            4
            if v.name == "rate"
            else (v.population.n + 7) // 8
            if v.name == "spikes"
            else len(v.cells()) * self.dtype.itemsize / thinned
            for v in record
        )
        stretch = max(1, min(n_steps, int(RECORD_BYTES // max(per_step, 1))))
        if progress:
            stretch = min(stretch, max(1, -(-n_steps // 100)))
        return -(-stretch // thinned) * thinned  # whole numbers of samples

    def _scan(self, params, state, n_steps, record, differentiable, thinned):
        """One loop in C. Courses in time are its inputs, the state its carry."""
        first = int(
            np.asarray(self.state["step"] if isinstance(state["step"], Tracer) else state["step"])
        )
        times = (first + np.arange(n_steps)) * self.dt
        courses = {
            d["name"]: course(d["source"], times, first, d["population"].n).astype(self.dtype)
            for d in self.drives
            if d["kind"] == "course"
        }
        rng = Rng(self.seed)
        if differentiable:  # spikes on their way carry a derivative
            queue = {name: spikes.astype(self.dtype) for name, spikes in state["queue"].items()}
            state = {**state, "queue": queue}

        def step(state, x):
            return self._step(state, x, params, rng, record, differentiable)

        every = [1 if v.name in ("spikes", "rate") else thinned for v in record]
        return scan(step, state, courses or None, length=n_steps, every=every)

    def _step(self, state, x, params, rng, record, differentiable):
        now = state["step"]
        new, inputs = {"step": now + 1}, {p.name: Inputs() for p in self.populations}
        noise = rng.at(now)
        for projection in self.projections:
            new[projection.name] = projection.arrive(
                state[projection.name],
                state["queue"][projection.pre.name],
                now,
                inputs[projection.post.name],
                params[projection.name],
            )
        for entry in self.drives:
            self._apply_drive(
                entry, state, new, x, params, noise, now, inputs[entry["population"].name]
            )
        fired = {}
        for p in self.populations:
            new[p.name], fired[p.name] = p.cell.step(
                state[p.name], params[p.name], inputs[p.name], self.dt, differentiable
            )
        for projection in self.projections:
            name = projection.name
            new[name] = projection.synapse.decay(new[name], params[name], self.dt)
        new["queue"] = {name: _enqueue(q, fired[name], now) for name, q in state["queue"].items()}
        for entry in self.drives:
            if entry["kind"] == "poisson":
                new[entry["name"]] = entry["source"].synapse.decay(
                    new[entry["name"]], params[entry["name"]], self.dt
                )
        return new, [self._observe(v, new, fired, differentiable) for v in record]

    def _apply_drive(self, entry, state, new, x, params, noise, now, inputs):
        population, name, mask = entry["population"], entry["name"], entry["mask"]
        if entry["kind"] == "poisson":
            source = entry["source"]
            mean = np.broadcast_to(
                np.asarray(source.rate * source.count * self.dt / 1000.0, np.float64), population.n
            )
            if mask is not None:
                mean = mean * mask
            events = noise.poisson(np.ascontiguousarray(mean, np.float64)).astype(self.dtype)
            if source.start > 0 or source.stop is not None:
                t = now * self.dt
                stop = math.inf if source.stop is None else source.stop
                events = np.where(
                    (t >= source.start - 1e-9) & (t < stop - 1e-9), events, np.zeros_like(events)
                )
            new[name] = source.synapse.arrive(
                state[name], events * params[name]["weight"], inputs, params[name]
            )
            return
        value = params[name]["current"] if entry["kind"] == "constant" else x[name]
        inputs.currents.append(value if mask is None else value * mask)

    def _observe(self, variable, new, fired, differentiable):
        from ..ops import event_bits

        spikes = fired[variable.population.name]
        if variable.name == "spikes":
            return spikes if differentiable else event_bits(spikes)
        if variable.name == "rate":
            return spikes.sum() if differentiable else np.sum(spikes > 0, dtype=np.int32)
        value = new[variable.population.name][variable.name]
        if variable.index is None:
            return value
        return (
            value[variable.index]
            if isinstance(variable.index, slice)
            else np.take(value, variable.index)
        )

    # ------------------------------------------------------------------ looking at it

    def describe(self):
        """Print sizes, in-degrees, bytes and the PSP of each synapse in mV."""
        print(describe(self))

    def save(self, path):
        """Write state and parameters to a file; `load` continues from it, in a network built alike."""
        save_net(self, path)

    def load(self, path):
        """Take state and parameters from a file of `save`."""
        load_net(self, path)

    def reset(self):
        """Back to the state before the first run."""
        for p in self.populations:
            generator = self._generator(0, p.number)
            params = p.cell.params(generator, self.dtype)
            self.state[p.name] = p.cell.start(params, generator, self.dtype)
        for projection in self.projections:
            self.state[projection.name] = projection.start(self.dtype)
        for entry in self.drives:
            if entry["kind"] == "poisson":
                self.state[entry["name"]] = entry["source"].synapse.start(
                    entry["population"].n, self.dtype
                )
        self.state["step"] = np.int64(0)
        queues = {name: np.zeros_like(q) for name, q in self.state["queue"].items()}
        self.state["queue"] = queues


def _like(own, given, name):
    """`given`, if it has the names that the network's own containers have."""
    if not isinstance(given, dict) or set(given) != set(own):
        got = sorted(map(str, given)) if isinstance(given, dict) else type(given).__name__
        raise ValueError(
            f"Net.run: {name} must have the names of net.{name}, {sorted(own)}, got {got}"
        )
    for key, part in own.items():
        if isinstance(part, dict):
            _like(part, given[key], f"{name}[{key!r}]")
    return given


def _enqueue(queue, fired, now):
    """The spikes of this step in the place of the oldest ones."""
    if queue.ndim == 1:
        return fired
    queue[now % queue.shape[0]] = fired
    return queue

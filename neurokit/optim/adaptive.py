"""Steps scaled by running moments of the gradient, element by element."""

import numpy as np

from .base import Optimizer, bias, like, squared


class Adam(Optimizer):
    """Adaptive moments with bias correction (Kingma and Ba 2015, arXiv:1412.6980).

    Parameters
    ----------
    learning_rate : float or function of the step
    b1, b2 : float
        Decay of the first and second moment.
    eps : float
        Added to the root of the second moment.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> opt = nk.optim.Adam(0.1)
    >>> p = {"w": np.ones(2)}
    >>> p, state = opt.update({"w": np.array([1.0, -1.0])}, opt.init(p), p)
    >>> p["w"].round(6)
    array([0.9, 1.1])
    """

    slots = ("first", "second")

    def __init__(self, learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self._fraction(b1=b1, b2=b2)
        self._not_negative(eps=eps)

    def _moments(self, g, moments):
        m = self.b1 * moments[0] + (1 - self.b1) * g
        return m, self.b2 * moments[1] + (1 - self.b2) * squared(g)

    def step(self, p, g, moments, t, rate):
        m, v = self._moments(g, moments)
        scale, root = rate / bias(self.b1, t, p), 1.0 / np.sqrt(bias(self.b2, t, p))
        return p - scale * m / (np.sqrt(v) * root + self.eps), m, v


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

    def __init__(self, learning_rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, weight_decay=1e-2):
        super().__init__(learning_rate, b1, b2, eps, weight_decay)


class Nadam(Adam):
    """Adam with Nesterov's look-ahead (Dozat 2016, ICLR workshop), constant b1.

    There is no momentum schedule, as in optax; PyTorch and Keras warm b1 up (``momentum_decay=0.004``), so their
    steps differ.
    """

    def step(self, p, g, moments, t, rate):
        m, v = self._moments(g, moments)
        ahead = self.b1 * m / bias(self.b1, t + 1, p) + (1 - self.b1) * g / bias(self.b1, t, p)
        return p - rate * ahead / (np.sqrt(v / bias(self.b2, t, p)) + self.eps), m, v


class RAdam(Adam):
    """Adam whose adaptive scale is rectified while its variance is large (Liu et al. 2020, arXiv:1908.03265)."""

    def step(self, p, g, moments, t, rate):
        m, v = self._moments(g, moments)
        longest = 2.0 / (1.0 - self.b2) - 1.0
        power = self.b2**t
        length = longest - 2.0 * t * power / (1.0 - power)
        sure = np.maximum(length, 5.0)
        ratio = (sure - 4.0) * (sure - 2.0) * longest
        rectified = like(np.sqrt(ratio / ((longest - 4.0) * (longest - 2.0) * sure)), p)
        mean = m / bias(self.b1, t, p)
        scaled = rectified * mean / (np.sqrt(v / bias(self.b2, t, p)) + self.eps)
        return p - rate * np.where(length > 5.0, scaled, mean), m, v


class AdaBelief(Adam):
    """Second moment about the running mean (Zhuang et al. 2020, arXiv:2010.07468)."""

    def step(self, p, g, moments, t, rate):
        m = self.b1 * moments[0] + (1 - self.b1) * g
        s = self.b2 * moments[1] + (1 - self.b2) * squared(g - m) + self.eps
        root = np.sqrt(s / bias(self.b2, t, p)) + self.eps
        return p - rate / bias(self.b1, t, p) * m / root, m, s


class AmsGrad(Adam):
    """Adam that divides by the largest second moment so far (Reddi et al. 2018, arXiv:1904.09237).

    The largest moment is corrected for its bias after the comparison.
    """

    slots = ("first", "second", "largest")

    def step(self, p, g, moments, t, rate):
        m, v = self._moments(g, moments)
        top = np.maximum(moments[2], v)
        return (
            p - rate / bias(self.b1, t, p) * m / (np.sqrt(top / bias(self.b2, t, p)) + self.eps),
            m,
            v,
            top,
        )


class Adamax(Adam):
    """Adam with the infinity norm in place of the second moment (Kingma and Ba 2015)."""

    slots = ("first", "largest")

    def step(self, p, g, moments, t, rate):
        m = self.b1 * moments[0] + (1 - self.b1) * g
        u = np.maximum(self.b2 * moments[1], np.abs(g))
        return p - rate / bias(self.b1, t, p) * m / (u + self.eps), m, u


class Adagrad(Optimizer):
    """Rate over the root of all squared gradients so far (Duchi, Hazan and Singer 2011, JMLR 12:2121)."""

    slots = ("sum",)

    def __init__(self, learning_rate=1e-2, eps=1e-10, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self._not_negative(eps=eps)

    def step(self, p, g, moments, t, rate):
        total = moments[0] + squared(g)
        return p - rate * g / (np.sqrt(total) + self.eps), total


class RmsProp(Optimizer):
    """Rate over the root of a running mean of squared gradients (Hinton 2012, lecture 6e).

    `momentum` above 0 adds a heavy ball to the scaled gradient; `centered` subtracts the squared mean
    (Graves 2013, arXiv:1308.0850). The decay of 0.9 is that of the lecture, of Keras and of optax; PyTorch
    begins with 0.99 (its `alpha`) and a rate of 0.01.
    """

    slots = ("second", "mean", "momentum")

    def __init__(
        self,
        learning_rate=1e-3,
        decay=0.9,
        eps=1e-8,
        momentum=0.0,
        centered=False,
        weight_decay=0.0,
    ):
        super().__init__(learning_rate, weight_decay)
        self._fraction(decay=decay, momentum=momentum)
        self._not_negative(eps=eps)
        self.centered = centered

    def step(self, p, g, moments, t, rate):
        v = self.decay * moments[0] + (1 - self.decay) * squared(g)
        mean = self.decay * moments[1] + (1 - self.decay) * g if self.centered else moments[1]
        spread = v - squared(mean) if self.centered else v
        scaled = g / (np.sqrt(np.maximum(np.real(spread), 0.0)) + self.eps)
        m = self.momentum * moments[2] + scaled if self.momentum else moments[2]
        return p - rate * (m if self.momentum else scaled), v, mean, m


class Adadelta(Optimizer):
    """Steps in the units of the parameter (Zeiler 2012, arXiv:1212.5701)."""

    slots = ("second", "steps")

    def __init__(self, learning_rate=1.0, decay=0.9, eps=1e-6, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self._fraction(decay=decay)
        self._not_negative(eps=eps)

    def step(self, p, g, moments, t, rate):
        v = self.decay * moments[0] + (1 - self.decay) * squared(g)
        move = np.sqrt(moments[1] + self.eps) / np.sqrt(v + self.eps) * g
        return p - rate * move, v, self.decay * moments[1] + (1 - self.decay) * squared(move)

"""Descent along the gradient, its running mean, or its sign."""

import numpy as np

from .base import Optimizer, like


class Sgd(Optimizer):
    """Stochastic gradient descent: p - rate * g."""

    def step(self, p, g, moments, t, rate):
        return (p - rate * g,)


class Momentum(Optimizer):
    """Heavy ball: m = beta m + g; p - rate * m (Polyak 1964, doi:10.1016/0041-5553(64)90137-5)."""

    slots = ("momentum",)

    def __init__(self, learning_rate, beta=0.9, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self._fraction(beta=beta)

    def step(self, p, g, moments, t, rate):
        m = self.beta * moments[0] + g
        return p - rate * m, m


class Nesterov(Momentum):
    """Momentum that looks ahead: m = beta m + g; p - rate * (g + beta m).

    Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", ICML.
    """

    def step(self, p, g, moments, t, rate):
        m = self.beta * moments[0] + g
        return p - rate * (g + self.beta * m), m


class Lion(Optimizer):
    """Sign of an interpolated momentum (Chen et al. 2023, arXiv:2302.06675).

    ``p - rate * sign(b1 m + (1 - b1) g)``, then ``m = b2 m + (1 - b2) g``.
    """

    slots = ("momentum",)

    def __init__(self, learning_rate=1e-4, b1=0.9, b2=0.99, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self._fraction(b1=b1, b2=b2)

    def step(self, p, g, moments, t, rate):
        direction = np.sign(self.b1 * moments[0] + (1 - self.b1) * g)
        return p - rate * direction, self.b2 * moments[0] + (1 - self.b2) * g


class Rprop(Optimizer):
    """Step sizes per element that grow while the sign of the gradient stays (full batches).

    Riedmiller and Braun 1993, doi:10.1109/ICNN.1993.298623, in the variant that forgets a gradient
    after its sign has changed. A step size starts at the learning rate.
    """

    slots = ("size", "previous")

    def __init__(self, learning_rate=1e-2, grow=1.2, shrink=0.5, smallest=1e-6, largest=50.0):
        super().__init__(learning_rate)
        if not 0 < shrink < 1 < grow:
            raise ValueError(f"Rprop: 0 < shrink < 1 < grow is needed, got {shrink!r}, {grow!r}")
        if not 0 <= smallest <= largest:
            raise ValueError(
                f"Rprop: 0 <= smallest <= largest is needed, got {smallest!r}, {largest!r}"
            )
        self.grow, self.shrink, self.smallest, self.largest = grow, shrink, smallest, largest

    def step(self, p, g, moments, t, rate):
        size = np.where(t == 1, rate, moments[0])
        agree = np.sign(g * moments[1])
        factor = np.where(
            agree > 0, like(self.grow, p), np.where(agree < 0, like(self.shrink, p), like(1.0, p))
        )
        size = np.clip(size * factor, like(self.smallest, p), like(self.largest, p))
        g = np.where(agree < 0, np.zeros_like(g), g)
        return p - size * np.sign(g), size, g

/* Passes of radix 2, 3, 4, 5, 8 on numbers NK_N, which are vectors or single numbers of type T.
 *
 * One pass, radix R, of a transform of R m points on blocks of s numbers:
 *     y[R p + k] = e^(-2 pi i p k / (R m)) sum_j x[p + m j] e^(-2 pi i j k / R)
 * (Stockham, decimation in frequency). Cost about 5 n log2(n) operations in all. The includer
 * defines NK_N, NK_STEP (numbers of type T in one), NK_LOAD, NK_STORE, NK_SPLAT, NK_N_FMA and
 * NK_PASS(name); they are undefined at the end.
 */

/* (yr, yi) = (ar, ai) (wr, wi) */
#define NK_TURN(yr, yi, ar, ai, wr, wi)                   \
  do {                                                    \
    NK_STORE((yr), NK_N_FMA((ar), (wr), -((ai) * (wi)))); \
    NK_STORE((yi), NK_N_FMA((ar), (wi), ((ai) * (wr))));  \
  } while (0)

#define NK_PASS_ARGS                                                                     \
  int64_t m, int64_t s, const T *restrict w, const T *restrict xr, const T *restrict xi, \
      T *restrict yr, T *restrict yi

static void NK_PASS(pass_2)(NK_PASS_ARGS) {
  for (int64_t p = 0; p < m; p++, w += 2, xr += s, xi += s, yr += 2 * s, yi += 2 * s) {
    const NK_N wr = NK_SPLAT(w[0]), wi = NK_SPLAT(w[1]);
    const T *restrict br = xr + m * s, *restrict bi = xi + m * s;
    for (int64_t i = 0; i < s; i += NK_STEP) {
      const NK_N dr = NK_LOAD(xr + i) - NK_LOAD(br + i), di = NK_LOAD(xi + i) - NK_LOAD(bi + i);
      NK_STORE(yr + i, NK_LOAD(xr + i) + NK_LOAD(br + i));
      NK_STORE(yi + i, NK_LOAD(xi + i) + NK_LOAD(bi + i));
      NK_TURN(yr + i + s, yi + i + s, dr, di, wr, wi);
    }
  }
}

static void NK_PASS(pass_3)(NK_PASS_ARGS) {
  const NK_N half = NK_SPLAT((T)0.5), root = NK_SPLAT((T)0.86602540378443864676);
  for (int64_t p = 0; p < m; p++, w += 4, xr += s, xi += s, yr += 3 * s, yi += 3 * s) {
    const NK_N w1r = NK_SPLAT(w[0]), w1i = NK_SPLAT(w[1]), w2r = NK_SPLAT(w[2]),
               w2i = NK_SPLAT(w[3]);
    const T *restrict br = xr + m * s, *restrict bi = xi + m * s;
    const T *restrict cr = br + m * s, *restrict ci = bi + m * s;
    for (int64_t i = 0; i < s; i += NK_STEP) {
      const NK_N tr = NK_LOAD(br + i) + NK_LOAD(cr + i), ti = NK_LOAD(bi + i) + NK_LOAD(ci + i);
      const NK_N ur = NK_N_FMA(-half, tr, NK_LOAD(xr + i)),
                 ui = NK_N_FMA(-half, ti, NK_LOAD(xi + i));
      const NK_N vr = root * (NK_LOAD(bi + i) - NK_LOAD(ci + i)),
                 vi = root * (NK_LOAD(cr + i) - NK_LOAD(br + i));
      const NK_N ar = ur + vr, ai = ui + vi, er = ur - vr, ei = ui - vi;
      NK_STORE(yr + i, NK_LOAD(xr + i) + tr);
      NK_STORE(yi + i, NK_LOAD(xi + i) + ti);
      NK_TURN(yr + i + s, yi + i + s, ar, ai, w1r, w1i);
      NK_TURN(yr + i + 2 * s, yi + i + 2 * s, er, ei, w2r, w2i);
    }
  }
}

static void NK_PASS(pass_4)(NK_PASS_ARGS) {
  for (int64_t p = 0; p < m; p++, w += 6, xr += s, xi += s, yr += 4 * s, yi += 4 * s) {
    const NK_N w1r = NK_SPLAT(w[0]), w1i = NK_SPLAT(w[1]), w2r = NK_SPLAT(w[2]),
               w2i = NK_SPLAT(w[3]), w3r = NK_SPLAT(w[4]), w3i = NK_SPLAT(w[5]);
    const T *restrict br = xr + m * s, *restrict bi = xi + m * s;
    const T *restrict cr = br + m * s, *restrict ci = bi + m * s;
    const T *restrict dr = cr + m * s, *restrict di = ci + m * s;
    for (int64_t i = 0; i < s; i += NK_STEP) {
      const NK_N t0r = NK_LOAD(xr + i) + NK_LOAD(cr + i), t0i = NK_LOAD(xi + i) + NK_LOAD(ci + i),
                 t1r = NK_LOAD(xr + i) - NK_LOAD(cr + i), t1i = NK_LOAD(xi + i) - NK_LOAD(ci + i);
      const NK_N t2r = NK_LOAD(br + i) + NK_LOAD(dr + i), t2i = NK_LOAD(bi + i) + NK_LOAD(di + i);
      const NK_N t3r = NK_LOAD(bi + i) - NK_LOAD(di + i), t3i = NK_LOAD(dr + i) - NK_LOAD(br + i);
      const NK_N ar = t1r + t3r, ai = t1i + t3i, er = t0r - t2r, ei = t0i - t2i;
      const NK_N fr = t1r - t3r, fi = t1i - t3i;
      NK_STORE(yr + i, t0r + t2r);
      NK_STORE(yi + i, t0i + t2i);
      NK_TURN(yr + i + s, yi + i + s, ar, ai, w1r, w1i);
      NK_TURN(yr + i + 2 * s, yi + i + 2 * s, er, ei, w2r, w2i);
      NK_TURN(yr + i + 3 * s, yi + i + 3 * s, fr, fi, w3r, w3i);
    }
  }
}

static void NK_PASS(pass_5)(NK_PASS_ARGS) {
  const NK_N c1 = NK_SPLAT((T)0.30901699437494742410), c2 = NK_SPLAT((T)-0.80901699437494742410);
  const NK_N s1 = NK_SPLAT((T)0.95105651629515357212), s2 = NK_SPLAT((T)0.58778525229247312917);
  for (int64_t p = 0; p < m; p++, w += 8, xr += s, xi += s, yr += 5 * s, yi += 5 * s) {
    const NK_N w1r = NK_SPLAT(w[0]), w1i = NK_SPLAT(w[1]), w2r = NK_SPLAT(w[2]),
               w2i = NK_SPLAT(w[3]);
    const NK_N w3r = NK_SPLAT(w[4]), w3i = NK_SPLAT(w[5]), w4r = NK_SPLAT(w[6]),
               w4i = NK_SPLAT(w[7]);
    const T *restrict br = xr + m * s, *restrict bi = xi + m * s;
    const T *restrict cr = br + m * s, *restrict ci = bi + m * s;
    const T *restrict dr = cr + m * s, *restrict di = ci + m * s;
    const T *restrict er = dr + m * s, *restrict ei = di + m * s;
    for (int64_t i = 0; i < s; i += NK_STEP) {
      const NK_N p1r = NK_LOAD(br + i) + NK_LOAD(er + i), p1i = NK_LOAD(bi + i) + NK_LOAD(ei + i),
                 q1r = NK_LOAD(br + i) - NK_LOAD(er + i), q1i = NK_LOAD(bi + i) - NK_LOAD(ei + i);
      const NK_N p2r = NK_LOAD(cr + i) + NK_LOAD(dr + i), p2i = NK_LOAD(ci + i) + NK_LOAD(di + i),
                 q2r = NK_LOAD(cr + i) - NK_LOAD(dr + i), q2i = NK_LOAD(ci + i) - NK_LOAD(di + i);
      const NK_N ar = NK_N_FMA(c2, p2r, NK_N_FMA(c1, p1r, NK_LOAD(xr + i)));
      const NK_N ai = NK_N_FMA(c2, p2i, NK_N_FMA(c1, p1i, NK_LOAD(xi + i)));
      const NK_N fr = NK_N_FMA(c1, p2r, NK_N_FMA(c2, p1r, NK_LOAD(xr + i)));
      const NK_N fi = NK_N_FMA(c1, p2i, NK_N_FMA(c2, p1i, NK_LOAD(xi + i)));
      const NK_N gr = NK_N_FMA(s2, q2i, s1 * q1i), gi = -NK_N_FMA(s2, q2r, s1 * q1r);
      const NK_N hr = NK_N_FMA(-s1, q2i, s2 * q1i), hi = -NK_N_FMA(-s1, q2r, s2 * q1r);
      const NK_N y1r = ar + gr, y1i = ai + gi, y4r = ar - gr, y4i = ai - gi;
      const NK_N y2r = fr + hr, y2i = fi + hi, y3r = fr - hr, y3i = fi - hi;
      NK_STORE(yr + i, NK_LOAD(xr + i) + (p1r + p2r));
      NK_STORE(yi + i, NK_LOAD(xi + i) + (p1i + p2i));
      NK_TURN(yr + i + s, yi + i + s, y1r, y1i, w1r, w1i);
      NK_TURN(yr + i + 2 * s, yi + i + 2 * s, y2r, y2i, w2r, w2i);
      NK_TURN(yr + i + 3 * s, yi + i + 3 * s, y3r, y3i, w3r, w3i);
      NK_TURN(yr + i + 4 * s, yi + i + 4 * s, y4r, y4i, w4r, w4i);
    }
  }
}

static void NK_PASS(pass_8)(NK_PASS_ARGS) {
  const NK_N h = NK_SPLAT((T)0.70710678118654752440);
  const int64_t d = m * s;
  for (int64_t p = 0; p < m; p++, w += 14, xr += s, xi += s, yr += 8 * s, yi += 8 * s) {
    for (int64_t i = 0; i < s; i += NK_STEP) {
      /* sums and differences half a circle apart, then two transforms of four points */
      const NK_N a0r = NK_LOAD(xr + i) + NK_LOAD(xr + i + 4 * d),
                 a0i = NK_LOAD(xi + i) + NK_LOAD(xi + i + 4 * d);
      const NK_N b0r = NK_LOAD(xr + i) - NK_LOAD(xr + i + 4 * d),
                 b0i = NK_LOAD(xi + i) - NK_LOAD(xi + i + 4 * d);
      const NK_N a1r = NK_LOAD(xr + i + d) + NK_LOAD(xr + i + 5 * d),
                 a1i = NK_LOAD(xi + i + d) + NK_LOAD(xi + i + 5 * d);
      const NK_N u1r = NK_LOAD(xr + i + d) - NK_LOAD(xr + i + 5 * d),
                 u1i = NK_LOAD(xi + i + d) - NK_LOAD(xi + i + 5 * d);
      const NK_N a2r = NK_LOAD(xr + i + 2 * d) + NK_LOAD(xr + i + 6 * d),
                 a2i = NK_LOAD(xi + i + 2 * d) + NK_LOAD(xi + i + 6 * d);
      const NK_N u2r = NK_LOAD(xr + i + 2 * d) - NK_LOAD(xr + i + 6 * d),
                 u2i = NK_LOAD(xi + i + 2 * d) - NK_LOAD(xi + i + 6 * d);
      const NK_N a3r = NK_LOAD(xr + i + 3 * d) + NK_LOAD(xr + i + 7 * d),
                 a3i = NK_LOAD(xi + i + 3 * d) + NK_LOAD(xi + i + 7 * d);
      const NK_N u3r = NK_LOAD(xr + i + 3 * d) - NK_LOAD(xr + i + 7 * d),
                 u3i = NK_LOAD(xi + i + 3 * d) - NK_LOAD(xi + i + 7 * d);
      const NK_N b1r = h * (u1r + u1i), b1i = h * (u1i - u1r);
      const NK_N b2r = u2i, b2i = -u2r;
      const NK_N b3r = h * (u3i - u3r), b3i = -h * (u3r + u3i);
      const NK_N c0r = a0r + a2r, c0i = a0i + a2i, c1r = a0r - a2r, c1i = a0i - a2i;
      const NK_N c2r = a1r + a3r, c2i = a1i + a3i, c3r = a1i - a3i, c3i = a3r - a1r;
      const NK_N e0r = b0r + b2r, e0i = b0i + b2i, e1r = b0r - b2r, e1i = b0i - b2i;
      const NK_N e2r = b1r + b3r, e2i = b1i + b3i, e3r = b1i - b3i, e3i = b3r - b1r;
      NK_STORE(yr + i, c0r + c2r);
      NK_STORE(yi + i, c0i + c2i);
      const NK_N y1r = e0r + e2r, y1i = e0i + e2i, y2r = c1r + c3r, y2i = c1i + c3i;
      const NK_N y3r = e1r + e3r, y3i = e1i + e3i, y4r = c0r - c2r, y4i = c0i - c2i;
      const NK_N y5r = e0r - e2r, y5i = e0i - e2i, y6r = c1r - c3r, y6i = c1i - c3i;
      const NK_N y7r = e1r - e3r, y7i = e1i - e3i;
      NK_TURN(yr + i + s, yi + i + s, y1r, y1i, NK_SPLAT(w[0]), NK_SPLAT(w[1]));
      NK_TURN(yr + i + 2 * s, yi + i + 2 * s, y2r, y2i, NK_SPLAT(w[2]), NK_SPLAT(w[3]));
      NK_TURN(yr + i + 3 * s, yi + i + 3 * s, y3r, y3i, NK_SPLAT(w[4]), NK_SPLAT(w[5]));
      NK_TURN(yr + i + 4 * s, yi + i + 4 * s, y4r, y4i, NK_SPLAT(w[6]), NK_SPLAT(w[7]));
      NK_TURN(yr + i + 5 * s, yi + i + 5 * s, y5r, y5i, NK_SPLAT(w[8]), NK_SPLAT(w[9]));
      NK_TURN(yr + i + 6 * s, yi + i + 6 * s, y6r, y6i, NK_SPLAT(w[10]), NK_SPLAT(w[11]));
      NK_TURN(yr + i + 7 * s, yi + i + 7 * s, y7r, y7i, NK_SPLAT(w[12]), NK_SPLAT(w[13]));
    }
  }
}

#undef NK_N
#undef NK_STEP
#undef NK_LOAD
#undef NK_STORE
#undef NK_SPLAT
#undef NK_N_FMA
#undef NK_PASS
#undef NK_TURN
#undef NK_PASS_ARGS

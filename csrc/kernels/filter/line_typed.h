/* Units of kernel `filter` for one element type: REAL, NAME(x), LANES and FMA (on scalars) are set by
 * the file that includes this; LANES > 1 where it has real_typed.h. */

enum { CHUNK = NK_FILTER_CHUNK, PAD = 4 * LANES, ROWS = 64 };

/* Parts of a slot. The past of x and of y stands before their chunks. */
typedef struct parts {
  REAL *b, *a, *x, *y, *u;
} parts;

static size_t split(const nk_filter *p, REAL *base, parts *w) {
  const int64_t sizes[] = {p->n_b, p->n_a, p->n_b * p->lanes + CHUNK + ROWS * LANES + PAD,
                           p->n_a * p->lanes + CHUNK + ROWS * LANES + PAD, CHUNK + PAD};
  REAL **to[] = {&w->b, &w->a, &w->x, &w->y, &w->u};
  int64_t n = 0;
  for (int k = 0; k < 5; ++k) {
    if (base != NULL) *to[k] = base + n;
    n += sizes[k];
  }
  if (base != NULL) {
    w->x += p->n_b * p->lanes;
    w->y += p->n_a * p->lanes;
  }
  return (size_t)n * sizeof(REAL);
}

static size_t slot_size(const nk_filter *p) {
  parts none;
  return split(p, NULL, &none);
}

static void move(char *to, int64_t to_step, const char *from, int64_t from_step, int64_t n) {
  const int64_t item = sizeof(REAL);
  if (to_step == item && from_step == item)
    memcpy(to, from, (size_t)(n * item));
  else
    for (int64_t i = 0; i < n; ++i)
      *(REAL *)(void *)(to + i * to_step) = *(const REAL *)(const void *)(from + i * from_step);
}

static void sums(const nk_filter *p, const parts *w, int64_t n) {
#if LANES > 1
  moving_sum(w->u, w->x, w->b, p->n_b, (n + PAD - 1) / PAD * PAD);
#else
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < p->n_b; ++k) w->u[i] = FMA(w->b[k], w->x[i - k], w->u[i]);
#endif
}

/* The recursion for up to four coefficients: the past stays in registers. */
static void short_recursion(const REAL *a, int64_t na, REAL *y, const REAL *u, int64_t n) {
  REAL c[4], late[4];
  for (int k = 0; k < 4; ++k) {
    c[k] = k < na ? -a[k] : 0;
    late[k] = k < na ? y[-1 - k] : 0;
  }
  if (na <= 2) {
    for (int64_t i = 0; i < n; ++i) {
      const REAL now = FMA(c[0], late[0], FMA(c[1], late[1], u[i]));
      late[1] = late[0];
      y[i] = late[0] = now;
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    const REAL past = FMA(c[1], late[1], FMA(c[2], late[2], FMA(c[3], late[3], u[i])));
    late[3] = late[2];
    late[2] = late[1];
    late[1] = late[0];
    y[i] = late[0] = FMA(c[0], late[0], past);
  }
}

static void recursion(const REAL *a, int64_t na, REAL *y, const REAL *u, int64_t n) {
  if (na <= 4) {
    short_recursion(a, na, y, u, n);
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    REAL sum = u[i];
    for (int64_t k = na; k > 0; --k) sum = FMA(-a[k - 1], y[i - k], sum);
    y[i] = sum;
  }
}

/* One line, or `lanes` of them which are `apart` in memory: of x and y, and of z. */
typedef struct track {
  char *y;
  const char *x, *z;
  int64_t y_step, x_step, z_step, y_apart, x_apart, z_apart;
} track;

static void past(REAL *now, int64_t n_past, int64_t n, int64_t lanes) {
  memmove(now - n_past * lanes, now + (n - n_past) * lanes, (size_t)(n_past * lanes) * sizeof(REAL));
}

static void line(const nk_filter *p, const parts *w, const track *at) {
  memset(w->x - p->n_b, 0, (size_t)p->n_b * sizeof(REAL));
  memset(w->y - p->n_a, 0, (size_t)p->n_a * sizeof(REAL));
  for (int64_t t = 0; t < p->n_time; t += CHUNK) {
    const int64_t n = p->n_time - t < CHUNK ? p->n_time - t : CHUNK;
    move((char *)w->x, sizeof(REAL), at->x + t * at->x_step, at->x_step, n);
    memset(w->x + n, 0, PAD * sizeof(REAL));
    memset(w->u, 0, (size_t)(n + PAD) * sizeof(REAL));
    if (t < p->n_z)
      move((char *)w->u, sizeof(REAL), at->z + t * at->z_step, at->z_step,
           p->n_z - t < n ? p->n_z - t : n);
    sums(p, w, n);
    recursion(w->a, p->n_a, w->y, w->u, n);
    move(at->y + t * at->y_step, at->y_step, (const char *)w->y, sizeof(REAL), n);
    past(w->x, p->n_b, n, 1);
    past(w->y, p->n_a, n, 1);
  }
}

#if LANES > 1
static void bundle(const nk_filter *p, const parts *w, const track *at) {
  const int64_t item = sizeof(REAL), row = LANES * item;
  for (int64_t t = 0; t < p->n_time; t += ROWS) {
    const int64_t n = p->n_time - t < ROWS ? p->n_time - t : ROWS;
    for (int64_t j = 0; j < LANES; ++j)
      move((char *)(w->x + j), row, at->x + j * at->x_apart + t * at->x_step, at->x_step, n);
    columns(p, w->b, w->a, w->y, LANES, w->x, LANES, at->z, at->z_step, at->z_apart, LANES, t, n);
    for (int64_t j = 0; j < LANES; ++j)
      move(at->y + j * at->y_apart + t * at->y_step, at->y_step, (const char *)(w->y + j), row, n);
    past(w->x, p->n_b, n, LANES);
    past(w->y, p->n_a, n, LANES);
  }
}
#endif

static void coefficients(const nk_filter *p, const nk_call *call, const parts *w, int64_t g) {
  const nk_view *b = &call->in[1], *a = &call->in[2];
  const int64_t item = sizeof(REAL);
  move((char *)w->b, item, nk_filter_group(b, 1, g), b->stride[b->ndim - 1], p->n_b);
  move((char *)w->a, item, nk_filter_group(a, 1, g), a->stride[a->ndim - 1], p->n_a);
}

/* Line a and column c of group g. */
static track track_of(const nk_filter *p, const nk_call *call, int64_t g, int64_t a, int64_t c) {
  const nk_view *y = &call->out[0], *x = &call->in[0], *z = &call->in[3];
  const int d = y->ndim - 3;
  const int64_t back = call->ip[0] ? p->n_time - 1 : 0, sign = call->ip[0] ? -1 : 1;
  return (track){
      .y = nk_filter_group(y, 3, g) + a * y->stride[d] + back * y->stride[d + 1] +
           c * y->stride[d + 2],
      .x = nk_filter_group(x, 3, g) + a * x->stride[d] + back * x->stride[d + 1] +
           c * x->stride[d + 2],
      .z = nk_filter_group(z, 3, g) + a * z->stride[d] + c * z->stride[d + 2],
      .y_step = sign * y->stride[d + 1],
      .x_step = sign * x->stride[d + 1],
      .z_step = z->stride[d + 1],
      .y_apart = y->stride[d],
      .x_apart = x->stride[d],
      .z_apart = z->stride[d],
  };
}

#if LANES > 1
static void tile(const nk_filter *p, const nk_call *call, const parts *w, int64_t g, int64_t unit) {
  const int64_t c = unit % p->n_tile * TILE, left = p->n_wide - c, item = sizeof(REAL);
  const track at = track_of(p, call, g, unit / p->n_tile, c);
  const nk_view *z = &call->in[3];
  columns(p, w->b, w->a, (REAL *)(void *)at.y, at.y_step / item,
          (const REAL *)(const void *)at.x, at.x_step / item, at.z, at.z_step,
          z->stride[z->ndim - 1], left < TILE ? left : TILE, 0, p->n_time);
}
#endif

static nk_status range(const nk_filter *p, const nk_call *call, int64_t first, int64_t last,
                       char *work) {
  const int64_t units = nk_filter_units(p), n_bundles = p->lanes == 1 ? 0 : p->n_line / p->lanes;
  parts w;
  split(p, (REAL *)(void *)work, &w);
  int64_t known = -1;
  for (int64_t i = first; i < last; ++i) {
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    const int64_t g = i / units, unit = i % units - p->n_line * p->n_tile;
    if (g != known) coefficients(p, call, &w, g);
    known = g;
#if LANES > 1
    if (unit < 0) {
      tile(p, call, &w, g, i % units);
      continue;
    }
#endif
    const int64_t k = unit % nk_filter_per_column(p);
    const int64_t a = k < n_bundles ? k * p->lanes : k - n_bundles + n_bundles * p->lanes;
    const track at = track_of(p, call, g, a, p->n_wide + unit / nk_filter_per_column(p));
#if LANES > 1
    if (k < n_bundles) {
      bundle(p, &w, &at);
      continue;
    }
#endif
    line(p, &w, &at);
  }
  return NK_OK;
}

const nk_filter_type NK_LV(NAME(nk_filter)) = {LANES, 8 * LANES, slot_size, range};

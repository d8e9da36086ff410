/* Allocator, messages, Philox. */
#include "../../csrc/base/nk.h"
#include "../../csrc/base/philox.h"
#include "check.h"

#include <pthread.h>
#include <string.h>

int test_alloc_alignment(void) {
  int64_t before = nk_alloc_live();
  for (size_t n = 0; n < 300; n += 7) {
    unsigned char *p = nk_alloc_zero(n);
    CHECK(p != NULL && (uintptr_t)p % NK_ALIGN == 0);
    for (size_t i = 0; i < n; i++) CHECK(p[i] == 0);
    memset(p, 1, n);
    CHECK(nk_alloc_live() == before + 1);
    nk_free(p);
  }
  nk_free(NULL);
  CHECK(nk_alloc_live() == before);
  CHECK(nk_alloc(SIZE_MAX) == NULL);
  CHECK(nk_alloc_live() == before);
  return 0;
}

int test_alloc_fails_at_nth(void) {
  for (int n = 1; n <= 4; n++) {
    nk_alloc_fail_at(n);
    for (int call = 1; call <= 6; call++) {
      void *p = nk_alloc(8);
      CHECK((p == NULL) == (call == n));
      nk_free(p);
    }
  }
  nk_alloc_fail_at(2);
  nk_alloc_fail_at(0);
  for (int call = 0; call < 4; call++) {
    void *p = nk_alloc(8);
    CHECK(p != NULL);
    nk_free(p);
  }
  return 0;
}

static void *allocate_often(void *unused) {
  (void)unused;
  for (int i = 0; i < 20000; i++) nk_free(nk_alloc((size_t)(i % 200)));
  return NULL;
}

int test_alloc_from_threads(void) {
  int64_t before = nk_alloc_live();
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, allocate_often, NULL) == 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  CHECK(nk_alloc_live() == before);
  return 0;
}

int test_status_messages(void) {
  nk_error error = {.status = NK_OK, .text = ""};
  CHECK(nk_fail(&error, NK_ERR_VALUE, "got %d, wanted %s", 3, "four") == NK_ERR_VALUE);
  CHECK(error.status == NK_ERR_VALUE && strcmp(error.text, "got 3, wanted four") == 0);
  CHECK(nk_fail(NULL, NK_ERR_INDEX, "nobody listens") == NK_ERR_INDEX);
  nk_fail(&error, NK_ERR_TYPE, "%0*d", 2 * NK_ERROR_TEXT, 1); /* too long: cut, terminated */
  CHECK(strlen(error.text) == NK_ERROR_TEXT - 1);
  for (int i = 0; i < NK_NDTYPES; i++) CHECK(nk_dtype_size[i] > 0 && nk_dtype_name[i] != NULL);
  return 0;
}

/* File kat_vectors of Random123 (D. E. Shaw Research). */
int test_philox_known_answers(void) {
  static const struct {
    uint32_t counter[4], key[2], expected[4];
  } rows[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    nk_philox counter;
    memcpy(counter.v, rows[i].counter, sizeof counter.v);
    nk_philox x = nk_philox4x32(counter, rows[i].key[0], rows[i].key[1]);
    CHECK(memcmp(x.v, rows[i].expected, sizeof x.v) == 0);
  }
  return 0;
}

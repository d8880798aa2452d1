/* A check that names its place and lets the others run. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int checks_failed;
static int checks_done;

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(actual, expected) check_equal((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)

static inline void check_that(int holds, const char *text, const char *file, int line) {
  checks_done++;
  if (holds) return;
  checks_failed++;
  printf("%s:%d: does not hold: %s\n", file, line, text);
}

static inline void check_equal(long long actual, long long expected, const char *text, const char *file, int line) {
  checks_done++;
  if (actual == expected) return;
  checks_failed++;
  printf("%s:%d: %s is %lld, expected %lld\n", file, line, text, actual, expected);
}

/* The closing line, and the exit code. */
static inline int checks_end(const char *name) {
  printf("%s: %d checks, %d failed\n", name, checks_done, checks_failed);
  return checks_failed == 0 && checks_done > 0 ? 0 : 1;
}

#endif

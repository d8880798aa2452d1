/* prober echo|wire DEVICE INTERVAL_US GAP_US ADDRESS...: probes addresses until it is ended; a JSON line for each finding. */

#include "prober.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void die(const char *what) {
  perror(what);
  exit(1);
}

bool wait_until(const int *descriptors, int count, int64_t until_us) {
  struct pollfd polled[4];
  for (int n = 0; n < count; n++) polled[n] = (struct pollfd){.fd = descriptors[n], .events = POLLIN};
  int64_t left = until_us - now_us();
  struct timespec timeout = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
  if (left < 0) timeout = (struct timespec){0, 0};
  return ppoll(polled, (nfds_t)count, &timeout, NULL) > 0;
}

int find_four(const struct probes *probes, const void *bytes) {
  for (int n = 0; n < probes->count; n++)
    if (probes->list[n].family == AF_INET && memcmp(&probes->list[n].four, bytes, 4) == 0) return n;
  return -1;
}

int find_six(const struct probes *probes, const void *bytes) {
  for (int n = 0; n < probes->count; n++)
    if (probes->list[n].family == AF_INET6 && memcmp(&probes->list[n].six, bytes, 16) == 0) return n;
  return -1;
}

static void add_address(struct probes *probes, const char *text) {
  struct address *address = &probes->list[probes->count++];
  address->text = text;
  if (inet_pton(AF_INET, text, &address->four) == 1) address->family = AF_INET;
  else if (inet_pton(AF_INET6, text, &address->six) == 1) address->family = AF_INET6;
  else {
    fprintf(stderr, "prober: %s is no address\n", text);
    exit(2);
  }
}

int main(int argc, char **argv) {
  static struct probes probes;
  if (argc < 6 || argc - 5 > ADDRESS_MAX) {
    fprintf(stderr, "usage: prober echo|wire DEVICE INTERVAL_US GAP_US ADDRESS... (at most %d)\n", ADDRESS_MAX);
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  probes.device = argv[2];
  probes.interval_us = atoll(argv[3]);
  for (int n = 5; n < argc; n++) add_address(&probes, argv[n]);
  if (strcmp(argv[1], "echo") == 0) probe_echo(&probes, atoll(argv[4]));
  else probe_wire(&probes);
}

/*
 * A host: runs I/O on its targets, each through one session, and tells each quarter of a second what came of it.
 *
 *   initiator ask SERVER SOURCE TARGET          prints the portals that the iSNS server lists, with their tags
 *   initiator run SERVER INITIATOR DEPTH BLOCKS TIME2WAIT_MS TARGET…
 *
 * Commands on the standard input: `rate N` (commands a second and session, 0: as many as the depth allows) and `stop`
 * (finish, read back everything that was written, log out, end). The end of the input ends it at once.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "isns-client.h"
#include "session.h"

#define SESSIONS_MAX 16
#define REPORT_MS 250

static int ask(const char *server, const char *source, const char *target) {
  struct isns_portal portals[ISNS_PORTALS_MAX];
  char error[128];
  int count = isns_query_portals(server, source, target, 2000, portals, error, sizeof(error));
  if (count < 0) {
    fprintf(stderr, "iSNS server %s: %s\n", server, error);
    return 1;
  }
  for (int index = 0; index < count; index++) printf("%s %u\n", portals[index].portal, portals[index].tag);
  return 0;
}

static void print_session(struct session *session, uint64_t latency[LATENCY_BUCKETS], int first) {
  pthread_mutex_lock(&session->lock);
  struct session_counts counts = session->counts;
  memset(session->counts.latency, 0, sizeof(session->counts.latency));
  printf("%s{\"target\":\"%s\",\"portal\":\"%s\",\"operations\":%llu,\"reads\":%llu,\"writes\":%llu,\"retries\":%llu,"
         "\"logins\":%llu,\"errors\":%llu,\"lost\":%llu}",
         first ? "" : ",", session->options.target, session->portal, (unsigned long long)counts.operations,
         (unsigned long long)counts.reads, (unsigned long long)counts.writes, (unsigned long long)counts.retries,
         (unsigned long long)counts.logins, (unsigned long long)counts.errors, (unsigned long long)counts.lost);
  pthread_mutex_unlock(&session->lock);
  for (int bucket = 0; bucket < LATENCY_BUCKETS; bucket++) latency[bucket] += counts.latency[bucket];
}

/* Counts are since the start, latencies (pairs of bucket and count) since the last report. */
static void report(struct session *sessions, int count, int last) {
  uint64_t latency[LATENCY_BUCKETS] = {0};
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  flockfile(stdout);
  printf("{\"report\":%s,\"atUs\":%llu,\"initiator\":\"%s\",\"sessions\":[", last ? "\"last\"" : "\"interval\"",
         (unsigned long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, sessions[0].options.initiator);
  for (int index = 0; index < count; index++) print_session(&sessions[index], latency, index == 0);
  printf("],\"latency\":[");
  int first = 1;
  for (int bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    if (latency[bucket] == 0) continue;
    printf("%s[%d,%llu]", first ? "" : ",", bucket, (unsigned long long)latency[bucket]);
    first = 0;
  }
  printf("]}\n");
  fflush(stdout);
  funlockfile(stdout);
}

/* Takes the commands of the standard input; false at its end. */
static int take_commands(struct session *sessions, int count) {
  static char line[256];
  static size_t length;
  ssize_t got = read(STDIN_FILENO, line + length, sizeof(line) - 1 - length);
  if (got <= 0) return 0;
  length += (size_t)got;
  for (char *end; (end = memchr(line, '\n', length)) != NULL;) {
    *end = 0;
    double rate;
    for (int index = 0; index < count; index++) {
      if (sscanf(line, "rate %lf", &rate) == 1) sessions[index].rate = rate;
      if (strcmp(line, "stop") == 0) sessions[index].stop = 1;
    }
    length -= (size_t)(end + 1 - line);
    memmove(line, end + 1, length);
  }
  return length < sizeof(line) - 1;
}

static int all_ended(struct session *sessions, int count) {
  for (int index = 0; index < count; index++) {
    if (!sessions[index].ended) return 0;
  }
  return 1;
}

static int run(int argc, char **argv) {
  static struct session sessions[SESSIONS_MAX];
  int count = argc - 7;
  if (count > SESSIONS_MAX) count = SESSIONS_MAX;
  for (int index = 0; index < count; index++) {
    struct session_options options = {.server = argv[2],
                                      .initiator = argv[3],
                                      .depth = atoi(argv[4]),
                                      .blocks = (uint32_t)atoi(argv[5]),
                                      .time2wait_ms = atoi(argv[6]),
                                      .target = argv[7 + index]};
    if (session_start(&sessions[index], &options) != 0) return 1;
  }
  while (!all_ended(sessions, count)) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, REPORT_MS) > 0 && !take_commands(sessions, count)) return 1;
    report(sessions, count, 0);
  }
  report(sessions, count, 1);
  return 0;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  if (argc == 5 && strcmp(argv[1], "ask") == 0) return ask(argv[2], argv[3], argv[4]);
  if (argc >= 8 && strcmp(argv[1], "run") == 0) return run(argc, argv);
  fprintf(stderr, "usage: initiator ask SERVER SOURCE TARGET\n"
                  "       initiator run SERVER INITIATOR DEPTH BLOCKS TIME2WAIT_MS TARGET...\n");
  return 2;
}

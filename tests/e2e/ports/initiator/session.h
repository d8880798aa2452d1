/* One session of a host with a target: the initiator of the seed's Figure 6, with applications above it. */

#ifndef SESSION_H
#define SESSION_H

#include <pthread.h>
#include <stdint.h>

/* A histogram of latencies: 16 buckets for each doubling of a microsecond. */
#define LATENCY_BUCKETS 512

struct session_counts {
  uint64_t operations;
  uint64_t reads;
  uint64_t writes;
  /* Commands sent once more because a connection ended with them under way. */
  uint64_t retries;
  uint64_t logins;
  /* Answers with an error that no new login explains. */
  uint64_t errors;
  /* Blocks read back that were not what was written and confirmed last. */
  uint64_t lost;
  uint64_t latency[LATENCY_BUCKETS];
};

struct session_options {
  const char *initiator;
  const char *target;
  /* Address of the iSNS server. */
  const char *server;
  int depth;
  uint32_t blocks;
  /* From the end of a connection to the next login: DefaultTime2Wait (RFC 7143, section 13.15), 2 seconds. */
  int time2wait_ms;
};

struct session {
  struct session_options options;
  pthread_t thread;
  pthread_mutex_t lock;
  /* Under the lock. */
  struct session_counts counts;
  char portal[64];
  /* Commands in a second; 0: as many as the depth allows. */
  volatile double rate;
  volatile int stop;
  volatile int ended;
};

/* Starts a session's thread. It prints an event a line, and ends some time after `stop` was set. */
int session_start(struct session *session, const struct session_options *options);

/* Bucket of a latency, and the latency that a bucket begins with, in microseconds. */
int latency_bucket(uint64_t microseconds);

#endif

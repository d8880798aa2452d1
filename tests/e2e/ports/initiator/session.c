#include "session.h"

#include <errno.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "content.h"
#include "isns-client.h"

#define LUN 1
#define SECTOR_BYTES 512
#define SECTORS_PER_BLOCK (BLOCK_BYTES / SECTOR_BYTES)
#define DEPTH_MAX 128
#define LOGIN_TIMEOUT_MS 5000
#define ASK_TIMEOUT_MS 2000
#define ASK_AGAIN_MS 300
/* A paced application sends what is due in bursts, so often. */
#define BURST_US 4000
/* A session that answers nothing for so long is given up, as after a NOP-Out without an answer. */
#define SILENCE_MS 5000

/* A command of an application; it is sent again until it is answered. */
struct command {
  struct host *host;
  int in_use, under_way, is_write;
  uint32_t block;
  uint64_t version;
  uint64_t began_us;
  uint8_t data[BLOCK_BYTES];
};

/* The thread's own side of a session. */
struct host {
  struct session *session;
  struct iscsi_context *iscsi;
  uint64_t owner;
  uint64_t random;
  /* By block: version of the latest confirmed write, and whether a command is under way. */
  uint64_t *confirmed;
  uint8_t *busy;
  struct command commands[DEPTH_MAX];
  int under_way;
  int lost_connection;
  int connect_status;
  uint64_t heard_us;
  uint64_t paced_from_us, paced, burst_us;
  /* When everything is read back at the end: the next block. */
  int verifying;
  uint32_t verify_next;
};

static uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void sleep_ms(int ms) {
  struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
  nanosleep(&time, NULL);
}

static uint64_t next_random(struct host *host) {
  host->random ^= host->random << 13;
  host->random ^= host->random >> 7;
  host->random ^= host->random << 17;
  return host->random;
}

static void event(struct host *host, const char *name, const char *portal, const char *why) {
  flockfile(stdout);
  printf("{\"event\":\"%s\",\"atUs\":%llu,\"initiator\":\"%s\",\"target\":\"%s\",\"portal\":\"%s\",\"why\":\"%s\"}\n", name,
         (unsigned long long)now_us(), host->session->options.initiator, host->session->options.target, portal, why);
  fflush(stdout);
  funlockfile(stdout);
}

int latency_bucket(uint64_t us) {
  if (us < 16) return (int)us;
  int exponent = 63 - __builtin_clzll(us);
  int bucket = (exponent - 3) * 16 + (int)(us >> (exponent - 4) & 15);
  return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* --- commands ------------------------------------------------------------------------------------------------- */

static void on_answer(struct iscsi_context *iscsi, int status, void *data, void *private);

/* A block on which no command is under way; reads only of blocks that were written. */
static int choose(struct host *host, struct command *command) {
  uint32_t blocks = host->session->options.blocks;
  if (host->verifying) {
    while (host->verify_next < blocks && host->confirmed[host->verify_next] == 0) host->verify_next++;
    if (host->verify_next >= blocks) return 0;
    command->block = host->verify_next++;
    command->is_write = 0;
    return 1;
  }
  for (int attempt = 0; attempt < 16; attempt++) {
    uint32_t block = next_random(host) % blocks;
    if (host->busy[block]) continue;
    command->block = block;
    command->is_write = host->confirmed[block] == 0 || (next_random(host) & 1) == 0;
    return 1;
  }
  return 0;
}

static void send_command(struct host *host, struct command *command) {
  uint32_t sector = command->block * SECTORS_PER_BLOCK;
  struct scsi_task *task;
  if (command->is_write) {
    task = iscsi_write10_task(host->iscsi, LUN, sector, command->data, BLOCK_BYTES, SECTOR_BYTES, 0, 0, 0, 0, 0,
                              on_answer, command);
  } else {
    task = iscsi_read10_task(host->iscsi, LUN, sector, BLOCK_BYTES, SECTOR_BYTES, 0, 0, 0, 0, 0, on_answer, command);
  }
  if (task == NULL) {
    host->lost_connection = 1;
    return;
  }
  command->under_way = 1;
  host->under_way++;
}

static int begin_command(struct host *host, struct command *command) {
  if (!choose(host, command)) return 0;
  command->host = host;
  command->in_use = 1;
  command->began_us = now_us();
  host->busy[command->block] = 1;
  if (command->is_write) {
    command->version = host->confirmed[command->block] + 1;
    content_fill(command->data, host->owner, command->block, command->version);
  }
  send_command(host, command);
  return 1;
}

/* How many more commands the pace allows now. */
static int allowance(struct host *host) {
  double rate = host->session->rate;
  if (rate <= 0 || host->verifying) {
    host->paced_from_us = 0;
    return DEPTH_MAX;
  }
  uint64_t now = now_us();
  if (host->paced_from_us == 0) {
    host->paced_from_us = now;
    host->paced = 0;
  }
  if (now - host->burst_us < BURST_US) return 0;
  host->burst_us = now;
  double due = (double)(now - host->paced_from_us) * rate / 1e6 - (double)host->paced;
  /* What could not be done in a second is not made up for. */
  if (due > rate) {
    host->paced_from_us = now;
    host->paced = 0;
    due = 1;
  }
  return due > DEPTH_MAX ? DEPTH_MAX : (int)due;
}

static void begin_commands(struct host *host) {
  int depth = host->session->options.depth;
  int allowed = host->session->stop && !host->verifying ? 0 : allowance(host);
  for (int index = 0; index < depth && allowed > 0 && !host->lost_connection; index++) {
    if (host->commands[index].in_use) continue;
    if (!begin_command(host, &host->commands[index])) return;
    host->paced++;
    allowed--;
  }
}

static void send_again(struct host *host) {
  uint64_t retries = 0;
  for (int index = 0; index < DEPTH_MAX && !host->lost_connection; index++) {
    struct command *command = &host->commands[index];
    if (!command->in_use || command->under_way) continue;
    send_command(host, command);
    retries++;
  }
  pthread_mutex_lock(&host->session->lock);
  host->session->counts.retries += retries;
  pthread_mutex_unlock(&host->session->lock);
}

static int is_lost_read(struct host *host, struct command *command, struct scsi_task *task) {
  if (command->is_write) return 0;
  if (task->datain.size < BLOCK_BYTES) return 1;
  enum content_verdict verdict =
      content_check(task->datain.data, host->owner, command->block, host->confirmed[command->block]);
  if (verdict == CONTENT_RIGHT) return 0;
  event(host, verdict == CONTENT_STALE ? "stale" : "broken", host->session->portal, "read back");
  return 1;
}

static void complete(struct host *host, struct command *command, struct scsi_task *task) {
  int lost = is_lost_read(host, command, task);
  if (command->is_write) host->confirmed[command->block] = command->version;
  host->busy[command->block] = 0;
  command->in_use = 0;
  host->heard_us = now_us();
  struct session_counts *counts = &host->session->counts;
  pthread_mutex_lock(&host->session->lock);
  counts->operations++;
  counts->reads += !command->is_write;
  counts->writes += command->is_write;
  counts->lost += lost;
  counts->latency[latency_bucket(host->heard_us - command->began_us)]++;
  pthread_mutex_unlock(&host->session->lock);
}

static void on_answer(struct iscsi_context *iscsi, int status, void *data, void *private) {
  struct command *command = private;
  struct host *host = command->host;
  struct scsi_task *task = data;
  (void)iscsi;
  command->under_way = 0;
  host->under_way--;
  if (status == SCSI_STATUS_GOOD) {
    complete(host, command, task);
  } else if (status == SCSI_STATUS_CHECK_CONDITION && task->sense.key == SCSI_SENSE_UNIT_ATTENTION) {
    /* The nexus is new: the command was not carried out. */
    host->heard_us = now_us();
    send_command(host, command);
  } else if (status == SCSI_STATUS_CANCELLED || status == SCSI_STATUS_TIMEOUT || status == SCSI_STATUS_ERROR) {
    host->lost_connection = 1;
  } else {
    pthread_mutex_lock(&host->session->lock);
    host->session->counts.errors++;
    pthread_mutex_unlock(&host->session->lock);
    host->lost_connection = 1;
  }
  if (task != NULL && status != SCSI_STATUS_CANCELLED) scsi_free_scsi_task(task);
}

/* --- connection ----------------------------------------------------------------------------------------------- */

/* Step 303 of the seed: asks the server, and takes the first portal that it lists with a tag that is not NULL. */
static int ask(struct host *host, char *portal, size_t size) {
  struct isns_portal portals[ISNS_PORTALS_MAX];
  char error[128];
  const struct session_options *options = &host->session->options;
  int count = isns_query_portals(options->server, options->initiator, options->target, ASK_TIMEOUT_MS, portals, error,
                                 sizeof(error));
  for (int index = 0; index < count; index++) {
    if (portals[index].tag == 0) continue;
    snprintf(portal, size, "%s", portals[index].portal);
    return 1;
  }
  return 0;
}

static void on_connected(struct iscsi_context *iscsi, int status, void *data, void *private) {
  (void)iscsi;
  (void)data;
  ((struct host *)private)->connect_status = status == SCSI_STATUS_GOOD ? 1 : -1;
}

/* Serves the socket once; false when the connection is gone. */
static int serve(struct host *host, int timeout_ms) {
  int events = iscsi_which_events(host->iscsi);
  struct pollfd socket = {.fd = iscsi_get_fd(host->iscsi), .events = (short)events};
  if (socket.fd < 0) return 0;
  int ready = poll(&socket, 1, timeout_ms);
  if (ready < 0 && errno != EINTR) return 0;
  return iscsi_service(host->iscsi, ready > 0 ? socket.revents : 0) == 0;
}

static void drop(struct host *host) {
  /* Commands under way are answered as cancelled here, and kept to be sent again. */
  if (host->iscsi != NULL) iscsi_destroy_context(host->iscsi);
  host->iscsi = NULL;
}

/* Step 305: logs in through a portal. */
static int log_in(struct host *host, const char *portal) {
  const struct session_options *options = &host->session->options;
  host->iscsi = iscsi_create_context(options->initiator);
  host->connect_status = 0;
  host->lost_connection = 0;
  iscsi_set_targetname(host->iscsi, options->target);
  iscsi_set_session_type(host->iscsi, ISCSI_SESSION_NORMAL);
  iscsi_set_header_digest(host->iscsi, ISCSI_HEADER_DIGEST_NONE);
  /* The library would go back to the same portal. */
  iscsi_set_noautoreconnect(host->iscsi, 1);
  if (iscsi_full_connect_async(host->iscsi, portal, LUN, on_connected, host) != 0) return 0;
  uint64_t deadline = now_us() + LOGIN_TIMEOUT_MS * 1000ull;
  while (host->connect_status == 0 && now_us() < deadline) {
    if (!serve(host, 50)) return 0;
  }
  return host->connect_status == 1;
}

static int is_finished(struct host *host) {
  if (!host->session->stop || host->under_way > 0) return 0;
  if (!host->verifying) {
    host->verifying = 1;
    return 0;
  }
  return host->verify_next >= host->session->options.blocks;
}

/* Runs I/O until the connection ends; says why. */
static const char *run_session(struct host *host) {
  host->heard_us = now_us();
  send_again(host);
  for (;;) {
    if (is_finished(host)) return "finished";
    begin_commands(host);
    if (host->under_way == 0) host->heard_us = now_us();
    int paced = host->session->rate > 0 && !host->verifying;
    if (!serve(host, paced ? 2 : 20) || host->lost_connection) return "closed";
    if (now_us() - host->heard_us > SILENCE_MS * 1000ull) return "silent";
  }
}

static void set_portal(struct host *host, const char *portal) {
  pthread_mutex_lock(&host->session->lock);
  snprintf(host->session->portal, sizeof(host->session->portal), "%s", portal);
  if (portal[0] != 0) host->session->counts.logins++;
  pthread_mutex_unlock(&host->session->lock);
}

/* The initiator of Figure 6: ask, log in, run, and on losing the connection ask again. */
static void *session_main(void *argument) {
  struct host *host = argument;
  struct session *session = host->session;
  for (;;) {
    char portal[64] = "";
    if (!ask(host, portal, sizeof(portal))) {
      sleep_ms(ASK_AGAIN_MS);
      if (session->stop && host->under_way == 0 && host->verifying) break;
      continue;
    }
    if (!log_in(host, portal)) {
      event(host, "refused", portal, host->iscsi == NULL ? "" : "no login");
      drop(host);
      sleep_ms(ASK_AGAIN_MS);
      continue;
    }
    char landed[64];
    const char *redirected = iscsi_get_target_address(host->iscsi);
    snprintf(landed, sizeof(landed), "%s", redirected != NULL && redirected[0] != 0 ? redirected : portal);
    set_portal(host, landed);
    event(host, "login", landed, "");
    const char *why = run_session(host);
    set_portal(host, "");
    int finished = strcmp(why, "finished") == 0;
    if (finished) iscsi_logout_sync(host->iscsi);
    drop(host);
    event(host, finished ? "logout" : "lost", landed, why);
    if (finished) break;
    sleep_ms(session->options.time2wait_ms);
  }
  session->ended = 1;
  return NULL;
}

static uint64_t name_hash(const char *name) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (; *name != 0; name++) hash = (hash ^ (uint8_t)*name) * 0x100000001b3ull;
  return hash;
}

int session_start(struct session *session, const struct session_options *options) {
  struct host *host = calloc(1, sizeof(*host));
  if (host == NULL) return -1;
  session->options = *options;
  if (session->options.depth > DEPTH_MAX) session->options.depth = DEPTH_MAX;
  pthread_mutex_init(&session->lock, NULL);
  host->session = session;
  host->owner = name_hash(options->target);
  host->random = host->owner | 1;
  host->confirmed = calloc(options->blocks, sizeof(*host->confirmed));
  host->busy = calloc(options->blocks, sizeof(*host->busy));
  if (host->confirmed == NULL || host->busy == NULL) return -1;
  return pthread_create(&session->thread, NULL, session_main, host);
}

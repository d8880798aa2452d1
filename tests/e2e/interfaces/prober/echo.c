/* Echo requests (RFC 792, RFC 4443) to every address each interval, by the kernel's routes and neighbour tables. */

#include "prober.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STATE_INTERVAL_US 100000
#define REPLY_BYTES_MAX 256

struct echo {
  uint8_t type;
  uint8_t code;
  uint16_t checksum;
  uint16_t id;
  uint16_t sequence;
  int64_t sent_us;
  int32_t index;
  int32_t padding;
};

static int64_t answered_us[ADDRESS_MAX];
static int64_t gap_limit_us;
static uint16_t own_id;

static uint16_t checksum(const void *bytes, int length) {
  uint32_t sum = 0;
  for (int n = 0; n < length / 2; n++) {
    uint16_t word;
    memcpy(&word, (const uint8_t *)bytes + 2 * n, 2);
    sum += word;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static int open_four(void) {
  int four = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
  struct icmp_filter filter = {.data = ~(1u << ICMP_ECHOREPLY)};
  if (four < 0 || setsockopt(four, SOL_RAW, ICMP_FILTER, &filter, sizeof filter)) die("ICMP socket");
  return four;
}

static int open_six(void) {
  int six = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMPV6);
  struct icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
  if (six < 0 || setsockopt(six, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter)) die("ICMPv6 socket");
  return six;
}

/* What can't be sent now (no route, no neighbour, queue full) is a probe without an answer. */
static void send_all(const struct probes *probes, int four, int six) {
  for (int n = 0; n < probes->count; n++) {
    const struct address *address = &probes->list[n];
    struct echo echo = {.id = own_id, .sent_us = now_us(), .index = n};
    if (address->family == AF_INET) {
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = address->four};
      echo.type = ICMP_ECHO;
      echo.checksum = checksum(&echo, sizeof echo);
      (void)!sendto(four, &echo, sizeof echo, 0, (struct sockaddr *)&to, sizeof to);
    } else {
      struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = address->six};
      echo.type = ICMP6_ECHO_REQUEST; /* the kernel fills the checksum in */
      (void)!sendto(six, &echo, sizeof echo, 0, (struct sockaddr *)&to, sizeof to);
    }
  }
}

static void take(const struct probes *probes, int socket, int header) {
  uint8_t bytes[REPLY_BYTES_MAX];
  ssize_t length;
  while ((length = recv(socket, bytes, sizeof bytes, 0)) > 0) {
    if (header > 0) header = (bytes[0] & 15) * 4; /* IPv4 hands the header over too */
    struct echo echo;
    if (length < header + (ssize_t)sizeof echo) continue;
    memcpy(&echo, bytes + header, sizeof echo);
    if (echo.id != own_id || echo.index < 0 || echo.index >= probes->count) continue;
    int64_t last_us = answered_us[echo.index];
    if (echo.sent_us <= last_us) continue;
    answered_us[echo.index] = echo.sent_us;
    if (last_us > 0 && echo.sent_us - last_us > gap_limit_us)
      printf("{\"gap\":%d,\"fromUs\":%lld,\"toUs\":%lld}\n", echo.index, (long long)last_us, (long long)echo.sent_us);
  }
}

static void tell_state(const struct probes *probes, int64_t us) {
  printf("{\"atUs\":%lld,\"answeredUs\":[", (long long)us);
  for (int n = 0; n < probes->count; n++) printf("%s%lld", n == 0 ? "" : ",", (long long)answered_us[n]);
  printf("]}\n");
}

void probe_echo(const struct probes *probes, int64_t gap_us) {
  const int sockets[] = {open_four(), open_six()};
  gap_limit_us = gap_us;
  own_id = (uint16_t)getpid();
  int64_t next_us = now_us(), state_us = next_us;
  for (;;) {
    if (now_us() >= next_us) {
      send_all(probes, sockets[0], sockets[1]);
      next_us += probes->interval_us;
      if (next_us < now_us()) next_us = now_us(); /* held up: no burst afterwards */
    }
    if (now_us() >= state_us) {
      tell_state(probes, now_us());
      state_us = now_us() + STATE_INTERVAL_US;
    }
    if (!wait_until(sockets, 2, next_us)) continue;
    take(probes, sockets[0], 20);
    take(probes, sockets[1], 0);
  }
}

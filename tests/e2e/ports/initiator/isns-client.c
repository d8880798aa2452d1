#include "isns-client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ISNS_SERVER_PORT 3205
#define ISNS_HEADER_BYTES 12
#define ISNS_MESSAGE_MAX 65536

/* RFC 4171, sections 4.1.3 and 5.1. */
#define FUNCTION_QUERY 0x0002
#define FUNCTION_QUERY_ANSWER 0x8002
#define FLAG_CLIENT 0x8000
#define FLAG_LAST 0x0800
#define FLAG_FIRST 0x0400

/* RFC 4171, section 6.1. */
#define TAG_DELIMITER 0
#define TAG_NODE_NAME 32
#define TAG_GROUP_NAME 48
#define TAG_GROUP_ADDRESS 49
#define TAG_GROUP_PORT 50
#define TAG_GROUP_TAG 51

static uint32_t get32(const uint8_t *at) { return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }
static uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

static uint8_t *put16(uint8_t *at, uint32_t value) {
  at[0] = value >> 8;
  at[1] = value;
  return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value) { return put16(put16(at, value >> 16), value & 0xffff); }

/* An attribute: tag, length, value padded to four bytes with at least one zero behind a name. */
static uint8_t *put_attribute(uint8_t *at, uint32_t tag, const char *value) {
  size_t length = value == NULL ? 0 : (strlen(value) + 4) & ~(size_t)3;
  at = put32(put32(at, tag), (uint32_t)length);
  memset(at, 0, length);
  if (value != NULL) memcpy(at, value, strlen(value));
  return at + length;
}

static size_t make_query(uint8_t *message, const char *source, const char *target) {
  uint8_t *at = message + ISNS_HEADER_BYTES;
  at = put_attribute(at, TAG_NODE_NAME, source);
  at = put_attribute(at, TAG_GROUP_NAME, target);
  at = put_attribute(at, TAG_DELIMITER, NULL);
  at = put_attribute(at, TAG_GROUP_ADDRESS, NULL);
  at = put_attribute(at, TAG_GROUP_PORT, NULL);
  at = put_attribute(at, TAG_GROUP_TAG, NULL);
  uint8_t *header = put16(put16(message, 1), FUNCTION_QUERY);
  header = put16(header, (uint32_t)(at - message - ISNS_HEADER_BYTES));
  header = put16(header, FLAG_CLIENT | FLAG_FIRST | FLAG_LAST);
  put16(put16(header, 1), 0);
  return (size_t)(at - message);
}

static int read_whole(int fd, uint8_t *into, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t got = recv(fd, into + done, length - done, 0);
    if (got == 0) errno = ECONNRESET;
    if (got <= 0) return -1;
    done += (size_t)got;
  }
  return 0;
}

static int connect_to(const char *server, int timeout_ms) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ISNS_SERVER_PORT)};
  if (inet_pton(AF_INET, server, &address.sin_addr) != 1) {
    errno = EINVAL;
    return -1;
  }
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  /* On Linux the time to send limits connect, too. */
  struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

/* The value of an address attribute: IPv6, or IPv4 mapped into it (RFC 4171, section 6.2.3), or, by open-isns, embedded. */
static void format_portal(char *into, size_t size, const uint8_t *address, uint32_t port) {
  char text[INET6_ADDRSTRLEN];
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static const uint8_t embedded[12] = {0};
  if (memcmp(address, mapped, sizeof(mapped)) == 0 || memcmp(address, embedded, sizeof(embedded)) == 0) {
    inet_ntop(AF_INET, address + 12, text, sizeof(text));
    snprintf(into, size, "%s:%u", text, port);
  } else {
    inet_ntop(AF_INET6, address, text, sizeof(text));
    snprintf(into, size, "[%s]:%u", text, port);
  }
}

/* The attributes behind the delimiter: address, port and tag of one portal group after another. */
static int parse_groups(const uint8_t *at, const uint8_t *end, struct isns_portal *portals) {
  const uint8_t *address = NULL;
  uint32_t port = 0;
  int behind = 0, count = 0;
  while (end - at >= 8) {
    uint32_t tag = get32(at), length = get32(at + 4);
    const uint8_t *value = at + 8;
    if (length > (size_t)(end - value)) return -1;
    if (tag == TAG_DELIMITER) behind = 1;
    if (behind && tag == TAG_GROUP_ADDRESS && length == 16) address = value;
    if (behind && tag == TAG_GROUP_PORT && length == 4) port = get32(value) & 0xffff;
    if (behind && tag == TAG_GROUP_TAG && address != NULL && count < ISNS_PORTALS_MAX) {
      format_portal(portals[count].portal, sizeof(portals[count].portal), address, port);
      portals[count].tag = length == 4 ? get32(value) : 0;
      count++;
      address = NULL;
    }
    at = value + length;
  }
  return count;
}

static int exchange(int fd, const char *source, const char *target, struct isns_portal *portals) {
  uint8_t message[ISNS_MESSAGE_MAX + ISNS_HEADER_BYTES];
  size_t length = make_query(message, source, target);
  if (send(fd, message, length, MSG_NOSIGNAL) != (ssize_t)length) return -1;
  if (read_whole(fd, message, ISNS_HEADER_BYTES) != 0) return -1;
  length = get16(message + 4);
  errno = EPROTO;
  if (get16(message + 2) != FUNCTION_QUERY_ANSWER || length < 4) return -1;
  if (read_whole(fd, message, length) != 0) return -1;
  errno = EPROTO;
  if (get32(message) != 0) return -1;
  return parse_groups(message + 4, message + length, portals);
}

int isns_query_portals(const char *server, const char *source, const char *target, int timeout_ms,
                       struct isns_portal portals[ISNS_PORTALS_MAX], char *error, size_t error_size) {
  int fd = connect_to(server, timeout_ms);
  int count = fd < 0 ? -1 : exchange(fd, source, target, portals);
  if (count < 0) snprintf(error, error_size, "%s", strerror(errno));
  if (fd >= 0) close(fd);
  return count;
}

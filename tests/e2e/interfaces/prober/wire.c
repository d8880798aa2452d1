/*
 * ARP requests (RFC 826) and neighbour solicitations (RFC 4861) for every address, as raw frames of a machine that uses
 * none of the answers. Each round asks from another of sixteen addresses, so that an answer names its round: two hardware
 * addresses in the answers of one round are two holders.
 */

#include "prober.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ROUNDS 16
#define FIRST_FOUR 208 /* last byte of the first address that is asked from */
#define FRAME_BYTES 86
#define ETHER_ARP_TYPE 0x0806
#define ETHER_IPV6_TYPE 0x86dd
#define ADVERTISEMENT 136
#define SOLICITATION 135
#define NEXT_HEADER 58

struct round {
  bool answered;
  uint8_t holder[6];
};

static struct round rounds[ADDRESS_MAX][ROUNDS];
static uint8_t holder[ADDRESS_MAX][6];
static uint8_t own[6];
static int device_index;

static int open_packets(const char *device, int type) {
  int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons((uint16_t)type));
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)type), .sll_ifindex = device_index};
  if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&at, sizeof at)) die(device);
  return descriptor;
}

static void find_device(const char *device) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
  int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  if (descriptor < 0 || ioctl(descriptor, SIOCGIFHWADDR, &request)) die(device);
  memcpy(own, request.ifr_hwaddr.sa_data, 6);
  device_index = (int)if_nametoindex(device);
}

static void ask_four(int descriptor, const struct address *address, int round) {
  uint8_t frame[42] = {0};
  memset(frame, 0xff, 6);
  memcpy(frame + 6, own, 6);
  memcpy(frame + 12, (const uint8_t[]){8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, 10);
  memcpy(frame + 22, own, 6);
  memcpy(frame + 28, &address->four, 3); /* the same /24 */
  frame[31] = (uint8_t)(FIRST_FOUR + round);
  memcpy(frame + 38, &address->four, 4);
  (void)!send(descriptor, frame, sizeof frame, 0);
}

static uint16_t checksum(const uint8_t *frame) {
  uint32_t sum = 32 + NEXT_HEADER;
  for (int at = 22; at < FRAME_BYTES; at += 2) sum += (uint32_t)(frame[at] << 8 | frame[at + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static void ask_six(int descriptor, const struct address *address, int round) {
  uint8_t frame[FRAME_BYTES] = {0x33, 0x33, 0xff};
  const uint8_t *target = address->six.s6_addr;
  memcpy(frame + 3, target + 13, 3);
  memcpy(frame + 6, own, 6);
  memcpy(frame + 12, (const uint8_t[]){0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, NEXT_HEADER, 255, 0xfe, 0x80}, 12);
  frame[36] = 0x77; /* asked from fe80::77rr */
  frame[37] = (uint8_t)round;
  memcpy(frame + 38, (const uint8_t[]){0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}, 13);
  memcpy(frame + 51, target + 13, 3);
  frame[54] = SOLICITATION;
  memcpy(frame + 62, target, 16);
  frame[78] = 1;
  frame[79] = 1;
  memcpy(frame + 80, own, 6);
  uint16_t sum = checksum(frame);
  frame[56] = (uint8_t)(sum >> 8);
  frame[57] = (uint8_t)sum;
  (void)!send(descriptor, frame, sizeof frame, 0);
}

static void print_hardware(const char *name, const uint8_t *hardware) {
  printf("\"%s\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", name, hardware[0], hardware[1], hardware[2], hardware[3], hardware[4],
         hardware[5]);
}

static void answered(int index, int number, const uint8_t *hardware) {
  if (index < 0 || number < 0 || number >= ROUNDS) return;
  struct round *round = &rounds[index][number];
  long long us = now_us();
  if (round->answered && memcmp(round->holder, hardware, 6) != 0) {
    printf("{\"double\":%d,\"atUs\":%lld,", index, us);
    print_hardware("first", round->holder);
    printf(",");
    print_hardware("second", hardware);
    printf("}\n");
  }
  round->answered = true;
  memcpy(round->holder, hardware, 6);
  if (memcmp(holder[index], hardware, 6) == 0) return;
  memcpy(holder[index], hardware, 6);
  printf("{\"holder\":%d,\"atUs\":%lld,", index, us);
  print_hardware("hardware", hardware);
  printf("}\n");
}

static void take(const struct probes *probes, int descriptor, bool is_six) {
  uint8_t frame[2048];
  ssize_t length;
  while ((length = recv(descriptor, frame, sizeof frame, 0)) > 0) {
    /* Only what was sent to this machine: announcements say who wants to be the holder, answers say who is. */
    if (memcmp(frame, own, 6) != 0) continue;
    if (!is_six && length >= 42 && frame[21] == 2) answered(find_four(probes, frame + 28), frame[41] - FIRST_FOUR, frame + 22);
    bool advertises = is_six && length >= FRAME_BYTES && frame[20] == NEXT_HEADER && frame[54] == ADVERTISEMENT;
    if (advertises && frame[78] == 2 && frame[52] == 0x77) answered(find_six(probes, frame + 62), frame[53], frame + 80);
  }
}

void probe_wire(const struct probes *probes) {
  find_device(probes->device);
  const int sockets[] = {open_packets(probes->device, ETHER_ARP_TYPE), open_packets(probes->device, ETHER_IPV6_TYPE)};
  int64_t next_us = now_us();
  for (int number = 0;; number = (number + 1) % ROUNDS) {
    for (int n = 0; n < probes->count; n++) {
      rounds[n][number].answered = false;
      if (probes->list[n].family == AF_INET) ask_four(sockets[0], &probes->list[n], number);
      else ask_six(sockets[1], &probes->list[n], number);
    }
    next_us += probes->interval_us;
    if (next_us < now_us()) next_us = now_us();
    while (now_us() < next_us) {
      if (!wait_until(sockets, 2, next_us)) continue;
      take(probes, sockets[0], false);
      take(probes, sockets[1], true);
    }
  }
}

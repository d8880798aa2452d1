/* Addresses that are probed, and what the two ways of probing have in common. */
#ifndef PROBER_H
#define PROBER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_MAX 64

struct address {
  const char *text;
  int family; /* AF_INET or AF_INET6 */
  struct in_addr four;
  struct in6_addr six;
};

struct probes {
  struct address list[ADDRESS_MAX];
  int count;
  const char *device;
  int64_t interval_us;
};

/* Microseconds of CLOCK_MONOTONIC. */
int64_t now_us(void);
/* Ends the program with a message and errno's text. */
void die(const char *what);
/* Waits until a descriptor is readable or a time has come. @returns whether one is readable */
bool wait_until(const int *descriptors, int count, int64_t until_us);

/* Which address; -1: none of them. */
int find_four(const struct probes *probes, const void *bytes);
int find_six(const struct probes *probes, const void *bytes);

/* As a client would: echo requests through the kernel's routes and neighbours. Never returns. */
void probe_echo(const struct probes *probes, int64_t gap_us);
/* As a witness on the wire: ARP requests and neighbour solicitations; all answers count. Never returns. */
void probe_wire(const struct probes *probes);

#endif

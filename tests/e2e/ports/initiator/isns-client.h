/* A client of an iSNS server (RFC 4171) that can do one thing: ask for a target's portals. */

#ifndef ISNS_CLIENT_H
#define ISNS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#define ISNS_PORTALS_MAX 64

struct isns_portal {
  /* "address:port" */
  char portal[64];
  /* Portal group tag; 0 for NULL: the target is not offered through this portal. */
  uint32_t tag;
};

/*
 * Asks a server (IPv4 address, port 3205) for the portals of a target, in the server's order.
 * Returns how many there are, or -1 where the server can't be reached or answers with something else; `error` says why.
 */
int isns_query_portals(const char *server, const char *source, const char *target, int timeout_ms,
                       struct isns_portal portals[ISNS_PORTALS_MAX], char *error, size_t error_size);

#endif

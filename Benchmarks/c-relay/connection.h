// One client's connection: requests one after the other, pipelined or not.
#ifndef CONNECTION_H
#define CONNECTION_H
#include <stddef.h>
#include <stdint.h>

#include "segment.h"

struct connection {
    int descriptor;
    int edge_index;             // place among the segment's readers that have everything; -1: it is behind
    struct segment *reading;
    uint32_t page, offset;      // the place in `reading` of a reader that is behind
    struct segment *writing;
    struct channel *channel;    // that `writing` belongs to
    char *pending;              // bytes of requests that are not complete, or not yet to be answered
    size_t pending_length;
};

enum { MAX_PENDING = 8 << 10 };

/// Memory, or the end of the process.
void *checked(void *memory);

struct connection *connection_open(int descriptor);
void connection_close(struct connection *connection);
/// There are bytes to read. Returns -1 when the connection has to be closed.
int connection_readable(struct connection *connection);
/// There is room to write. Returns -1 when the connection has to be closed.
int connection_writable(struct connection *connection);
/// A reader at the end of its segment, and the segment has ended.
void connection_has_read_all(struct connection *connection);

#endif

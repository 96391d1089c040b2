// A segment of a channel, stored as the bytes that go out on the wire: the response head, then the publisher's
// own chunked framing, untouched. A reader is a place in these bytes and nothing else.
#ifndef SEGMENT_H
#define SEGMENT_H
#include <stddef.h>
#include <stdint.h>

struct connection;

enum { WINDOW = 5 };                // segments that a channel keeps
enum { MAX_RECEIVE = 256 << 10 };   // bytes taken from a publisher at once

/// Where the decoder stands in the publisher's chunked body (RFC 9112, 7.1).
enum chunk_state { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_CR, CHUNK_LF, TRAILER_START, TRAILER_LINE, BODY_END };

struct page {
    char *bytes;
    uint32_t used;
    uint8_t size_class;
};

struct segment {
    long number;
    int references;                 // the window, its publisher and each of its readers hold one
    int is_begun;                   // there is a body byte; the head goes out with it, not before
    int is_ended;
    int is_cut;                     // ended without its last chunk: readers may not take it for whole
    enum chunk_state chunk_state;
    int has_digit;
    uint64_t chunk_left;
    struct page *pages;
    uint32_t page_count, page_capacity;
    // The readers that have been sent everything. Their place is the segment's end, so that the fan-out touches
    // nothing but this array of descriptors.
    int *edge_descriptors;
    struct connection **edge_readers;
    uint32_t edge_count, edge_capacity;
};

struct channel {
    char *name;
    struct segment *window[WINDOW];
    long next;
    struct channel *link;
};

struct channel *channel_find(const char *name, size_t length, int may_create);
/// Ends the channel's segments and takes its name away.
void channel_close(struct channel *channel);

/// The segment of that number, made if it is not there; what had its place in the window is let go.
struct segment *channel_segment(struct channel *channel, long number);
void segment_release(struct segment *segment);

/// Free bytes at the segment's end, at least one, for the publisher's socket to be read into.
char *segment_space(struct segment *segment, size_t *length);
/// Takes `length` bytes that were put into `segment_space`, and sends them to every reader at the end.
/// Returns how many of them belong to the body (the rest is the publisher's next request), or -1 for bad framing.
long segment_received(struct channel *channel, struct segment *segment, size_t length);
/// Ends a segment whose publisher is gone.
void segment_cut(struct segment *segment);

void segment_add_edge_reader(struct segment *segment, struct connection *reader);
void segment_remove_edge_reader(struct segment *segment, struct connection *reader);

#endif

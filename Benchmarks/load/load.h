// The parts of the load tool, and what they share: one thread, one epoll.
#ifndef LOAD_H
#define LOAD_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "histogram.h"
#include "options.h"

/// Whatever epoll can report on; the first member of each kind of connection.
struct watched {
    int descriptor;
    void (*ready)(struct watched *watched, uint32_t events);
    struct secure *secure;          // what encrypts it; NULL: nothing does
};

/// Monotonic time in nanoseconds.
int64_t clock_now(void);
/// Opens a connection to the server and watches it; `receive_bytes` > 0 bounds its receive buffer.
void watch_connect(struct watched *watched, void (*ready)(struct watched *, uint32_t), int receive_bytes);
/// The same on the port with TLS, and speaks `protocol`; the handshake is over when it returns.
void watch_connect_secure(struct watched *watched, void (*ready)(struct watched *, uint32_t), const char *protocol);
/// Receives what is there, as `recv` does.
ssize_t watch_receive(struct watched *watched, char *bytes, size_t room);
/// Whether bytes have been received that only another `watch_receive` brings out.
int watch_holds_more(struct watched *watched);
/// Sends a short request whole.
void watch_send(struct watched *watched, const char *text, size_t length);
void watch_for_room(struct watched *watched, int wanted);
void watch_close(struct watched *watched);
/// Waits up to `nanoseconds` and takes care of some of what is ready.
void watch_once(int64_t nanoseconds);

/// What is counted while the load runs.
struct counters {
    int64_t delivered_bytes;        // payload of measured segments, checked and in order
    long finished_segments;         // of all subscribers, warm-up included
    long errors;
    char first_error[200];
    struct histogram delay, first_byte, lateness;
    struct histogram first_piece;   // the delay of each segment's first piece
};
extern struct counters counters;

void failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline int is_measured(long segment) {
    return segment >= options.warmup_segments && segment < options.warmup_segments + options.measured_segments;
}

// Publishers

void publishers_open(void);
/// From now on the segments up to `end`, not included, are published, the first piece of the next one at `start`.
void publishers_start(long end, int64_t start);
/// When the next piece is due; INT64_MAX when none is.
int64_t publishers_next_due(void);
/// Sends what is due at `now`; false when the next piece has to wait for a socket or a subscriber.
int publishers_run(int64_t now);

// Subscribers

/// Connects them all; each has its GET for segment 0 waiting.
void subscribers_open(void);
/// The bytes of the channel that its slowest subscriber has.
int64_t subscribers_progress(int channel);

// Probes

/// Opens a fresh connection and asks for what is being written now; its first body byte is timed.
void probe_open(int channel);

#endif

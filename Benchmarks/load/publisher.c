// Publishers: each has two keep-alive connections and preconnects, as deployed publishers do. While segment n is
// written on one, the POST of n + 1 waits on the other.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "load.h"
#include "payload.h"

enum upload_state { IDLE, PRECONNECTED, ENDED };

struct upload {
    struct watched watched;
    struct publisher *publisher;
    enum upload_state state;
    int expects_create;             // the next answer is that of the channel's creation
    char out[PIECE_MAX + 64];       // one encoded piece; what the socket did not take waits here
    size_t out_start, out_end;
    char head[2048];                // of an answer
    size_t head_length;
};

struct publisher {
    int channel;
    long segment, piece;            // to be sent next
    int64_t due;
    struct upload uploads[2];
};

static struct publisher *publishers;
static struct publisher **heap;     // by `due`, the next one first
static long end_segment;
static int64_t start_time;
static long start_segment;
static int64_t *piece_times;        // of a segment's pieces, from its start, in nanoseconds

// The schedule

/// Frames carry pieces in proportion to their usual size: the one that opens the segment is eight times as large.
static void plan_pieces(void) {
    piece_times = calloc((size_t)options.segment_pieces, sizeof *piece_times);
    double piece_time = options.bits_per_second ? options.piece_bytes * 8e9 / options.bits_per_second : 0;
    int64_t duration = (int64_t)(piece_time * (double)options.segment_pieces);
    int frames = options.frames_per_second ? (int)((double)duration * options.frames_per_second / 1e9 + 0.5) : 0;
    for (long i = 0; i < options.segment_pieces; i++) {
        long frame = frames ? i * (frames + 7) / options.segment_pieces - 7 : 0;
        piece_times[i] = frames ? duration * (frame > 0 ? frame : 0) / frames : (int64_t)(piece_time * (double)i);
    }
}

static int64_t segment_duration(void) {
    return options.bits_per_second
        ? (int64_t)(options.piece_bytes * 8e9 / options.bits_per_second * (double)options.segment_pieces) : 0;
}

static void plan(struct publisher *publisher) {
    int64_t duration = segment_duration();
    publisher->due = publisher->segment >= end_segment ? INT64_MAX
        : start_time + duration * (publisher->segment - start_segment) + piece_times[publisher->piece]
            + (options.are_together ? 0 : duration / options.segment_pieces * publisher->channel / options.channels);
}

static void sift_down(int index) {
    for (;;) {
        int least = index;
        for (int child = 2 * index + 1; child <= 2 * index + 2; child++)
            if (child < options.channels && heap[child]->due < heap[least]->due) least = child;
        if (least == index) return;
        struct publisher *other = heap[index];
        heap[index] = heap[least];
        heap[least] = other;
        index = least;
    }
}

// Connections

static struct upload *upload_of(struct publisher *publisher, long segment) {
    return &publisher->uploads[segment % 2];
}

static void preconnect(struct upload *upload, long segment) {
    char text[200];
    int length = snprintf(text, sizeof text, "POST /load%d/%ld HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp2t\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n", upload->publisher->channel, segment);
    watch_send(&upload->watched, text, (size_t)length);
    upload->state = PRECONNECTED;
}

/// Returns whether everything has been taken by the socket.
static int flush(struct upload *upload) {
    while (upload->out_start < upload->out_end) {
        ssize_t sent = send(upload->watched.descriptor, upload->out + upload->out_start,
                            upload->out_end - upload->out_start, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch_for_room(&upload->watched, 1);
            return 0;
        }
        if (sent < 0) {
            failed("the publisher of channel %d was cut: %s", upload->publisher->channel, strerror(errno));
            upload->out_start = upload->out_end;
            return 1;
        }
        upload->out_start += (size_t)sent;
    }
    return 1;
}

static void answered(struct upload *upload, const char *head) {
    int status = atoi(head + 9);
    if (status < 200) return;
    if (upload->expects_create) {
        // Relays without this route create the channel with its first POST.
        upload->expects_create = 0;
        return;
    }
    if (status != 200) failed("a publisher was answered: %.*s", (int)strcspn(head, "\r"), head);
    if (upload->state != ENDED) failed("a publisher was answered before its segment's end");
    upload->state = IDLE;
    // This one's turn comes after the next segment, whose connection is the other one.
    struct publisher *publisher = upload->publisher;
    long segment = publisher->segment;
    if (upload_of(publisher, segment) != upload) segment++;
    preconnect(upload, segment);
}

static void upload_ready(struct watched *watched, uint32_t events) {
    struct upload *upload = (struct upload *)watched;
    if (events & EPOLLOUT && flush(upload)) watch_for_room(watched, 0);
    if (!(events & ~(uint32_t)EPOLLOUT)) return;
    ssize_t length = recv(watched->descriptor, upload->head + upload->head_length,
                          sizeof upload->head - 1 - upload->head_length, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) {
        failed("the server closed a publisher's connection");
        watch_close(watched);
        return;
    }
    upload->head_length += (size_t)length;
    for (;;) {
        upload->head[upload->head_length] = 0;
        char *end = strstr(upload->head, "\r\n\r\n");
        if (!end) break;
        char *size = strcasestr(upload->head, "\r\ncontent-length:");
        size_t used = (size_t)(end - upload->head) + 4 + (size > end || !size ? 0 : strtoul(size + 17, NULL, 10));
        if (used > upload->head_length) break;
        answered(upload, upload->head);
        memmove(upload->head, upload->head + used, upload->head_length -= used);
    }
}

// Publishing

void publishers_open(void) {
    plan_pieces();
    publishers = calloc((size_t)options.channels, sizeof *publishers);
    heap = calloc((size_t)options.channels, sizeof *heap);
    for (int i = 0; i < options.channels; i++) {
        struct publisher *publisher = heap[i] = &publishers[i];
        publisher->channel = i;
        publisher->due = INT64_MAX;
        for (int j = 0; j < 2; j++) {
            struct upload *upload = &publisher->uploads[j];
            upload->publisher = publisher;
            watch_connect(&upload->watched, upload_ready, 0);
            if (j == 0) {
                char text[200];
                int length = snprintf(text, sizeof text, "POST /load%d HTTP/1.1\r\nHost: localhost\r\n"
                                      "Expect-Content: video/mp2t\r\nContent-Length: 0\r\n\r\n", i);
                watch_send(&upload->watched, text, (size_t)length);
                upload->expects_create = 1;
                while (upload->expects_create && !counters.errors) watch_once(1000000000);
            }
            preconnect(upload, j);
        }
    }
}

void publishers_start(long end, int64_t start) {
    end_segment = end;
    start_time = start;
    start_segment = publishers[0].segment;
    for (int i = 0; i < options.channels; i++) plan(&publishers[i]);
    for (int i = options.channels; i-- > 0;) sift_down(i);
}

int64_t publishers_next_due(void) { return heap[0]->due; }

/// Sends one piece; false when it cannot be sent now.
static int publish_piece(struct publisher *publisher, int64_t now) {
    struct upload *upload = upload_of(publisher, publisher->segment);
    if (upload->state != PRECONNECTED || upload->out_start < upload->out_end) return 0;
    if (!options.bits_per_second) {
        int64_t sent = (publisher->segment * options.segment_pieces + publisher->piece) * options.piece_bytes;
        if (sent - subscribers_progress(publisher->channel) > options.lead_bytes) return 0;
    }
    const char *bytes = payload_piece(publisher->channel, publisher->segment, publisher->piece);
    size_t length = (size_t)sprintf(upload->out, "%x\r\n", options.piece_bytes);
    memcpy(upload->out + length, bytes, (size_t)options.piece_bytes);
    memcpy(upload->out + length + payload_stamp_place(), &now, STAMP_BYTES);
    length += (size_t)options.piece_bytes;
    int is_last = publisher->piece + 1 == options.segment_pieces;
    memcpy(upload->out + length, "\r\n0\r\n\r\n", 7);
    upload->out_start = 0;
    upload->out_end = length + (is_last ? 7 : 2);
    if (options.bits_per_second && is_measured(publisher->segment)) histogram_record(&counters.lateness, now - publisher->due);
    publisher->piece++;
    if (is_last) {
        upload->state = ENDED;
        publisher->segment++;
        publisher->piece = 0;
    }
    flush(upload);
    plan(publisher);
    return 1;
}

int publishers_run(int64_t now) {
    // A burst is sent whole, one piece after the other; anything longer lets the subscribers have their turn.
    for (int i = 0; i < 64 && heap[0]->due <= now; i++) {
        int was_sent = publish_piece(heap[0], clock_now());
        sift_down(0);
        if (!was_sent) return 0;
    }
    return 1;
}

// Subscribers: each has two keep-alive connections and preconnects, as deployed subscribers do: when the head of
// segment n comes on one of them, the GET of n + 1 goes out on the other, or as soon as that one is free. With
// `--pipelined` it goes out on the same connection; with `--no-preconnect`, when segment n has ended. With `--viewers`
// there is one GET, of an endless transport stream.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "load.h"
#include "payload.h"
#ifdef WITH_TLS
#include "secure/http2.h"
#endif

enum download_state { FREE, HEAD, CHUNK_SIZE, DATA, AFTER_DATA, TRAILERS };

struct download {
    struct watched watched;
    struct subscriber *subscriber;
    enum download_state state;
    int is_chunked;
    long segment;
    int64_t left;                   // of the chunk, or of the body
    int64_t position;               // in the segment
    long piece;                     // that the next byte belongs to
    int place;                      // of the next byte in the piece
    const char *expected;           // the piece's bytes
    char stamp[STAMP_BYTES];
    int line_length;
    char *head;                     // of an answer, as far as it has come
    int head_length;
    struct http2 *http2;            // the connection's; NULL: it speaks HTTP/1.1
};

enum { HEAD_MAX = 4096 };

struct subscriber {
    int channel;
    int is_lost;                    // it has been told something that ends it; counted once
    long next;                      // segment to ask for
    long whole_segments;            // received from the first to the last byte
    struct download downloads[2];
};

static struct subscriber *subscribers;
static char buffer[256 << 10];

static void lose(struct download *download, const char *why) {
    if (!download->subscriber->is_lost)
        failed("a subscriber of channel %d in segment %ld at byte %lld: %s", download->subscriber->channel,
               download->segment, (long long)download->position, why);
    download->subscriber->is_lost = 1;
    watch_close(&download->watched);
}

// Asking

static void download_ready(struct watched *watched, uint32_t events);

static void connect_download(struct download *download) {
#ifdef WITH_TLS
    if (options.secure_port) {
        watch_connect_secure(&download->watched, download_ready, options.are_http2 ? "h2" : "http/1.1");
        if (options.are_http2) download->http2 = http2_begin(&download->watched, download);
        return;
    }
#endif
    watch_connect(&download->watched, download_ready, 0);
}

static void ask(struct download *download) {
    struct subscriber *subscriber = download->subscriber;
    if (download->watched.descriptor < 0) connect_download(download);
    char text[100];
    long segment = subscriber->next++;
#ifdef WITH_TLS
    if (download->http2) {
        snprintf(text, sizeof text, "/load%d/%ld", subscriber->channel, segment);
        download->state = HEAD;
        download->segment = segment;
        http2_get(download->http2, text);
        return;
    }
#endif
    int length = options.are_viewers
        ? snprintf(text, sizeof text, "GET /load%d.ts HTTP/1.1\r\nHost: localhost\r\n\r\n", subscriber->channel)
        : snprintf(text, sizeof text, "GET /load%d/%ld HTTP/1.1\r\nHost: localhost\r\n\r\n", subscriber->channel,
                   segment);
    watch_send(&download->watched, text, (size_t)length);
    if (download->state != FREE) return;
    download->state = HEAD;
    download->segment = segment;
}

static void head_came(struct download *download) {
    struct subscriber *subscriber = download->subscriber;
    if (options.preconnect == PIPELINED) {
        ask(download);
        return;
    }
    if (options.preconnect == NONE) return;
    struct download *other = &subscriber->downloads[download == &subscriber->downloads[0]];
    if (other->state == FREE && subscriber->next == download->segment + 1) ask(other);
}

static void body_ended(struct download *download) {
    struct subscriber *subscriber = download->subscriber;
    int64_t whole = (int64_t)options.segment_pieces * options.piece_bytes;
    if (download->position != whole) {
        lose(download, "it ended early");
        return;
    }
    subscriber->whole_segments++;
    counters.finished_segments++;
    download->state = FREE;
    if (options.preconnect == PIPELINED) {
        download->state = HEAD;
        download->segment++;
        return;
    }
    // The other one has its head already, when segments overlapped: the next GET had to wait for this connection.
    struct download *other = &subscriber->downloads[download == &subscriber->downloads[0]];
    if (other->state != HEAD) ask(download);
}

// Answers

static void begin_segment(struct download *download) {
    download->position = download->piece = download->place = 0;
    download->expected = payload_piece(download->subscriber->channel, download->segment, 0);
}

static void read_head(struct download *download) {
    const char *head = download->head;
    if (strncmp(head + 9, "200", 3)) {
        download->head[strcspn(head, "\r")] = 0;
        lose(download, head);
        return;
    }
    const char *number = strcasestr(head, "\r\nlp-trickle-seq:");
    if (!options.are_viewers && (!number || atol(number + 17) != download->segment)) {
        lose(download, "another segment came, or the channel's end");
        return;
    }
    const char *length = strcasestr(head, "\r\ncontent-length:");
    download->is_chunked = !length;
    download->left = length ? atoll(length + 17) : 0;
    begin_segment(download);
    download->line_length = 0;
    download->state = length ? DATA : CHUNK_SIZE;
    head_came(download);
}

/// Returns how many bytes belonged to the head.
static long take_head(struct download *download, const char *bytes, long length) {
    if (!download->head) download->head = malloc(HEAD_MAX);
    long used = 0;
    while (used < length) {
        if (download->head_length == HEAD_MAX - 1) {
            lose(download, "the head is too long");
            return length;
        }
        char c = download->head[download->head_length++] = bytes[used++];
        if (c != '\n' || download->head_length < 4) continue;
        if (memcmp(download->head + download->head_length - 4, "\r\n\r\n", 4)) continue;
        download->head[download->head_length] = 0;
        download->head_length = 0;
        read_head(download);
        break;
    }
    return used;
}

/// Compares a part of a piece, and keeps what of its stamp is in it.
static int check_piece(struct download *download, const char *bytes, long length) {
    long stamp = payload_stamp_place(), start = download->place, end = start + length;
    long from = start > stamp ? start : stamp, to = end < stamp + STAMP_BYTES ? end : stamp + STAMP_BYTES;
    if (from >= to) return !memcmp(bytes, download->expected + start, (size_t)length);
    memcpy(download->stamp + (from - stamp), bytes + (from - start), (size_t)(to - from));
    return !memcmp(bytes, download->expected + start, (size_t)(from - start))
        && !memcmp(bytes + (to - start), download->expected + to, (size_t)(end - to));
}

/// Checks payload; false when it is not what was sent.
static int check_payload(struct download *download, const char *bytes, long length, int64_t now) {
    while (length) {
        long here = options.piece_bytes - download->place;
        if (here > length) here = length;
        if (!check_piece(download, bytes, here)) return 0;
        if (is_measured(download->segment)) counters.delivered_bytes += here;
        download->position += here;
        bytes += here;
        length -= here;
        download->place += (int)here;
        if (download->place < options.piece_bytes) break;
        int64_t sent;
        memcpy(&sent, download->stamp, STAMP_BYTES);
        // Only the publisher writes stamps: one from before its start, or from the future, is a wrong byte.
        if (sent > now || now - sent > 60000000000) return 0;
        if (is_measured(download->segment)) {
            histogram_record(&counters.delay, now - sent);
            if (download->piece == 0) histogram_record(&counters.first_piece, now - sent);
        }
        download->place = 0;
        download->piece++;
        if (options.are_viewers && download->piece == options.segment_pieces) {
            download->subscriber->whole_segments++;
            counters.finished_segments++;
            download->segment++;
            begin_segment(download);
        } else {
            download->expected =
                payload_piece(download->subscriber->channel, download->segment, download->piece);
        }
    }
    return 1;
}

static void take(struct download *download, const char *bytes, long length, int64_t now) {
    const char *end = bytes + length;
    while (bytes < end && download->watched.descriptor >= 0) {
        switch (download->state) {
        case FREE:
            lose(download, "bytes came that nobody asked for");
            return;
        case HEAD:
            bytes += take_head(download, bytes, end - bytes);
            break;
        case CHUNK_SIZE: {
            char c = *bytes++;
            if (c == '\n') {
                download->state = download->left ? DATA : TRAILERS;
                download->line_length = 0;
            } else if (c != '\r') {
                int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
                if (digit < 0) {
                    lose(download, "bad chunk size");
                    return;
                }
                download->left = download->left << 4 | digit;
            }
            break;
        }
        case DATA: {
            long here = end - bytes < download->left ? end - bytes : (long)download->left;
            if (!check_payload(download, bytes, here, now)) {
                lose(download, "a wrong byte");
                return;
            }
            bytes += here;
            download->left -= here;
            if (download->left) break;
            if (download->is_chunked) download->state = AFTER_DATA;
            else body_ended(download);
            break;
        }
        case AFTER_DATA:
            if (*bytes++ == '\n') download->state = CHUNK_SIZE;
            break;
        case TRAILERS:
            if (*bytes == '\n') {
                if (!download->line_length) body_ended(download);
                download->line_length = 0;
            } else if (*bytes != '\r') {
                download->line_length++;
            }
            bytes++;
            break;
        }
    }
}

#ifdef WITH_TLS
void http2_head(void *owner, int status, long number) {
    struct download *download = owner;
    if (status != 200 || number != download->segment) {
        lose(download, "another segment came, or the channel's end");
        return;
    }
    begin_segment(download);
    download->state = DATA;
}

void http2_body(void *owner, const char *bytes, long length) {
    struct download *download = owner;
    if (download->watched.descriptor < 0) return;
    if (download->state != DATA || !check_payload(download, bytes, length, clock_now())) lose(download, "a wrong byte");
}

void http2_end(void *owner) {
    struct download *download = owner;
    if (download->watched.descriptor >= 0) body_ended(download);
}
#endif

static void arrived(struct download *download, const char *bytes, long length) {
#ifdef WITH_TLS
    if (download->http2) {
        if (!http2_take(download->http2, bytes, length)) lose(download, "what came is no HTTP/2");
        return;
    }
#endif
    take(download, bytes, length, clock_now());
}

static void download_ready(struct watched *watched, uint32_t events) {
    (void)events;
    struct download *download = (struct download *)watched;
    do {
        ssize_t length = watch_receive(watched, buffer, sizeof buffer);
        if (length > 0) arrived(download, buffer, length);
        else if (length == 0 || errno != EAGAIN) lose(download, "the server closed the connection");
        if (length <= 0) return;
    } while (watched->descriptor >= 0 && watch_holds_more(watched));
}

void subscribers_open(void) {
    int count = options.channels * options.subscribers;
    subscribers = calloc((size_t)count, sizeof *subscribers);
    for (int i = 0; i < count; i++) {
        struct subscriber *subscriber = &subscribers[i];
        subscriber->channel = i % options.channels;
        for (int j = 0; j < 2; j++) {
            subscriber->downloads[j].subscriber = subscriber;
            subscriber->downloads[j].watched.descriptor = -1;
        }
        ask(&subscriber->downloads[0]);
        // Stay below the server's queue of connections to be accepted.
        if (i % 500 == 499) for (int64_t until = clock_now() + 20000000; clock_now() < until;) watch_once(1000000);
    }
}

int64_t subscribers_progress(int channel) {
    int64_t least = INT64_MAX, whole = (int64_t)options.segment_pieces * options.piece_bytes;
    for (int i = channel; i < options.channels * options.subscribers; i += options.channels) {
        struct subscriber *subscriber = &subscribers[i];
        int64_t progress = subscriber->whole_segments * whole;
        for (int j = 0; j < 2; j++) {
            struct download *download = &subscriber->downloads[j];
            if (download->state > HEAD && download->segment == subscriber->whole_segments) progress += download->position;
        }
        if (progress < least) least = progress;
    }
    return least;
}

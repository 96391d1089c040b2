#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char scratch[64 << 10];

void *checked(void *memory) {
    if (memory) return memory;
    fputs("c-relay: out of memory\n", stderr);
    exit(1);
}

struct connection *connection_open(int descriptor) {
    struct connection *connection = checked(calloc(1, sizeof *connection));
    connection->descriptor = descriptor;
    connection->edge_index = -1;
    return connection;
}

void connection_close(struct connection *connection) {
    if (connection->edge_index >= 0) segment_remove_edge_reader(connection->reading, connection);
    if (connection->reading) segment_release(connection->reading);
    if (connection->writing) {
        segment_cut(connection->writing);
        segment_release(connection->writing);
    }
    close(connection->descriptor);
    free(connection->pending);
    free(connection);
}

/// Sends an answer without a body. A client that does not take these few bytes is not worth a buffer.
static int answer(struct connection *connection, const char *status, const char *header) {
    char text[256];
    int length =
        snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: 0\r\n\r\n", status, header);
    return send(connection->descriptor, text, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -1;
}

// Reading a segment

static void stop_reading(struct connection *connection) {
    struct segment *segment = connection->reading;
    // A cut reader learns it from the missing last chunk; the event of the shut socket closes the connection.
    if (segment->is_cut) shutdown(connection->descriptor, SHUT_RDWR);
    connection->reading = NULL;
    segment_release(segment);
}

static int answer_pending(struct connection *connection);

void connection_has_read_all(struct connection *connection) {
    stop_reading(connection);
    if (connection->pending_length && answer_pending(connection) < 0) shutdown(connection->descriptor, SHUT_RDWR);
}

/// Sends what there is from the reader's place on; at the end it joins those who have everything.
static int catch_up(struct connection *connection) {
    struct segment *segment = connection->reading;
    for (;;) {
        struct iovec parts[16];
        int count = 0;
        size_t wanted = 0;
        uint32_t offset = connection->offset;
        uint32_t pages = segment->is_begun ? segment->page_count : 0;
        for (uint32_t i = connection->page; i < pages && count < 16; i++, offset = 0) {
            size_t length = segment->pages[i].used - offset;
            if (!length) continue;
            parts[count++] = (struct iovec){segment->pages[i].bytes + offset, length};
            wanted += length;
        }
        if (!wanted) break;
        ssize_t sent = writev(connection->descriptor, parts, count);
        if (sent < 0) return errno == EAGAIN ? 0 : -1;
        size_t left = (size_t)sent;
        while (left) {
            size_t here = segment->pages[connection->page].used - connection->offset;
            if (left < here) {
                connection->offset += (uint32_t)left;
                break;
            }
            left -= here;
            connection->offset = 0;
            connection->page++;
        }
        // The first bytes of a page come later than the page before them ends: stay on it for what follows.
        if (connection->page == segment->page_count) {
            connection->page--;
            connection->offset = segment->pages[connection->page].used;
        }
        if ((size_t)sent < wanted) return 0;
    }
    if (segment->is_ended) stop_reading(connection);
    else segment_add_edge_reader(segment, connection);
    return 0;
}

int connection_writable(struct connection *connection) {
    if (!connection->reading || connection->edge_index >= 0) return 0;
    if (catch_up(connection) < 0) return -1;
    return connection->reading || !connection->pending_length ? 0 : answer_pending(connection);
}

// Requests

static int read_segment(struct connection *connection, struct channel *channel, long number) {
    struct segment *segment = channel->window[number % WINDOW];
    if (!segment || segment->number != number) {
        if (number < channel->next || number > channel->next + 1) {
            char header[64];
            snprintf(header, sizeof header, "Lp-Trickle-Latest: %ld\r\n", channel->next);
            return answer(connection, "470 Not There", header);
        }
        segment = channel_segment(channel, number);
    }
    segment->references++;
    connection->reading = segment;
    connection->page = connection->offset = 0;
    return catch_up(connection);
}

static int answer_request(struct connection *connection, char *head) {
    char *method_end = strchr(head, ' ');
    char *target = method_end ? method_end + 1 : NULL;
    char *target_end = target ? strchr(target, ' ') : NULL;
    if (!target_end || *target != '/') return -1;
    *method_end = *target_end = 0;
    int is_post = !strcmp(head, "POST"), is_delete = !strcmp(head, "DELETE");
    char *name = target + 1, *slash = strchr(name, '/');
    struct channel *channel = channel_find(name, slash ? (size_t)(slash - name) : strlen(name), is_post);
    if (!channel) return answer(connection, "404 Not Found", "");
    if (!slash) {
        if (is_delete) channel_close(channel);
        return answer(connection, is_delete || is_post ? "200 OK" : "405 Method Not Allowed", "");
    }
    long number = strtol(slash + 1, NULL, 10);
    if (number == -1) number = channel->next;
    if (number == -2) number = channel->next ? channel->next - 1 : 0;
    if (number < 0) return answer(connection, "400 Bad Request", "");
    if (!is_post) return read_segment(connection, channel, number);
    struct segment *segment = channel_segment(channel, number);
    if (segment->is_ended) return -1;
    segment->references++;
    connection->channel = channel;
    connection->writing = segment;
    return 0;
}

/// The publisher's bytes are at the segment's end; returns how many of them belong to the body, or -1.
static long received_body(struct connection *connection, size_t length) {
    struct segment *segment = connection->writing;
    long taken = segment_received(connection->channel, segment, length);
    if (taken < 0 || segment->chunk_state != BODY_END) return taken;
    connection->writing = NULL;
    segment_release(segment);
    return answer(connection, "200 OK", "") < 0 ? -1 : taken;
}

/// Takes requests from `bytes` as long as they can be answered; returns how many bytes were used, or -1.
static long take_requests(struct connection *connection, char *bytes, size_t length) {
    size_t used = 0;
    while (used < length && !connection->reading) {
        if (connection->writing) {
            size_t room;
            char *space = segment_space(connection->writing, &room);
            if (room > length - used) room = length - used;
            memcpy(space, bytes + used, room);
            long taken = received_body(connection, room);
            if (taken < 0) return -1;
            used += (size_t)taken;
            continue;
        }
        char *end = memmem(bytes + used, length - used, "\r\n\r\n", 4);
        if (!end) break;
        *end = 0;
        char *head = bytes + used;
        used = (size_t)(end - bytes) + 4;
        if (answer_request(connection, head) < 0) return -1;
    }
    return (long)used;
}

/// Answers what came while the connection was busy with an earlier answer.
static int answer_pending(struct connection *connection) {
    char *bytes = connection->pending;
    size_t length = connection->pending_length;
    connection->pending = NULL;
    connection->pending_length = 0;
    long used = take_requests(connection, bytes, length);
    if (used >= 0 && (size_t)used < length) {
        memmove(bytes, bytes + used, length - (size_t)used);
        connection->pending = bytes;
        connection->pending_length = length - (size_t)used;
    } else {
        free(bytes);
    }
    return used < 0 ? -1 : 0;
}

/// Requests have come: answers them, and keeps what is not complete or has to wait.
static int received_requests(struct connection *connection, char *bytes, size_t length) {
    if (!connection->pending_length && !connection->reading) {
        long used = take_requests(connection, bytes, length);
        if (used < 0) return -1;
        bytes += used;
        length -= (size_t)used;
        if (!length) return 0;
    }
    if (connection->pending_length + length > MAX_PENDING) return -1;
    if (!connection->pending) connection->pending = checked(malloc(MAX_PENDING));
    memcpy(connection->pending + connection->pending_length, bytes, length);
    connection->pending_length += length;
    return connection->pending_length > length && !connection->reading ? answer_pending(connection) : 0;
}

int connection_readable(struct connection *connection) {
    // Edge-triggered: read until the socket has no more. A call that brings less than was asked for has emptied it.
    for (;;) {
        size_t room = sizeof scratch;
        int is_body = connection->writing != NULL;
        char *space = is_body ? segment_space(connection->writing, &room) : scratch;
        ssize_t length = recv(connection->descriptor, space, room, 0);
        if (length < 0) return errno == EAGAIN ? 0 : -1;
        if (length == 0) return -1;
        long taken = is_body ? received_body(connection, (size_t)length) : 0;
        if (taken < 0) return -1;
        if (taken < length && received_requests(connection, space + taken, (size_t)(length - taken)) < 0) return -1;
        if ((size_t)length < room) return 0;
    }
}

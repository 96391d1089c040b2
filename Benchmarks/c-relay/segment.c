#define _GNU_SOURCE
#include "segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"

// Pages

// A long segment gets larger pages, so that one call sends more of it; freed pages are used again while they are warm.
static const size_t page_sizes[] = {64 << 10, 256 << 10, 1 << 20};
static void *free_pages[3];
enum { SMALLEST_RECEIVE = 16 << 10 };

static char *page_take(int size_class) {
    void *page = free_pages[size_class];
    if (!page) return checked(malloc(page_sizes[size_class]));
    free_pages[size_class] = *(void **)page;
    return page;
}

static void page_give_back(struct page *page) {
    *(void **)page->bytes = free_pages[page->size_class];
    free_pages[page->size_class] = page->bytes;
}

static struct page *page_last(struct segment *segment) {
    return segment->page_count ? &segment->pages[segment->page_count - 1] : NULL;
}

char *segment_space(struct segment *segment, size_t *length) {
    struct page *last = page_last(segment);
    if (!last || page_sizes[last->size_class] - last->used < SMALLEST_RECEIVE) {
        if (segment->page_count == segment->page_capacity) {
            segment->page_capacity = segment->page_capacity * 2 + 4;
            segment->pages = checked(realloc(segment->pages, segment->page_capacity * sizeof *segment->pages));
        }
        int size_class = segment->page_count < 2 ? (int)segment->page_count : 2;
        segment->pages[segment->page_count++] =
            (struct page){.bytes = page_take(size_class), .size_class = (uint8_t)size_class};
        last = page_last(segment);
        if (segment->page_count == 1)
            last->used = (uint32_t)snprintf(
                last->bytes, page_sizes[size_class],
                "HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nLp-Trickle-Seq: %ld\r\n"
                "Transfer-Encoding: chunked\r\n\r\n", segment->number);
    }
    *length = page_sizes[last->size_class] - last->used;
    if (*length > MAX_RECEIVE) *length = MAX_RECEIVE;
    return last->bytes + last->used;
}

// Readers at the end

void segment_add_edge_reader(struct segment *segment, struct connection *reader) {
    if (segment->edge_count == segment->edge_capacity) {
        segment->edge_capacity = segment->edge_capacity * 2 + 4;
        segment->edge_descriptors =
            checked(realloc(segment->edge_descriptors, segment->edge_capacity * sizeof *segment->edge_descriptors));
        segment->edge_readers =
            checked(realloc(segment->edge_readers, segment->edge_capacity * sizeof *segment->edge_readers));
    }
    reader->edge_index = (int)segment->edge_count;
    segment->edge_descriptors[segment->edge_count] = reader->descriptor;
    segment->edge_readers[segment->edge_count++] = reader;
}

void segment_remove_edge_reader(struct segment *segment, struct connection *reader) {
    uint32_t last = --segment->edge_count, index = (uint32_t)reader->edge_index;
    segment->edge_descriptors[index] = segment->edge_descriptors[last];
    segment->edge_readers[index] = segment->edge_readers[last];
    segment->edge_readers[index]->edge_index = (int)index;
    reader->edge_index = -1;
}

/// Sends the newest bytes, the last `length` of the last page, to all who have everything before them.
static void send_to_edge(struct segment *segment, size_t length) {
    struct page *last = page_last(segment);
    uint32_t start = last->used - (uint32_t)length;
    const char *bytes = last->bytes + start;
    for (uint32_t i = segment->edge_count; i-- > 0;) {
        ssize_t sent = send(segment->edge_descriptors[i], bytes, length, MSG_NOSIGNAL);
        if (sent == (ssize_t)length) continue;
        // The socket is full, or broken: epoll tells which, and the reader goes on from its own place.
        struct connection *reader = segment->edge_readers[i];
        segment_remove_edge_reader(segment, reader);
        reader->page = segment->page_count - 1;
        reader->offset = start + (sent > 0 ? (uint32_t)sent : 0);
    }
}

// The publisher's bytes

/// Walks over chunked framing; returns how many bytes belong to the body, or -1.
static long walk_chunks(struct segment *segment, const char *bytes, size_t length) {
    const char *p = bytes, *end = bytes + length;
    while (p < end && segment->chunk_state != BODY_END) {
        char c = *p;
        switch (segment->chunk_state) {
        case CHUNK_SIZE: {
            int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
            if (digit >= 0) {
                if (segment->chunk_left >> 48) return -1;
                segment->chunk_left = segment->chunk_left << 4 | (uint64_t)digit;
                segment->has_digit = 1;
            } else if (segment->has_digit && (c == '\r' || c == ';')) {
                segment->chunk_state = CHUNK_EXTENSION;
            } else {
                return -1;
            }
            p++;
            break;
        }
        case CHUNK_EXTENSION:
            p++;
            if (c == '\n') segment->chunk_state = segment->chunk_left ? CHUNK_DATA : TRAILER_START;
            break;
        case CHUNK_DATA: {
            uint64_t here = (uint64_t)(end - p) < segment->chunk_left ? (uint64_t)(end - p) : segment->chunk_left;
            p += here;
            segment->chunk_left -= here;
            if (!segment->chunk_left) segment->chunk_state = CHUNK_CR;
            break;
        }
        case CHUNK_CR:
        case CHUNK_LF:
            if (c != (segment->chunk_state == CHUNK_CR ? '\r' : '\n')) return -1;
            segment->chunk_state = segment->chunk_state == CHUNK_CR ? CHUNK_LF : CHUNK_SIZE;
            segment->has_digit = 0;
            p++;
            break;
        case TRAILER_START:
            if (c == '\n') segment->chunk_state = BODY_END;
            else if (c != '\r') segment->chunk_state = TRAILER_LINE;
            p++;
            break;
        case TRAILER_LINE:
            if (c == '\n') segment->chunk_state = TRAILER_START;
            p++;
            break;
        case BODY_END:
            break;
        }
    }
    return p - bytes;
}

/// Lets the readers at the end go; those behind find `is_ended` when they get there.
static void segment_end(struct segment *segment) {
    segment->is_ended = 1;
    while (segment->edge_count) {
        struct connection *reader = segment->edge_readers[segment->edge_count - 1];
        segment_remove_edge_reader(segment, reader);
        connection_has_read_all(reader);
    }
}

long segment_received(struct channel *channel, struct segment *segment, size_t length) {
    struct page *last = page_last(segment);
    long taken = walk_chunks(segment, last->bytes + last->used, length);
    // When the channel was closed under the publisher, its bytes are walked over and go nowhere.
    if (taken < 0 || segment->is_ended) return taken;
    size_t news = (size_t)taken + (segment->is_begun ? 0 : last->used);
    segment->is_begun = 1;
    if (channel->next <= segment->number) channel->next = segment->number + 1;
    last->used += (uint32_t)taken;
    segment->references++;
    send_to_edge(segment, news);
    if (segment->chunk_state == BODY_END) segment_end(segment);
    segment_release(segment);
    return taken;
}

void segment_cut(struct segment *segment) {
    if (segment->is_ended) return;
    segment->is_cut = 1;
    segment->references++;
    segment_end(segment);
    segment_release(segment);
}

void segment_release(struct segment *segment) {
    if (--segment->references) return;
    for (uint32_t i = 0; i < segment->page_count; i++) page_give_back(&segment->pages[i]);
    free(segment->pages);
    free(segment->edge_descriptors);
    free(segment->edge_readers);
    free(segment);
}

// Channels

static struct channel *channels[4096];

static struct channel **channel_bucket(const char *name, size_t length) {
    uint32_t hash = 5381;
    for (size_t i = 0; i < length; i++) hash = hash * 33 + (unsigned char)name[i];
    return &channels[hash % 4096];
}

struct channel *channel_find(const char *name, size_t length, int may_create) {
    struct channel **bucket = channel_bucket(name, length);
    for (struct channel *channel = *bucket; channel; channel = channel->link)
        if (strlen(channel->name) == length && !memcmp(channel->name, name, length)) return channel;
    if (!may_create) return NULL;
    struct channel *channel = checked(calloc(1, sizeof *channel));
    channel->name = checked(strndup(name, length));
    channel->link = *bucket;
    return *bucket = channel;
}

/// Ends a segment that will get no more: with a last chunk where one may stand, else cut.
static void segment_close(struct channel *channel, struct segment *segment) {
    if (segment->is_ended) return;
    if (segment->chunk_state != CHUNK_SIZE || segment->has_digit) {
        segment_cut(segment);
        return;
    }
    size_t room;
    memcpy(segment_space(segment, &room), "0\r\n\r\n", 5);
    segment_received(channel, segment, 5);
}

void channel_close(struct channel *channel) {
    struct channel **link = channel_bucket(channel->name, strlen(channel->name));
    while (*link != channel) link = &(*link)->link;
    *link = channel->link;
    for (int i = 0; i < WINDOW; i++) {
        if (!channel->window[i]) continue;
        segment_close(channel, channel->window[i]);
        segment_release(channel->window[i]);
        channel->window[i] = NULL;
    }
    free(channel->name);
    channel->name = NULL;
    // The rest of it stays for publishers that still write into it; a few dozen bytes for each closed channel.
}

struct segment *channel_segment(struct channel *channel, long number) {
    struct segment **place = &channel->window[number % WINDOW];
    if (*place && (*place)->number == number) return *place;
    if (*place) {
        segment_close(channel, *place);
        segment_release(*place);
    }
    *place = checked(calloc(1, sizeof **place));
    (*place)->number = number;
    (*place)->references = 1;
    return *place;
}

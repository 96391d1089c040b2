// Viewers of frames over WebSocket: healthy ones, slow ones, and ones that never read.
//
//     frame-viewers PORT PATH HEALTHY SLOW STALLED BYTES_PER_SECOND_OF_SLOW SECONDS FRAME_FILE…
//
// Each message is a frame of one of the files, whose last 16 bytes are a number and the monotonic time in nanoseconds at which it was sent,
// both little-endian. Prints one line of JSON: how old frames were when healthy viewers had all of them, and how many were torn.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STAMP_SIZE = 16, HEADER_SIZE = 14, MAXIMUM_FILES = 64, ROOM = 1 << 20, MAXIMUM_AGES = 1 << 22 };

typedef enum { HEALTHY, SLOW, STALLED } kind;

typedef struct {
    int socket;
    kind kind;
    uint8_t *bytes;
    size_t count;
    int has_upgraded;
    uint64_t frames, skipped, last, received;
} viewer;

static struct {
    uint8_t *bytes;
    size_t count;
} files[MAXIMUM_FILES];
static int file_count;
static uint64_t torn, backwards;
static uint32_t ages[MAXIMUM_AGES];  // in microseconds
static size_t age_count;

static uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void read_file(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) fail(path);
    files[file_count].count = (size_t)status.st_size;
    files[file_count].bytes = malloc(files[file_count].count);
    if (read(file, files[file_count].bytes, files[file_count].count) != status.st_size) fail(path);
    close(file);
    file_count++;
}

static int is_whole(const uint8_t *frame, size_t count) {
    if (count < STAMP_SIZE) return 0;
    for (int i = 0; i < file_count; i++)
        if (files[i].count == count && memcmp(files[i].bytes, frame, count - STAMP_SIZE) == 0) return 1;
    return 0;
}

static void take_frame(viewer *viewer, const uint8_t *frame, size_t count) {
    uint64_t stamp[2];
    if (!is_whole(frame, count)) {
        torn++;
        return;
    }
    memcpy(stamp, frame + count - STAMP_SIZE, STAMP_SIZE);
    if (viewer->frames > 0 && stamp[0] <= viewer->last) backwards++;
    if (viewer->frames > 0 && stamp[0] > viewer->last + 1) viewer->skipped += stamp[0] - viewer->last - 1;
    viewer->last = stamp[0];
    viewer->frames++;
    if (viewer->kind == HEALTHY && age_count < MAXIMUM_AGES) ages[age_count++] = (uint32_t)((now_ns() - stamp[1]) / 1000);
}

// Takes the messages that are whole, and moves the rest to the front.
static void take_messages(viewer *viewer) {
    size_t place = 0;
    if (!viewer->has_upgraded) {
        uint8_t *end = memmem(viewer->bytes, viewer->count, "\r\n\r\n", 4);
        if (!end) return;
        if (memcmp(viewer->bytes, "HTTP/1.1 101", 12) != 0) {
            fprintf(stderr, "frame-viewers: %.60s\n", viewer->bytes);
            exit(1);
        }
        viewer->has_upgraded = 1;
        place = (size_t)(end + 4 - viewer->bytes);
    }
    for (;;) {
        const uint8_t *frame = viewer->bytes + place;
        size_t left = viewer->count - place, header = 2;
        if (left < header) break;
        uint64_t count = frame[1] & 127;
        if (count >= 126) {
            size_t size = count == 126 ? 2 : 8;
            header += size;
            if (left < header) break;
            count = 0;
            for (size_t i = 0; i < size; i++) count = count << 8 | frame[2 + i];
        }
        if (left - header < count) break;
        if ((frame[0] & 15) == 2) take_frame(viewer, frame + header, count);
        if ((frame[0] & 15) == 9) {
            uint8_t pong[6] = {0x8A, 0x80};
            if (send(viewer->socket, pong, sizeof pong, MSG_NOSIGNAL) < 0) fail("pong");
        }
        place += header + count;
    }
    viewer->count -= place;
    memmove(viewer->bytes, viewer->bytes + place, viewer->count);
}

static void receive(viewer *viewer, size_t limit) {
    size_t room = ROOM - viewer->count;
    ssize_t count = recv(viewer->socket, viewer->bytes + viewer->count, limit < room ? limit : room, MSG_DONTWAIT);
    if (count == 0) {
        fprintf(stderr, "frame-viewers: a viewer was closed\n");
        exit(1);
    }
    if (count < 0) {
        if (errno == EAGAIN) return;
        fail("recv");
    }
    viewer->count += (size_t)count;
    viewer->received += (uint64_t)count;
    take_messages(viewer);
}

static int connect_to(int port, const char *path) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int viewer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (viewer < 0 || connect(viewer, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    char request[512];
    int count = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        path);
    if (send(viewer, request, (size_t)count, MSG_NOSIGNAL) != count) fail("send");
    return viewer;
}

static int by_value(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double age_ms(double part) {
    return age_count == 0 ? 0 : ages[(size_t)(part * (double)(age_count - 1))] / 1000.0;
}

int main(int count, char **arguments) {
    if (count < 9) {
        fprintf(stderr, "usage: frame-viewers PORT PATH HEALTHY SLOW STALLED SLOW_BYTES_PER_SECOND SECONDS FRAME_FILE...\n");
        return 2;
    }
    int port = atoi(arguments[1]), counts[3] = {atoi(arguments[3]), atoi(arguments[4]), atoi(arguments[5])};
    double slow_rate = atof(arguments[6]), seconds = atof(arguments[7]);
    for (int i = 8; i < count && file_count < MAXIMUM_FILES; i++) read_file(arguments[i]);
    int total = counts[0] + counts[1] + counts[2], poll = epoll_create1(EPOLL_CLOEXEC);
    viewer *viewers = calloc((size_t)total, sizeof *viewers);
    for (int i = 0; i < total; i++) {
        viewers[i].kind = i < counts[0] ? HEALTHY : i < counts[0] + counts[1] ? SLOW : STALLED;
        viewers[i].socket = connect_to(port, arguments[2]);
        viewers[i].bytes = malloc(ROOM);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &viewers[i]};
        if (viewers[i].kind == HEALTHY && epoll_ctl(poll, EPOLL_CTL_ADD, viewers[i].socket, &event) < 0) fail("epoll_ctl");
    }
    printf("ready\n");
    fflush(stdout);
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), slow_at = start;
    struct epoll_event events[64];
    while (now_ns() < end) {
        int ready = epoll_wait(poll, events, 64, 10);
        for (int i = 0; i < ready; i++) receive(events[i].data.ptr, ROOM);
        uint64_t time = now_ns();
        if (time - slow_at < 50000000) continue;
        size_t limit = (size_t)(slow_rate * (double)(time - slow_at) / 1e9) + 1;
        slow_at = time;
        for (int i = counts[0]; i < counts[0] + counts[1]; i++) receive(&viewers[i], limit);
    }
    uint64_t frames[3] = {0}, skipped[3] = {0}, received = 0, unseen = 0;
    for (int i = 0; i < total; i++) {
        frames[viewers[i].kind] += viewers[i].frames;
        skipped[viewers[i].kind] += viewers[i].skipped;
        received += viewers[i].received;
        if (viewers[i].kind == HEALTHY && viewers[i].frames == 0) unseen++;
    }
    qsort(ages, age_count, sizeof *ages, by_value);
    printf(
        "{\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f, \"frames\": %llu, \"skipped\": %llu, "
        "\"slow_frames\": %llu, \"slow_skipped\": %llu, \"torn\": %llu, \"backwards\": %llu, \"unseen\": %llu, \"bytes\": %llu}\n",
        age_ms(0.5), age_ms(0.99), age_ms(0.999), age_ms(1), (unsigned long long)frames[0], (unsigned long long)skipped[0],
        (unsigned long long)frames[1], (unsigned long long)skipped[1], (unsigned long long)torn, (unsigned long long)backwards,
        (unsigned long long)unseen, (unsigned long long)received);
    return torn > 0 || backwards > 0;
}

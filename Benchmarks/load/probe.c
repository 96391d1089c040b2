// Probes: a fresh connection that asks for what is being written now, and is closed at its first body byte.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"

struct probe {
    struct watched watched;
    int64_t start;
    char bytes[4096];
    size_t length;
};

static void probe_ready(struct watched *watched, uint32_t events) {
    (void)events;
    struct probe *probe = (struct probe *)watched;
    ssize_t length =
        recv(watched->descriptor, probe->bytes + probe->length, sizeof probe->bytes - 1 - probe->length, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length > 0) {
        probe->length += (size_t)length;
        probe->bytes[probe->length] = 0;
        char *end = strstr(probe->bytes, "\r\n\r\n");
        // The size line of the first chunk is no body yet.
        char *body = end ? strstr(end + 4, "\r\n") : NULL;
        int has_body = body && body + 2 < probe->bytes + probe->length;
        if (!has_body && probe->length < sizeof probe->bytes - 1) return;
        histogram_record(&counters.first_byte, clock_now() - probe->start);
    } else {
        failed("a probe got no body");
    }
    watch_close(watched);
    free(probe);
}

void probe_open(int channel) {
    struct probe *probe = calloc(1, sizeof *probe);
    probe->start = clock_now();
    // A small buffer, so that the server does not push the whole segment to one that leaves at once.
    watch_connect(&probe->watched, probe_ready, 8 << 10);
    char text[100];
    int length = snprintf(text, sizeof text, "GET /load%d/-2 HTTP/1.1\r\nHost: localhost\r\n\r\n", channel);
    watch_send(&probe->watched, text, (size_t)length);
}

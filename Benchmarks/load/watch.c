#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#ifdef WITH_TLS
#include "secure/secure.h"
#endif

static int poll = -1;

int64_t clock_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

void failed(const char *format, ...) {
    if (counters.errors++) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(counters.first_error, sizeof counters.first_error, format, arguments);
    va_end(arguments);
}

static void connect_to(int port, struct watched *watched, void (*ready)(struct watched *, uint32_t), int receive_bytes) {
    if (poll < 0) poll = epoll_create1(EPOLL_CLOEXEC);
    int on = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes) setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address)) {
        fprintf(stderr, "load: cannot connect to port %d: %s\n", port, strerror(errno));
        exit(1);
    }
    watched->descriptor = descriptor;
    watched->ready = ready;
    watched->secure = NULL;
}

static void watch(struct watched *watched) {
    fcntl(watched->descriptor, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched};
    epoll_ctl(poll, EPOLL_CTL_ADD, watched->descriptor, &event);
}

void watch_connect(struct watched *watched, void (*ready)(struct watched *, uint32_t), int receive_bytes) {
    connect_to(options.port, watched, ready, receive_bytes);
    watch(watched);
}

#ifdef WITH_TLS
void watch_connect_secure(struct watched *watched, void (*ready)(struct watched *, uint32_t), const char *protocol) {
    connect_to(options.secure_port, watched, ready, 0);
    watched->secure = secure_open(watched->descriptor, protocol);
    watch(watched);
}
#endif

ssize_t watch_receive(struct watched *watched, char *bytes, size_t room) {
#ifdef WITH_TLS
    if (watched->secure) return secure_receive(watched->secure, bytes, room);
#endif
    return recv(watched->descriptor, bytes, room, 0);
}

int watch_holds_more(struct watched *watched) {
#ifdef WITH_TLS
    return watched->secure && secure_holds_more(watched->secure);
#else
    (void)watched;
    return 0;
#endif
}

void watch_send(struct watched *watched, const char *text, size_t length) {
#ifdef WITH_TLS
    if (watched->secure) {
        if (!secure_send(watched->secure, text, length)) failed("a request could not be sent with TLS");
        return;
    }
#endif
    if (send(watched->descriptor, text, length, MSG_NOSIGNAL) != (ssize_t)length)
        failed("a request could not be sent: %s", strerror(errno));
}

void watch_for_room(struct watched *watched, int wanted) {
    struct epoll_event event = {.events = EPOLLIN | (wanted ? (uint32_t)EPOLLOUT : 0), .data.ptr = watched};
    epoll_ctl(poll, EPOLL_CTL_MOD, watched->descriptor, &event);
}

void watch_close(struct watched *watched) {
#ifdef WITH_TLS
    if (watched->secure) secure_close(watched->secure);
    watched->secure = NULL;
#endif
    if (watched->descriptor >= 0) close(watched->descriptor);
    watched->descriptor = -1;
}

void watch_once(int64_t nanoseconds) {
    // Few at a time: the level-triggered rest is there again in the next call, and a publisher's piece in between.
    struct epoll_event events[16];
    if (nanoseconds < 0) nanoseconds = 0;
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int ready = epoll_pwait2(poll, events, 16, &time, NULL);
    for (int i = 0; i < ready; i++) {
        struct watched *watched = events[i].data.ptr;
        if (watched->descriptor >= 0) watched->ready(watched, events[i].events);
    }
}

// A minimal trickle relay: what plain sockets, one thread and epoll can do at best. It is a yardstick for the
// benchmark, not a server to run: it trusts its clients, has no limits and no time-outs, and keeps to the part of the
// protocol that the load tool speaks.
//
//     c-relay PORT
//
// What makes it cheap: the publisher's socket is read straight into the segment's page and sent from there, chunk
// framing and all, so nothing is copied or encoded; a reader that has everything is one number in an array, and
// costs one send() for whatever one recv() of the publisher brought; epoll is edge-triggered, so that no descriptor
// is ever armed or disarmed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "connection.h"

static int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Accepted connections inherit it.
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        perror("c-relay: cannot listen");
        exit(1);
    }
    return listener;
}

static void accept_all(int listener, int poll) {
    int descriptor;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {
            .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection_open(descriptor)};
        epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
    }
}

int main(int count, char **arguments) {
    if (count != 2) {
        fputs("usage: c-relay PORT\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int listener = listen_on(atoi(arguments[1])), poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[512] = {{.events = EPOLLIN, .data.ptr = NULL}};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, events);
    for (;;) {
        int ready = epoll_wait(poll, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            uint32_t what = events[i].events;
            if (!connection) {
                accept_all(listener, poll);
                continue;
            }
            int is_over = (what & EPOLLIN) && connection_readable(connection) < 0;
            if (!is_over && (what & EPOLLOUT) && connection_writable(connection) < 0) is_over = 1;
            if (is_over || (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) connection_close(connection);
        }
    }
}

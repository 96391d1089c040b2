#include "CurlShims.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct curl_shim_sockets {
    int *open;
    size_t count;
    size_t capacity;
};

curl_shim_sockets *curl_shim_sockets_create(void) { return calloc(1, sizeof(curl_shim_sockets)); }

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose;
    curl_shim_sockets *sockets = context;
    if (sockets->count == sockets->capacity) {
        size_t capacity = sockets->capacity ? 2 * sockets->capacity : 16;
        int *grown = realloc(sockets->open, capacity * sizeof *grown);
        if (!grown) return CURL_SOCKET_BAD;
        sockets->open = grown;
        sockets->capacity = capacity;
    }
#ifdef SOCK_CLOEXEC
    int opened = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    int opened = socket(address->family, address->socktype, address->protocol);
#endif
    if (opened < 0) return CURL_SOCKET_BAD;
    sockets->open[sockets->count++] = opened;
    return opened;
}

static int close_socket(void *context, curl_socket_t closed) {
    curl_shim_sockets *sockets = context;
    for (size_t index = 0; index < sockets->count; index++) {
        if (sockets->open[index] == closed) {
            sockets->open[index] = sockets->open[--sockets->count];
            break;
        }
    }
    return close(closed);
}

// Whether an address is the one that libcurl writes as this text and this port.
static int is_address(const struct sockaddr *address, socklen_t length, const char *ip, int port) {
    char host[NI_MAXHOST], service[NI_MAXSERV];
    int flags = NI_NUMERICHOST | NI_NUMERICSERV;
    if (getnameinfo(address, length, host, sizeof host, service, sizeof service, flags)) return 0;
    return atoi(service) == port && strncmp(host, ip, strlen(ip)) == 0;
}

static int request_begins(void *context, char *peer_ip, char *own_ip, int peer_port, int own_port) {
    struct curl_shim_carrier *carrier = context;
    for (size_t index = 0; index < carrier->sockets->count; index++) {
        int candidate = carrier->sockets->open[index];
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        if (getsockname(candidate, (struct sockaddr *)&address, &length)) continue;
        if (!is_address((struct sockaddr *)&address, length, own_ip, own_port)) continue;
        length = sizeof address;
        if (getpeername(candidate, (struct sockaddr *)&address, &length)) continue;
        if (!is_address((struct sockaddr *)&address, length, peer_ip, peer_port)) continue;
        carrier->socket = candidate;
    }
    return CURL_PREREQFUNC_OK;
}

void curl_shim_track_carrier(CURL *easy, curl_shim_sockets *sockets, struct curl_shim_carrier *carrier) {
    carrier->sockets = sockets;
    carrier->socket = -1;
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sockets);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, sockets);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, request_begins);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, carrier);
}

int curl_shim_peer_has_closed(const struct curl_shim_carrier *carrier) {
    for (size_t index = 0; index < carrier->sockets->count; index++) {
        if (carrier->sockets->open[index] != carrier->socket) continue;
        char byte;
        return recv(carrier->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    }
    return 0;
}

#ifndef CURL_SHIMS_H
#define CURL_SHIMS_H

#include <curl/curl.h>

// curl_easy_setopt and its like are variadic, which Swift cannot call. Each of these fixes the type of the value.

CURLcode curl_shim_setopt_long(CURL *easy, CURLoption option, long value);
CURLcode curl_shim_setopt_string(CURL *easy, CURLoption option, const char *value);
CURLcode curl_shim_setopt_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode curl_shim_setopt_pointer(CURL *easy, CURLoption option, void *value);

CURLMcode curl_shim_multi_setopt_long(CURLM *multi, CURLMoption option, long value);

// The type of curl's read, write and header callbacks: elements of size 1, their count, and the context.
typedef size_t (*curl_shim_data_callback)(char *bytes, size_t size, size_t count, void *context);
CURLcode curl_shim_setopt_data_callback(CURL *easy, CURLoption option, curl_shim_data_callback callback);

// The type of curl's progress callback: bytes to come and come, bytes to send and sent.
typedef int (*curl_shim_progress_callback)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);
CURLcode curl_shim_setopt_progress_callback(CURL *easy, curl_shim_progress_callback callback);

// Lets the kernel find a dead peer: three keep-alive probes at the interval that TCP_KEEPINTVL has.
CURLcode curl_shim_limit_keepalive_probes(CURL *easy);

CURLcode curl_shim_getinfo_long(CURL *easy, CURLINFO which, long *value);

// The result in a CURLMSG_DONE message.
CURLcode curl_shim_message_result(const CURLMsg *message);

// curl's constants for pausing are macros that Swift does not import.
size_t curl_shim_read_pause(void);
size_t curl_shim_write_pause(void);

// The sockets that are open for one multi handle. While an upload is paused libcurl does not tell that the peer has closed
// the connection, so somebody else has to look. For one thread; it lives as long as the process.
typedef struct curl_shim_sockets curl_shim_sockets;
curl_shim_sockets *curl_shim_sockets_create(void);

// The connection that carries the request of one easy handle.
struct curl_shim_carrier {
    const curl_shim_sockets *sockets;
    // -1 until the request is about to be sent.
    int socket;
};

// Keeps `carrier` up to date while `easy` runs.
void curl_shim_track_carrier(CURL *easy, curl_shim_sockets *sockets, struct curl_shim_carrier *carrier);

// Whether the peer has closed its end, and all that it sent was read.
int curl_shim_peer_has_closed(const struct curl_shim_carrier *carrier);

// Starts a detached thread. Returns 0, or the error number.
int curl_shim_start_thread(void (*body)(void *context), void *context);

#endif

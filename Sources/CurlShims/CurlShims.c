#include "CurlShims.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

CURLcode curl_shim_setopt_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

CURLMcode curl_shim_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

CURLcode curl_shim_setopt_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode curl_shim_setopt_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode curl_shim_setopt_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode curl_shim_setopt_data_callback(CURL *easy, CURLoption option, curl_shim_data_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}

CURLcode curl_shim_setopt_progress_callback(CURL *easy, curl_shim_progress_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, callback);
}

static int limit_keepalive_probes(void *context, curl_socket_t socket, curlsocktype purpose) {
    (void)context;
    (void)purpose;
#ifdef TCP_KEEPCNT
    int probes = 3;
    // A socket without this option keeps the system's number of probes.
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
#endif
    return CURL_SOCKOPT_OK;
}

CURLcode curl_shim_limit_keepalive_probes(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, limit_keepalive_probes);
}

CURLcode curl_shim_getinfo_long(CURL *easy, CURLINFO which, long *value) {
    return curl_easy_getinfo(easy, which, value);
}

CURLcode curl_shim_message_result(const CURLMsg *message) { return message->data.result; }

size_t curl_shim_read_pause(void) { return CURL_READFUNC_PAUSE; }

size_t curl_shim_write_pause(void) { return CURL_WRITEFUNC_PAUSE; }

struct thread_start {
    void (*body)(void *context);
    void *context;
};

static void *run_thread(void *argument) {
    struct thread_start start = *(struct thread_start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int curl_shim_start_thread(void (*body)(void *context), void *context) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return 12;  // ENOMEM
    start->body = body;
    start->context = context;

    // Signals are for the program's own threads. A broken connection is reported by its call, not by SIGPIPE.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run_thread, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(start);
        return error;
    }
    pthread_detach(thread);
    return 0;
}

#include "http2.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "../load.h"

struct http2 {
    nghttp2_session *session;
    struct watched *watched;
    void *owner;
    int status;
    long number;
    int is_taking, is_broken;
};

// As much as curl lets come.
enum { WINDOW = 10 << 20 };

static ssize_t send_bytes(nghttp2_session *session, const uint8_t *bytes, size_t length, int flags, void *user) {
    (void)session, (void)flags;
    watch_send(((struct http2 *)user)->watched, (const char *)bytes, length);
    return (ssize_t)length;
}

static int field_came(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                      const uint8_t *value, size_t value_length, uint8_t flags, void *user) {
    (void)session, (void)frame, (void)value_length, (void)flags;
    struct http2 *connection = user;
    // nghttp2 ends both with a zero.
    if (name_length == 7 && !memcmp(name, ":status", 7)) connection->status = atoi((const char *)value);
    if (name_length == 14 && !memcmp(name, "lp-trickle-seq", 14)) connection->number = atol((const char *)value);
    return 0;
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)session;
    struct http2 *connection = user;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_RESPONSE)
        http2_head(connection->owner, connection->status, connection->number);
    return 0;
}

static int bytes_came(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t length,
                      void *user) {
    (void)session, (void)flags, (void)stream;
    http2_body(((struct http2 *)user)->owner, (const char *)bytes, (long)length);
    return 0;
}

static int stream_ended(nghttp2_session *session, int32_t stream, uint32_t error, void *user) {
    (void)session, (void)stream;
    struct http2 *connection = user;
    if (error == NGHTTP2_NO_ERROR) http2_end(connection->owner);
    else connection->is_broken = 1;
    return 0;
}

struct http2 *http2_begin(struct watched *watched, void *owner) {
    struct http2 *connection = calloc(1, sizeof *connection);
    connection->watched = watched;
    connection->owner = owner;
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_send_callback(callbacks, send_bytes);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, field_came);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, bytes_came);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_ended);
    nghttp2_session_client_new(&connection->session, callbacks, connection);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW};
    nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
    return connection;
}

static nghttp2_nv field(const char *name, const char *value) {
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

void http2_get(struct http2 *connection, const char *path) {
    nghttp2_nv fields[] = {field(":method", "GET"), field(":scheme", "https"), field(":authority", "localhost"),
                           field(":path", path)};
    connection->status = 0;
    connection->number = -1;
    nghttp2_submit_request(connection->session, NULL, fields, sizeof fields / sizeof *fields, NULL, NULL);
    // What is asked for from within a callback goes out behind it.
    if (!connection->is_taking) nghttp2_session_send(connection->session);
}

int http2_take(struct http2 *connection, const char *bytes, long length) {
    connection->is_taking = 1;
    ssize_t taken = nghttp2_session_mem_recv(connection->session, (const uint8_t *)bytes, (size_t)length);
    connection->is_taking = 0;
    if (taken != length || connection->is_broken) return 0;
    return !nghttp2_session_want_write(connection->session) || !nghttp2_session_send(connection->session);
}

// HTTP/2 for subscribers, by nghttp2: one GET after the other on a connection.
#ifndef HTTP2_H
#define HTTP2_H

struct watched;
struct http2;

/// Sends the preface; `owner` is told what comes.
struct http2 *http2_begin(struct watched *watched, void *owner);
void http2_get(struct http2 *connection, const char *path);
/// Takes bytes of the connection; false when they break the protocol, or a stream was reset.
int http2_take(struct http2 *connection, const char *bytes, long length);

// What the owner is told.

/// `number` is the segment's, or -1.
void http2_head(void *owner, int status, long number);
void http2_body(void *owner, const char *bytes, long length);
void http2_end(void *owner);

#endif

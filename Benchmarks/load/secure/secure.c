#include "secure.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One cipher, so that all servers are measured with the same.
static const char cipher[] = "TLS_AES_128_GCM_SHA256";
// Received at a time: many records when the tool is behind.
enum { READ_AHEAD = 32 << 10 };

static SSL_CTX *context;
static char terms[100];

static void prepare(void) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, cipher);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, READ_AHEAD);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

struct secure *secure_open(int descriptor, const char *protocol) {
    if (!context) prepare();
    SSL *ssl = SSL_new(context);
    unsigned char offered[20];
    size_t length = strlen(protocol);
    offered[0] = (unsigned char)length;
    memcpy(offered + 1, protocol, length);
    SSL_set_alpn_protos(ssl, offered, (unsigned)length + 1);
    SSL_set_fd(ssl, descriptor);
    if (SSL_connect(ssl) != 1) {
        fprintf(stderr, "load: no handshake of TLS: %s\n", ERR_reason_error_string(ERR_get_error()));
        exit(1);
    }
    const unsigned char *chosen;
    unsigned chosen_length;
    SSL_get0_alpn_selected(ssl, &chosen, &chosen_length);
    // A server that says nothing speaks HTTP/1.1.
    if (chosen_length ? chosen_length != length || memcmp(chosen, protocol, length) : strcmp(protocol, "http/1.1") != 0) {
        fprintf(stderr, "load: the server does not speak %s\n", protocol);
        exit(1);
    }
    snprintf(terms, sizeof terms, "%s %s", SSL_get_version(ssl), SSL_get_cipher(ssl));
    return (struct secure *)ssl;
}

ssize_t secure_receive(struct secure *secure, char *bytes, size_t room) {
    SSL *ssl = (SSL *)secure;
    int length = SSL_read(ssl, bytes, (int)room);
    if (length > 0) return length;
    int error = SSL_get_error(ssl, length);
    ERR_clear_error();
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}

int secure_holds_more(struct secure *secure) { return SSL_has_pending((SSL *)secure); }

int secure_send(struct secure *secure, const char *bytes, size_t length) {
    return SSL_write((SSL *)secure, bytes, (int)length) == (int)length;
}

void secure_close(struct secure *secure) { SSL_free((SSL *)secure); }

const char *secure_terms(void) { return *terms ? terms : NULL; }

// TLS for subscribers, by OpenSSL. What certificate the server shows does not matter here.
#ifndef SECURE_H
#define SECURE_H
#include <sys/types.h>

struct secure;

/// Makes the handshake on a blocking socket; ends the process when the server does not speak `protocol`.
struct secure *secure_open(int descriptor, const char *protocol);
/// As `recv`: 0 at the end, -1 and `errno` for everything else; one record at most.
ssize_t secure_receive(struct secure *secure, char *bytes, size_t room);
/// Whether bytes wait that epoll does not know of.
int secure_holds_more(struct secure *secure);
/// Sends all, and returns whether it could.
int secure_send(struct secure *secure, const char *bytes, size_t length);
void secure_close(struct secure *secure);

/// Version and cipher of the last handshake; NULL when there was none.
const char *secure_terms(void);

#endif

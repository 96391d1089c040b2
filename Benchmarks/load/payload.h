// What the pieces hold: the time at which they were sent, and bytes that are a function of channel, segment and place,
// so that a byte that is missing, doubled, moved or another subscriber's is found.
#ifndef PAYLOAD_H
#define PAYLOAD_H

enum { STAMP_BYTES = 8, PIECE_MAX = 64 << 10 };

void payload_prepare(void);
/// Where the stamp is in a piece.
int payload_stamp_place(void);
/// The bytes of a piece; those of the stamp give way to it. Of a transport stream it is good for the next few thousand pieces.
const char *payload_piece(int channel, long segment, long piece);

#endif

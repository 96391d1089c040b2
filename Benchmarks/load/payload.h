// What the pieces hold: the time at which they were sent, then bytes that are a function of channel, segment and place,
// so that a byte that is missing, doubled, moved or another subscriber's is found.
#ifndef PAYLOAD_H
#define PAYLOAD_H

enum { STAMP_BYTES = 8, PIECE_MAX = 64 << 10 };

void payload_prepare(void);
/// The bytes of a piece; the first `STAMP_BYTES` of them give way to the stamp.
const char *payload_piece(int channel, long segment, long piece);

#endif

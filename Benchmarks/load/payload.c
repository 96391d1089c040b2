#include "payload.h"

#include <stdint.h>
#include <string.h>

#include "options.h"
#include "packets.h"

enum { OFFSETS = 1 << 16, KEPT = 1 << 12 };
static char pattern[OFFSETS + PIECE_MAX];

// Of a transport stream, the newest pieces, by their number in the channel: all subscribers ask for the same ones.
static long kept_numbers[KEPT];
static char kept_pieces[KEPT][PIECE_MAX];

static uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 31)) * 0x7fb5d329728ea185u;
    value = (value ^ (value >> 27)) * 0x81dadef4bc2dd44du;
    return value ^ (value >> 33);
}

void payload_prepare(void) {
    for (uint64_t i = 0; i < sizeof pattern; i++) pattern[i] = (char)mix(i + 1);
    for (int i = 0; i < KEPT; i++) kept_numbers[i] = -1;
}

int payload_stamp_place(void) { return options.is_transport_stream ? PACKET_BYTES - STAMP_BYTES : 0; }

const char *payload_piece(int channel, long segment, long piece) {
    uint64_t place = (uint64_t)channel << 48 ^ (uint64_t)segment << 24 ^ (uint64_t)piece;
    const char *bytes = pattern + mix(place + 1) % OFFSETS;
    if (!options.is_transport_stream) return bytes;
    long number = segment * options.segment_pieces + piece;
    char *kept = kept_pieces[number % KEPT];
    if (kept_numbers[number % KEPT] == number) return kept;
    kept_numbers[number % KEPT] = number;
    memcpy(kept, bytes, (size_t)options.piece_bytes);
    packets_frame(kept, segment, piece);
    return kept;
}

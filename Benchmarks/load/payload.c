#include "payload.h"

#include <stdint.h>

enum { OFFSETS = 1 << 16 };
static char pattern[OFFSETS + PIECE_MAX];

static uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 31)) * 0x7fb5d329728ea185u;
    value = (value ^ (value >> 27)) * 0x81dadef4bc2dd44du;
    return value ^ (value >> 33);
}

void payload_prepare(void) {
    for (uint64_t i = 0; i < sizeof pattern; i++) pattern[i] = (char)mix(i + 1);
}

const char *payload_piece(int channel, long segment, long piece) {
    uint64_t place = (uint64_t)channel << 48 ^ (uint64_t)segment << 24 ^ (uint64_t)piece;
    return pattern + mix(place + 1) % OFFSETS;
}

#include "packets.h"

#include <stdint.h>
#include <string.h>

#include "options.h"

enum { VIDEO_PID = 0x100, MAP_PID = 0x1000, TABLE_PACKETS = 2 };

static void put_head(unsigned char *packet, int pid, int starts_unit, unsigned counter) {
    packet[0] = 0x47;
    packet[1] = (unsigned char)((starts_unit ? 0x40 : 0) | pid >> 8);
    packet[2] = (unsigned char)pid;
    packet[3] = (unsigned char)(0x10 | (counter & 15));
}

static uint32_t crc(const unsigned char *bytes, int count) {
    uint32_t value = 0xffffffff;
    for (int i = 0; i < count; i++) {
        value ^= (uint32_t)bytes[i] << 24;
        for (int bit = 0; bit < 8; bit++) value = value << 1 ^ (value & 0x80000000 ? 0x04c11db7 : 0);
    }
    return value;
}

/// A packet with one section. `length` is that of the section without its CRC.
static void put_section(unsigned char *packet, int pid, unsigned counter, const unsigned char *section, int length) {
    put_head(packet, pid, 1, counter);
    packet[4] = 0;
    memcpy(packet + 5, section, (size_t)length);
    uint32_t check = crc(section, length);
    for (int i = 0; i < 4; i++) packet[5 + length + i] = (unsigned char)(check >> (24 - 8 * i));
    memset(packet + 9 + length, 0xff, (size_t)(PACKET_BYTES - 9 - length));
}

static void put_tables(unsigned char *bytes, unsigned counter) {
    static const unsigned char association[] = {0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | MAP_PID >> 8, MAP_PID & 0xff};
    static const unsigned char map[] = {2, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe0 | VIDEO_PID >> 8, VIDEO_PID & 0xff, 0xf0, 0,
                                        0x1b, 0xe0 | VIDEO_PID >> 8, VIDEO_PID & 0xff, 0xf0, 0};
    put_section(bytes, 0, counter, association, sizeof association);
    put_section(bytes + PACKET_BYTES, MAP_PID, counter, map, sizeof map);
}

/// The head of a PES packet with its time, an access unit delimiter and the first bytes of an IDR slice.
static void put_picture(unsigned char *payload, uint64_t pts) {
    const unsigned char start[] = {
        0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5,
        (unsigned char)(0x21 | (pts >> 29 & 14)), (unsigned char)(pts >> 22), (unsigned char)(1 | pts >> 14),
        (unsigned char)(pts >> 7), (unsigned char)(1 | pts << 1),
        0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, 0x65, 0x88, 0x80};
    memcpy(payload, start, sizeof start);
}

void packets_frame(char *piece, long segment, long number) {
    unsigned char *bytes = (unsigned char *)piece;
    long in_piece = options.piece_bytes / PACKET_BYTES;
    long first = number * in_piece, video_in_segment = options.segment_pieces * in_piece - TABLE_PACKETS;
    for (long i = 0; i < in_piece; i++)
        put_head(bytes + i * PACKET_BYTES, VIDEO_PID, 0, (unsigned)(segment * video_in_segment + first + i - TABLE_PACKETS));
    if (number) return;
    put_tables(bytes, (unsigned)segment);
    unsigned char *picture = bytes + TABLE_PACKETS * PACKET_BYTES;
    put_head(picture, VIDEO_PID, 1, (unsigned)(segment * video_in_segment));
    put_picture(picture + 4, (uint64_t)(segment + 1) * 90000);
}

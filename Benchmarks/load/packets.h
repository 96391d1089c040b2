// Makes a piece a run of MPEG-TS packets (ISO 13818-1), so that media-aware servers take it for a channel of H.264.
#ifndef PACKETS_H
#define PACKETS_H

enum { PACKET_BYTES = 188 };

/// Writes the packets' heads, and at the beginning of a segment the tables and the beginning of an IDR picture, over the piece's bytes.
void packets_frame(char *piece, long segment, long number);

#endif

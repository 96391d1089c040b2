// What one run of the load tool does.
#ifndef OPTIONS_H
#define OPTIONS_H

enum { SERVER_PROCESSES = 8 };
enum preconnect { SECOND_CONNECTION, PIPELINED, NONE };

struct options {
    int port;
    int secure_port;                // where subscribers speak TLS; 0: they do not
    int server_processes[SERVER_PROCESSES]; // their ids; the first is the relay's; 0: no more
    int channels, subscribers;      // subscribers of each channel
    double bits_per_second;         // of each channel; 0: as fast as the slowest subscriber reads
    int piece_bytes;                // one chunk of the publisher's body
    long segment_pieces;
    long warmup_segments, measured_segments, probe_segments;
    int are_together;               // all channels' pieces are due at the same moments
    int frames_per_second;          // 0: pieces evenly spaced; else in bursts, one video frame each
    long lead_bytes;                // an unpaced publisher's greatest lead over its slowest subscriber
    double idle_seconds;            // how long all wait, and the server is watched, before the first byte
    enum preconnect preconnect;
    int is_transport_stream;        // the pieces are packets of MPEG-TS, each segment begins with tables and an IDR picture
    int are_http2;                  // subscribers speak HTTP/2, each on one connection with TLS
    int are_viewers;                // subscribers ask once, for the channel as one endless transport stream
};

extern struct options options;

/// Reads the command line; ends the process with a usage message when it makes no sense.
void options_parse(int count, char **arguments);

#endif

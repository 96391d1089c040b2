#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options = {
    .channels = 1, .subscribers = 100, .bits_per_second = 8e6, .piece_bytes = 1316, .warmup_segments = 2,
    .measured_segments = 5, .probe_segments = 1, .lead_bytes = 4 << 20};

static const char usage[] =
    "usage: load --port N [--pid SERVER[,PROXY …]] [--channels 1] [--subscribers 100] [--rate 8e6 (bit/s; 0: unpaced)]\n"
    "            [--piece 1316] [--segment-seconds 1 | --segment-bytes N] [--warmup 2] [--segments 5] [--probes 1]\n"
    "            [--together (all channels at the same moments)] [--frames 30 (bursts)] [--lead 4194304] [--idle SECONDS] [--pipelined | --no-preconnect]\n"
    "            [--ts (the pieces are packets of MPEG-TS)] [--viewers (they ask for /CHANNEL.ts; implies --ts)]\n"
    "            [--secure-port N (subscribers speak TLS there; compiled with OpenSSL only)] [--http2 (on it)]\n";

static void refuse(const char *why) {
    fprintf(stderr, "load: %s\n%s", why, usage);
    exit(2);
}

static void take_processes(char *list) {
    int count = 0;
    for (char *id = strtok(list, ","); id; id = strtok(NULL, ",")) {
        if (count == SERVER_PROCESSES) refuse("--pid has too many");
        options.server_processes[count++] = atoi(id);
    }
}

void options_parse(int count, char **arguments) {
    static const struct option names[] = {
        {"port", 1, 0, 'p'},     {"pid", 1, 0, 'P'},     {"channels", 1, 0, 'c'},        {"subscribers", 1, 0, 's'},
        {"rate", 1, 0, 'r'},     {"piece", 1, 0, 'b'},   {"segment-seconds", 1, 0, 't'}, {"segment-bytes", 1, 0, 'B'},
        {"warmup", 1, 0, 'w'},   {"segments", 1, 0, 'n'}, {"probes", 1, 0, 'q'},         {"frames", 1, 0, 'f'},
        {"together", 0, 0, 'g'},   {"lead", 1, 0, 'l'},     {"idle", 1, 0, 'i'},    {"pipelined", 0, 0, 'x'},
        {"no-preconnect", 0, 0, 'z'}, {"ts", 0, 0, 'T'},       {"viewers", 0, 0, 'v'},
        {"secure-port", 1, 0, 'S'},   {"http2", 0, 0, '2'},    {0, 0, 0, 0}};
    double segment_seconds = 1, segment_bytes = 0;
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        double value = optarg ? atof(optarg) : 0;
        switch (name) {
        case 'p': options.port = (int)value; break;
        case 'P': take_processes(optarg); break;
        case 'c': options.channels = (int)value; break;
        case 's': options.subscribers = (int)value; break;
        case 'r': options.bits_per_second = value; break;
        case 'b': options.piece_bytes = (int)value; break;
        case 't': segment_seconds = value; break;
        case 'B': segment_bytes = value; break;
        case 'w': options.warmup_segments = (long)value; break;
        case 'n': options.measured_segments = (long)value; break;
        case 'q': options.probe_segments = (long)value; break;
        case 'f': options.frames_per_second = (int)value; break;
        case 'g': options.are_together = 1; break;
        case 'l': options.lead_bytes = (long)value; break;
        case 'i': options.idle_seconds = value; break;
        case 'x': options.preconnect = PIPELINED; break;
        case 'z': options.preconnect = NONE; break;
        case 'v': options.are_viewers = 1; options.preconnect = NONE;   // fall through
        case 'T': options.is_transport_stream = 1; break;
        case 'S': options.secure_port = (int)value; break;
        case '2': options.are_http2 = 1; options.preconnect = NONE; break;
        default: refuse("unknown option");
        }
    }
    if (optind != count) refuse("no arguments are taken");
    if (!options.port) refuse("--port is needed");
    if (options.channels < 1 || options.subscribers < 1 || options.measured_segments < 1) refuse("nothing to do");
#ifndef WITH_TLS
    if (options.secure_port) refuse("--secure-port: this tool was compiled without OpenSSL");
#endif
    if (options.are_http2 && (!options.secure_port || options.are_viewers)) refuse("--http2 is for segments, and needs --secure-port");
    if (options.piece_bytes < 16 || options.piece_bytes > 64 << 10) refuse("--piece is 16 to 65536 bytes");
    if (options.is_transport_stream && options.piece_bytes % 188) refuse("--ts needs pieces of whole packets");
    if (options.is_transport_stream && options.channels != 1) refuse("--ts takes one channel");
    if (options.bits_per_second == 0) {
        if (segment_bytes == 0) refuse("--rate 0 needs --segment-bytes");
        options.probe_segments = 0;
    }
    if (segment_bytes == 0) segment_bytes = options.bits_per_second / 8 * segment_seconds;
    options.segment_pieces = (long)(segment_bytes / options.piece_bytes + 0.5);
    if (options.segment_pieces < 1) options.segment_pieces = 1;
    if (options.frames_per_second && options.segment_pieces < 2 * options.frames_per_second)
        refuse("--frames needs at least two pieces in a frame");
}

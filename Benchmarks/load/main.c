// Loads a trickle relay and measures it: publishers and subscribers in one thread, every byte checked in order, one
// JSON object on stdout. See ../README.md for what it prints.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "load.h"
#include "payload.h"
#include "server.h"
#ifdef WITH_TLS
#include "secure/secure.h"
#endif

struct counters counters;

static const int64_t millisecond = 1000000;
static const int64_t patience = 30000 * millisecond;   // without any progress

/// Publishes up to segment `end` and returns when every subscriber has it all, or nothing moves any more.
static void run_until(long end, int64_t probe_interval) {
    long wanted = end * options.channels * options.subscribers;
    int64_t now = clock_now(), next_probe = now + probe_interval, moved = now;
    int64_t bytes = 0;
    long finished = 0;
    int probes = 0;
    publishers_start(end, now + millisecond);
    while (counters.finished_segments < wanted && !counters.errors) {
        now = clock_now();
        int is_free = 1;
        if (publishers_next_due() <= now) is_free = publishers_run(now);
        if (probe_interval && now >= next_probe && publishers_next_due() < INT64_MAX) {
            probe_open(probes++ % options.channels);
            next_probe += probe_interval;
        }
        int64_t wait = !is_free || publishers_next_due() == INT64_MAX ? millisecond : publishers_next_due() - clock_now();
        if (wait > 10 * millisecond) wait = 10 * millisecond;
        watch_once(wait);
        if (counters.finished_segments != finished || counters.delivered_bytes != bytes) {
            finished = counters.finished_segments;
            bytes = counters.delivered_bytes;
            moved = now;
        } else if (now - moved > patience) {
            failed("nothing moved for %lld s: %ld of %ld segments arrived", (long long)(patience / 1000 / millisecond),
                   finished, wanted);
        }
    }
}

static void print_times(const char *name, const struct histogram *times) {
    printf("  \"%s\": ", name);
    if (!times->count) {
        printf("null,\n");
        return;
    }
    printf("{\"count\": %llu, \"p50\": %.4f, \"p99\": %.4f, \"p99.9\": %.4f, \"max\": %.4f},\n",
           (unsigned long long)times->count, (double)histogram_quantile(times, 0.5) / 1e6,
           (double)histogram_quantile(times, 0.99) / 1e6, (double)histogram_quantile(times, 0.999) / 1e6,
           (double)times->greatest / 1e6);
}

static double own_cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **arguments) {
    options_parse(count, arguments);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    payload_prepare();

    publishers_open();
    server_wait_for_rest(5);
    long resident_alone = server_resident_kib();
    subscribers_open();
    server_wait_for_rest(15);
    long resident_idle = server_resident_kib();
    double idle_cpu = server_cpu_seconds();
    for (int64_t until = clock_now() + (int64_t)(options.idle_seconds * 1e9); clock_now() < until;)
        watch_once(10 * millisecond);
    idle_cpu = server_cpu_seconds() - idle_cpu;

    long end = options.warmup_segments + options.measured_segments;
    if (options.warmup_segments) run_until(options.warmup_segments, 0);
    double cpu = server_cpu_seconds(), user = server_user_seconds(), own = own_cpu_seconds();
    int64_t start = clock_now();
    run_until(end, 0);
    double seconds = (double)(clock_now() - start) / 1e9;
    cpu = server_cpu_seconds() - cpu;
    user = server_user_seconds() - user;
    own = own_cpu_seconds() - own;
    long resident_busy = server_resident_kib();
    if (options.probe_segments) run_until(end + options.probe_segments, 50 * millisecond);

    double subscribers = (double)options.channels * options.subscribers;
    double expected = subscribers * (double)options.measured_segments * (double)options.segment_pieces
        * options.piece_bytes;
    double gigabytes = (double)counters.delivered_bytes / 1e9;
    printf("{\n  \"delivered_bytes\": %lld,\n  \"lost_bytes\": %.0f,\n", (long long)counters.delivered_bytes,
           expected - (double)counters.delivered_bytes);
    printf("  \"errors\": %ld,\n  \"first_error\": \"%s\",\n", counters.errors, counters.first_error);
#ifdef WITH_TLS
    if (secure_terms()) printf("  \"tls\": \"%s\",\n", secure_terms());
#endif
    printf("  \"seconds\": %.3f,\n  \"server_cpu_seconds\": %.4f,\n  \"server_user_seconds\": %.2f,\n", seconds, cpu, user);
    printf("  \"server_cpu_seconds_per_gb\": %.4f,\n  \"load_cpu_seconds\": %.3f,\n", gigabytes > 0 ? cpu / gigabytes : 0, own);
    print_times("delay_ms", &counters.delay);
    print_times("first_piece_ms", &counters.first_piece);
    print_times("first_byte_ms", &counters.first_byte);
    print_times("publisher_late_ms", &counters.lateness);
    printf("  \"idle_cpu_seconds\": %.4f,\n", idle_cpu);
    printf("  \"resident_kib\": {\"alone\": %ld, \"idle\": %ld, \"busy\": %ld},\n", resident_alone, resident_idle, resident_busy);
    printf("  \"resident_kib_per_subscriber\": {\"idle\": %.2f, \"busy\": %.2f}\n}\n",
           (double)(resident_idle - resident_alone) / subscribers, (double)(resident_busy - resident_alone) / subscribers);
    return counters.errors || counters.delivered_bytes < (int64_t)expected ? 1 : 0;
}

#include "server.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

static double cpu_seconds(int process) {
    char path[600];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *threads = opendir(path);
    if (!threads) return 0;
    double nanoseconds = 0;
    for (struct dirent *thread; (thread = readdir(threads));) {
        unsigned long long here = 0;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", process, thread->d_name);
        FILE *file = thread->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (!file) continue;
        if (fscanf(file, "%llu", &here) == 1) nanoseconds += (double)here;
        fclose(file);
    }
    closedir(threads);
    return nanoseconds / 1e9;
}

double server_cpu_seconds(void) {
    double seconds = 0;
    for (int i = 0; i < SERVER_PROCESSES && options.server_processes[i]; i++)
        seconds += cpu_seconds(options.server_processes[i]);
    return seconds;
}

static double user_seconds(int process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    // The name in parentheses may hold anything; utime is the 12th field after it.
    char *field = strrchr(text, ')');
    for (int i = 0; i < 12 && field; i++) field = strchr(field + 1, ' ');
    unsigned long ticks = 0;
    if (field) sscanf(field, "%lu", &ticks);
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

double server_user_seconds(void) {
    double seconds = 0;
    for (int i = 0; i < SERVER_PROCESSES && options.server_processes[i]; i++)
        seconds += user_seconds(options.server_processes[i]);
    return seconds;
}

long server_resident_kib(void) {
    char path[64], line[128];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", options.server_processes[0]);
    FILE *file = options.server_processes[0] ? fopen(path, "r") : NULL;
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Rss: %ld kB", &kib) == 1) break;
    fclose(file);
    return kib;
}

void server_wait_for_rest(double seconds) {
    double last = server_cpu_seconds();
    int quiet = 0;
    for (int i = 0; i < seconds * 10 && quiet < 3; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        double now = server_cpu_seconds();
        quiet = now - last < 0.003 ? quiet + 1 : 0;
        last = now;
    }
}

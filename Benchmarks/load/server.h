// What the system tells about the server's process.
#ifndef SERVER_H
#define SERVER_H

/// CPU time of all threads of all its processes so far, in seconds, from /proc/PID/task/*/schedstat.
double server_cpu_seconds(void);
/// The part of it that was spent in user mode, to the system's tick, from /proc/PID/stat.
double server_user_seconds(void);
/// Resident memory in KiB, from /proc/PID/smaps_rollup.
long server_resident_kib(void);
/// Returns when the server has been at rest for a moment, or after `seconds`.
void server_wait_for_rest(double seconds);

#endif

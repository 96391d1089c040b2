#ifndef TRICKLE_SPAWN_SHIMS_H
#define TRICKLE_SPAWN_SHIMS_H

#include <sys/types.h>

/// What a started child is known by.
typedef struct {
    /// The child, which leads a process group of its own with the same number.
    pid_t pid;
    /// The guard that kills that group when this process ends in any way, kill -9 included; a child of this process, too.
    pid_t guard;
    /// The end of the pipe that the guard watches. To release the guard, write one byte to it and close it.
    int lifeline;
} trickle_child;

/// What a child may take. 0 stands for no limit.
typedef struct {
    /// Bytes of memory that the child has for itself (RLIMIT_DATA): its heap, its stacks, and what it maps to write to.
    unsigned long long memory;
    /// Seconds of processor time. One more, and the child is killed.
    unsigned long long cpu_seconds;
    /// Added to this process's niceness.
    int niceness;
} trickle_limits;

/// Starts `path` with the three given descriptors as its standard ones, in a process group of its own, with default signal
/// handling and no other descriptor of this process that is marked close-on-exec.
///
/// @param directory the folder it starts in, or NULL for this process's.
/// @param limits what it may take, or NULL for what this process may. A child with limits writes no core files.
/// @return 0, or the errno of the step that failed; then nothing is left running.
int trickle_spawn(
    const char *path, char *const argv[], char *const envp[], const char *directory, const trickle_limits *limits,
    int standard_input, int standard_output, int standard_error, trickle_child *child);

/// Lets the guard go without harm to anybody, and reaps it. Only after the child itself has ended.
void trickle_release_guard(trickle_child child);

/// Waits until the child has ended, and leaves it as a zombie, so that its number stays its own.
///
/// @return 0 or an errno.
int trickle_wait_for_end(pid_t pid);

/// Reaps a child that has ended. The status has the form of waitpid.
///
/// @return 0 or an errno.
int trickle_reap(pid_t pid, int *status);

/// Runs `body(argument)` on a new thread that nobody joins.
///
/// @return 0 or an errno.
int trickle_start_thread(void (*body)(void *), void *argument);

/// Whether so many more threads can be had: starts them, and ends them again.
///
/// @return 0 or an errno.
int trickle_try_threads(int count);

/// Whether so many more descriptors can be had: opens them, and closes them again.
///
/// @return 0 or an errno.
int trickle_try_descriptors(int count);

/// Whether so much more address space can be had: maps it, and lets it go again.
///
/// @return 0 or an errno.
int trickle_try_memory(size_t byte_count);

/// Raises the soft limit of descriptors to 4,096, if the hard one allows, and sees to it that threads do not use up a limit of address space. To
/// be called before there are threads.
void trickle_suit_limits(void);

/// A pipe whose ends no child inherits by accident.
///
/// @return 0 or an errno.
int trickle_pipe(int ends[2]);

#endif

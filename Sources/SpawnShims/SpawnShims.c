#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "SpawnShims.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#endif

// Between fork and exec only async-signal-safe calls are allowed: other threads may hold any lock of this process.

static long descriptor_limit(void) {
    long limit = sysconf(_SC_OPEN_MAX);
    return limit < 0 || limit > 65536 ? 65536 : limit;
}

static void close_all_but(int kept) {
#if defined(__linux__) && defined(SYS_close_range)
    if (kept > 0 && syscall(SYS_close_range, 0u, (unsigned)kept - 1, 0u) == 0
        && syscall(SYS_close_range, (unsigned)kept + 1, ~0u, 0u) == 0) return;
#endif
    for (int descriptor = 0; descriptor < descriptor_limit(); descriptor++) {
        if (descriptor != kept) close(descriptor);
    }
}

/// Not everybody who opens a descriptor says that it ends with exec. A connection that a child has, too, is not closed when
/// its owner closes it, and whoever waits at its other end for that waits for the child.
static void keep_standard_descriptors_only(void) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
    for (int descriptor = 3; descriptor < descriptor_limit(); descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

static void default_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) sigaction(number, &standard, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/// Descriptors 0, 1 and 2 may themselves be among the sources, so all are first moved out of the way.
static int take_standard_descriptors(const int sources[3]) {
    int moved[3];
    for (int target = 0; target < 3; target++) {
        moved[target] = fcntl(sources[target], F_DUPFD_CLOEXEC, 3);
        if (moved[target] < 0) return errno;
    }
    for (int target = 0; target < 3; target++) {
        if (dup2(moved[target], target) < 0) return errno;
    }
    return 0;
}

/// The guard: one blocked read, no memory of its own, no descriptor but the lifeline.
static _Noreturn void guard_group(int lifeline, pid_t group) {
    // Ctrl-C goes to the terminal's foreground group, and the guard has to outlive what it guards.
    setsid();
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &ignored, NULL);
    sigaction(SIGTERM, &ignored, NULL);
    sigaction(SIGHUP, &ignored, NULL);
#ifdef __linux__
    prctl(PR_SET_NAME, "trickle-guard", 0, 0, 0);
#endif
    close_all_but(lifeline);
    char byte;
    ssize_t count;
    do {
        count = read(lifeline, &byte, 1);
    } while (count < 0 && errno == EINTR);
    if (count == 0) kill(-group, SIGKILL);
    _exit(0);
}

int trickle_pipe(int ends[2]) {
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
#else
    if (pipe(ends) != 0) return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

static int reap_quietly(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

/// Lowers a limit. One that is lower already stays.
static int lower(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return errno;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < hard) hard = limit.rlim_max;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < soft) soft = limit.rlim_cur;
    limit.rlim_max = hard;
    limit.rlim_cur = soft < hard ? soft : hard;
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

static int take_limits(const trickle_limits *limits) {
    int failure = lower(RLIMIT_CORE, 0, 0);
    if (!failure && limits->memory) failure = lower(RLIMIT_DATA, limits->memory, limits->memory);
    // At the soft limit it is asked to end, and killed at the hard one.
    if (!failure && limits->cpu_seconds) failure = lower(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 1);
    if (!failure && limits->niceness) {
        // -1 may be the new niceness.
        errno = 0;
        if (nice(limits->niceness) == -1) failure = errno;
    }
    return failure;
}

/// What runs in the child up to exec. Does not return.
static _Noreturn void become(
    const char *path, char *const argv[], char *const envp[], const char *directory, const trickle_limits *limits,
    const int sources[3], const int start[2], int report) {
    setpgid(0, 0);
    default_signals();
    close(start[1]);
    int failure = take_standard_descriptors(sources);
    if (!failure && directory && chdir(directory) != 0) failure = errno;
    if (!failure && limits) failure = take_limits(limits);
    if (!failure) {
        // The guard has to stand before this can start anything. No byte: the parent is gone, and so is the reason to run.
        char byte;
        ssize_t count;
        do {
            count = read(start[0], &byte, 1);
        } while (count < 0 && errno == EINTR);
        if (count != 1) _exit(127);
        keep_standard_descriptors_only();
        execve(path, argv, envp);
        failure = errno;
    }
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static void close_both(const int ends[2]) {
    close(ends[0]);
    close(ends[1]);
}

/// Forks the guard of a group and tells the end of its lifeline that this process keeps.
static int start_guard(pid_t group, pid_t *guard, int *lifeline) {
    int ends[2];
    int error = trickle_pipe(ends);
    if (error) return error;
    *guard = fork();
    if (*guard == 0) {
        default_signals();
        guard_group(ends[0], group);
    }
    error = *guard < 0 ? errno : 0;
    close(ends[0]);
    if (error) close(ends[1]);
    *lifeline = ends[1];
    return error;
}

/// Forks the child and its guard. Both wait: the child for a byte on `start`, the guard for the end of its lifeline.
static int fork_both(
    const char *path, char *const argv[], char *const envp[], const char *directory, const trickle_limits *limits,
    const int sources[3], const int start[2], int report, trickle_child *child) {
    // No signal may run a handler of this process in a child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    pid_t pid = fork();
    if (pid == 0) become(path, argv, envp, directory, limits, sources, start, report);
    if (pid < 0) {
        error = errno;
    } else {
        // Parent and child both do it, so that neither has to wait for the other.
        setpgid(pid, pid);
        child->pid = pid;
        error = start_guard(pid, &child->guard, &child->lifeline);
        if (error) {
            kill(pid, SIGKILL);
            reap_quietly(pid);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int trickle_spawn(
    const char *path, char *const argv[], char *const envp[], const char *directory, const trickle_limits *limits,
    int standard_input, int standard_output, int standard_error, trickle_child *child) {
    int start[2], report[2];
    int error = trickle_pipe(start);
    if (error) return error;
    error = trickle_pipe(report);
    if (error) {
        close_both(start);
        return error;
    }
    const int sources[3] = {standard_input, standard_output, standard_error};
    error = fork_both(path, argv, envp, directory, limits, sources, start, report[1], child);
    if (error) {
        close_both(start);
        close_both(report);
        return error;
    }
    ssize_t count;
    do {
        count = write(start[1], "", 1);
    } while (count < 0 && errno == EINTR);
    close_both(start);
    close(report[1]);
    // A successful exec closes the other end of the report without a word.
    int failure = 0;
    do {
        count = read(report[0], &failure, sizeof failure);
    } while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count != sizeof failure) return 0;
    reap_quietly(child->pid);
    trickle_release_guard(*child);
    return failure;
}

void trickle_release_guard(trickle_child child) {
    ssize_t written;
    do {
        written = write(child.lifeline, "", 1);
    } while (written < 0 && errno == EINTR);
    close(child.lifeline);
    reap_quietly(child.guard);
}

int trickle_wait_for_end(pid_t pid) {
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

int trickle_reap(pid_t pid, int *status) {
    while (waitpid(pid, status, 0) < 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

struct thread_work {
    void (*body)(void *);
    void *argument;
};

static void *run_thread(void *argument) {
    struct thread_work work = *(struct thread_work *)argument;
    free(argument);
    work.body(work.argument);
    return NULL;
}

int trickle_start_thread(void (*body)(void *), void *argument) {
    struct thread_work *work = malloc(sizeof *work);
    if (!work) return ENOMEM;
    *work = (struct thread_work){body, argument};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run_thread, work);
    if (error) {
        free(work);
    } else {
        pthread_detach(thread);
    }
    return error;
}

#include "SpawnShims.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static void *wait_for_end(void *lock) {
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

int trickle_try_threads(int count) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    if (!threads) return ENOMEM;
    int error = 0, started = 0;
    // They wait for the lock, so that all are there at once.
    pthread_mutex_lock(&lock);
    while (started < count && !error) {
        error = pthread_create(&threads[started], NULL, wait_for_end, &lock);
        if (!error) started++;
    }
    pthread_mutex_unlock(&lock);
    while (started > 0) pthread_join(threads[--started], NULL);
    free(threads);
    return error;
}

int trickle_try_descriptors(int count) {
    int *opened = calloc((size_t)count, sizeof *opened);
    if (!opened) return ENOMEM;
    int error = 0, number = 0;
    while (number < count && !error) {
        opened[number] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (opened[number] < 0)
            error = errno;
        else
            number++;
    }
    while (number > 0) close(opened[--number]);
    free(opened);
    return error;
}

int trickle_try_memory(size_t byte_count) {
    void *area = mmap(NULL, byte_count, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return errno;
    munmap(area, byte_count);
    return 0;
}

void trickle_suit_limits(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        // No more than a shell gives: some systems allow a billion, and some programs close all that they may have.
        rlim_t wanted = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
        if (limit.rlim_cur < wanted) {
            limit.rlim_cur = wanted;
            setrlimit(RLIMIT_NOFILE, &limit);
        }
    }
#ifdef __GLIBC__
    // Each thread would reserve 64 MiB for an arena of its own, and soon there would be no room for a stack.
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 1);
#endif
}

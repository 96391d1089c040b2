#include <fcntl.h>
#include <unistd.h>

/// Takes the numbers of standard input, output and error where whoever started the program has closed them. Otherwise the next thing that is
/// opened gets them: a queue of Swift's own runtime that is read as standard input, or a connection to which the log is written.
///
/// Reading the one and writing the others fail (EBADF), as they would have. Here, because the runtime opens descriptors before main.
__attribute__((constructor)) static void take_closed_descriptors(void) {
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
        if (fcntl(number, F_GETFD) >= 0) continue;
        // The lowest number that is free is this one.
        (void)open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

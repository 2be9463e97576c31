/* A disk that hangs while a test wants it to: preloaded into a server, so that what was written is not
 * confirmed until the test lets go. Reading goes on, as it does from the page cache of a real one.
 *
 * It hangs while the file named by HELD_DISK is there. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_while_held(void) {
    const char *path = getenv("HELD_DISK");
    while (path && access(path, F_OK) == 0) usleep(2000);
}

int fsync(int file) {
    wait_while_held();
    return syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    wait_while_held();
    return syscall(SYS_fdatasync, file);
}

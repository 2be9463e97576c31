/* A wall clock that stands where a test puts it: preloaded into redis-server, so that sessions
 * expire when the test says so. The monotonic clock runs on, as timers need it.
 *
 * The file named by STANDING_CLOCK holds the seconds since 1970. The clock stands in the middle of
 * that second, where a real clock is when its seconds are read. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *seconds;

__attribute__((constructor)) static void map_file(void) {
    const char *path = getenv("STANDING_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) _exit(127);
    seconds = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!seconds || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return syscall(SYS_clock_gettime, clock, now);
    now->tv_sec = *seconds;
    now->tv_nsec = 500000000;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

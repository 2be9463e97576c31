/* A system without randomness: preloaded into a program, so that whoever asks for good random bytes is refused, as by
 * a generator that does not answer. The standard library asks for the keys of its hash maps and says that any bytes will
 * do: those it gets. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
    if (flags & GRND_INSECURE) return syscall(SYS_getrandom, buffer, length, flags);
    errno = EIO;
    return -1;
}

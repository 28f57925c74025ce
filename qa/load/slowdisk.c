/* A disk that takes five milliseconds to keep something for good, whatever is below it.
   Loaded before a program's own libraries (LD_PRELOAD); what is asked of the disk is done, too. */

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long slowly(long call, int file)
{
    const struct timespec wait = {0, 5 * 1000 * 1000};
    nanosleep(&wait, 0);
    return syscall(call, file);
}

int fsync(int file)
{
    return slowly(SYS_fsync, file);
}

int fdatasync(int file)
{
    return slowly(SYS_fdatasync, file);
}

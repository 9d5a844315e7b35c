/* shim.c -- what a process that it is loaded into (LD_PRELOAD) sees of its clock and its disk.
 *
 * CHAOS_CONTROL names a file of one page, shared with whoever decides:
 *
 *   offset  size  field
 *        0     8  clock_us       added to the wall clock, in microseconds
 *        8     8  sync_delay_us  how long a sync takes longer than it does
 *       16     8  synced_inode   file that was synced last
 *       24     8  synced_size    its size when that sync began: what a power loss cannot take
 *       32     8  syncs          syncs that are over
 *
 * The clock that only goes forward stays as it is. The process ends when its parent does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
  volatile int64_t clock_us, sync_delay_us, synced_inode, synced_size, syncs;
};

static struct control nothing;
static struct control *control = &nothing;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);

static void find(void) {
  if (real_fsync) return;
  real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
}

__attribute__((constructor)) static void begin(void) {
  find();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const char *path = getenv("CHAOS_CONTROL");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) control = page;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  find();
  int result = real_clock_gettime(clock, time);
  int64_t us = control->clock_us;
  if (result != 0 || us == 0) return result;
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return result;
  int64_t ns = time->tv_nsec + us % 1000000 * 1000;
  time->tv_sec += us / 1000000 + (ns < 0 ? -1 : ns / 1000000000);
  time->tv_nsec = ns < 0 ? ns + 1000000000 : ns % 1000000000;
  return 0;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  value->tv_sec = now.tv_sec;
  value->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

static int sync_file(int file, int (*real)(int)) {
  struct stat before;
  int known = fstat(file, &before) == 0 && S_ISREG(before.st_mode);
  if (control->sync_delay_us > 0) usleep((useconds_t)control->sync_delay_us);
  int result = real(file);
  if (result != 0 || !known) return result;
  control->synced_size = 0;
  control->synced_inode = (int64_t)before.st_ino;
  control->synced_size = before.st_size;
  control->syncs++;
  return 0;
}

int fdatasync(int file) {
  find();
  return sync_file(file, real_fdatasync);
}

int fsync(int file) {
  find();
  return sync_file(file, real_fsync);
}

// Loaded into a process by LD_PRELOAD: moves its wall clock, delays its file syncs, and fails them as a full disk does, as the
// three numbers in the file FAULT_SHIM_FILE say, which may change while it runs. The monotonic clock is left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct faults {
  volatile int64_t clock_ms;
  volatile int64_t sync_delay_ms;
  volatile int64_t disk_full;
};

static struct faults none;
static struct faults *faults = &none;

__attribute__((constructor)) static void attach(void) {
  const char *path = getenv("FAULT_SHIM_FILE");
  if (path == NULL) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *at = mmap(NULL, sizeof(struct faults), PROT_READ, MAP_SHARED, file, 0);
  if (at != MAP_FAILED) faults = at;
  close(file);
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int clock_gettime(clockid_t clock, struct timespec *time) {
  REAL(clock_gettime);
  int result = real(clock, time);
  int64_t ms = faults->clock_ms;
  if (result == 0 && ms != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t ns = (int64_t)time->tv_nsec + (ms % 1000) * 1000000;
    time->tv_sec += ms / 1000 + (ns >= 1000000000) - (ns < 0);
    time->tv_nsec = (ns + 1000000000) % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec time;
  if (clock_gettime(CLOCK_REALTIME, &time) != 0) return -1;
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != NULL) *into = now.tv_sec;
  return now.tv_sec;
}

static void stall(void) {
  // In slices, so that a sync goes on soon after the fault has ended.
  for (int64_t waited = 0; waited < faults->sync_delay_ms; waited += 20) usleep(20000);
}

int fdatasync(int file) {
  REAL(fdatasync);
  stall();
  if (faults->disk_full) { errno = ENOSPC; return -1; }
  return real(file);
}

int fsync(int file) {
  REAL(fsync);
  stall();
  if (faults->disk_full) { errno = ENOSPC; return -1; }
  return real(file);
}

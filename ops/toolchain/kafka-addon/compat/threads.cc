// Locks and threads for the package, on pthreads, under the names that prelude.h gives them: Bun's own functions of these
// kinds abort. Results follow libuv: 0, or a negative error number; a lock that cannot be taken is a bug and ends the process.
#define UNRIP_COMPAT
#include "prelude.h"

#include <pthread.h>
#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

void Must(int error, const char* what) {
  if (error == 0) return;
  std::fprintf(stderr, "kafka addon: %s failed with error %d\n", what, error);
  std::abort();
}

struct Start {
  uv_thread_cb run;
  void* argument;
};

void* Trampoline(void* raw) {
  std::unique_ptr<Start> start(static_cast<Start*>(raw));
  start->run(start->argument);
  return nullptr;
}

}  // namespace

extern "C" {

int uv_rwlock_init(uv_rwlock_t* lock) { return -pthread_rwlock_init(lock, nullptr); }
void uv_rwlock_destroy(uv_rwlock_t* lock) { Must(pthread_rwlock_destroy(lock), "destroying a lock"); }
void uv_rwlock_rdlock(uv_rwlock_t* lock) { Must(pthread_rwlock_rdlock(lock), "locking for reading"); }
void uv_rwlock_rdunlock(uv_rwlock_t* lock) { Must(pthread_rwlock_unlock(lock), "unlocking after reading"); }
void uv_rwlock_wrlock(uv_rwlock_t* lock) { Must(pthread_rwlock_wrlock(lock), "locking for writing"); }
void uv_rwlock_wrunlock(uv_rwlock_t* lock) { Must(pthread_rwlock_unlock(lock), "unlocking after writing"); }

int uv_thread_create(uv_thread_t* thread, uv_thread_cb run, void* argument) {
  auto start = std::make_unique<Start>(Start{run, argument});
  int error = pthread_create(thread, nullptr, Trampoline, start.get());
  if (error == 0) start.release();
  return -error;
}

int uv_thread_join(uv_thread_t* thread) { return -pthread_join(*thread, nullptr); }

}  // extern "C"

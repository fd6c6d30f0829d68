// Forced in front of every source file of @confluentinc/kafka-javascript (-include). Two things are put right by giving
// names of our own to what the package calls, so that neither its files nor the linker have to be touched:
//
// 1. Bun's uv_rwlock_* and uv_thread_create/join exist but abort. threads.cc has working bodies under other names.
// 2. In Bun a v8::Global is never freed. Nan makes up to three for every asynchronous call: the callback, a placeholder
//    object and its async resource. workers.h has the same two classes without the placeholder, and with one Global for
//    each distinct function instead of one for each call.
//
// What stays for the caller: pass functions that live as long as their client, and never an `opaque`.
#pragma once

#define uv_rwlock_init unrip_uv_rwlock_init
#define uv_rwlock_destroy unrip_uv_rwlock_destroy
#define uv_rwlock_rdlock unrip_uv_rwlock_rdlock
#define uv_rwlock_rdunlock unrip_uv_rwlock_rdunlock
#define uv_rwlock_wrlock unrip_uv_rwlock_wrlock
#define uv_rwlock_wrunlock unrip_uv_rwlock_wrunlock
#define uv_thread_create unrip_uv_thread_create
#define uv_thread_join unrip_uv_thread_join

#ifndef UNRIP_COMPAT
#include "produce.h"
#include "records.h"
#include "reports.h"
#include "text.h"
#include "workers.h"
#define AsyncWorker UnripAsyncWorker
#define Callback UnripCallback
#endif

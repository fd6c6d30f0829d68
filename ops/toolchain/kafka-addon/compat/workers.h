// Stand-ins for Nan::Callback and Nan::AsyncWorker that leave nothing behind in an engine whose Globals are never freed.
// They have the members that the package uses, with Nan's meaning; a new package version that needs more fails to compile.
#pragma once

#include <nan.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace Nan {

// A function that was handed to the addon. Functions that are handed over again and again (one long-lived callback a
// client) share one Global. The table is bounded: a function that fell out of it simply gets a new Global next time.
class UnripCallback {
 public:
  UnripCallback() = default;
  explicit UnripCallback(const v8::Local<v8::Function>& function) { Reset(function); }

  void operator()(const v8::Local<v8::Function>& function) { Reset(function); }
  bool operator==(const UnripCallback& other) const { return GetFunction()->StrictEquals(other.GetFunction()); }
  bool operator!=(const UnripCallback& other) const { return !(*this == other); }

  void Reset(const v8::Local<v8::Function>& function) { global_ = Shared(function); }
  void Reset() { global_ = nullptr; }
  bool IsEmpty() const { return global_ == nullptr; }
  v8::Local<v8::Function> GetFunction() const { return New(*global_); }
  v8::Local<v8::Function> operator*() const { return GetFunction(); }

  // Runs the function from the event loop: ticks and microtasks are done when it returns.
  v8::Local<v8::Value> Call(int argc, v8::Local<v8::Value> argv[]) const {
    v8::Isolate* isolate = v8::Isolate::GetCurrent();
    v8::EscapableHandleScope scope(isolate);
    AsyncResource resource("unrip:kafka");
    v8::Local<v8::Value> result;
    if (!resource.runInAsyncScope(isolate->GetCurrentContext()->Global(), GetFunction(), argc, argv).ToLocal(&result)) {
      return v8::Local<v8::Value>();
    }
    return scope.Escape(result);
  }

 private:
  using Global = Persistent<v8::Function>;
  static constexpr std::size_t kShared = 64;

  static Global* Shared(const v8::Local<v8::Function>& function) {
    static std::vector<Global*> recent;
    HandleScope scope;
    for (auto it = recent.begin(); it != recent.end(); ++it) {
      if (!New(**it)->StrictEquals(function)) continue;
      std::rotate(recent.begin(), it, it + 1);
      return recent.front();
    }
    // Never deleted: calls under way may still point to it, and Bun would not give the memory back.
    recent.insert(recent.begin(), new Global(function));
    if (recent.size() > kShared) recent.pop_back();
    return recent.front();
  }

  Global* global_ = nullptr;
};

class UnripAsyncWorker {
 public:
  explicit UnripAsyncWorker(UnripCallback* callback_) : callback(callback_) { request.data = this; }
  virtual ~UnripAsyncWorker() { delete callback; }
  UnripAsyncWorker(const UnripAsyncWorker&) = delete;
  UnripAsyncWorker& operator=(const UnripAsyncWorker&) = delete;

  // On a thread of the pool.
  virtual void Execute() = 0;

  // On the main thread, once.
  virtual void WorkComplete() {
    HandleScope scope;
    if (failed_) {
      HandleErrorCallback();
    } else {
      HandleOKCallback();
    }
    delete callback;
    callback = nullptr;
  }
  virtual void Destroy() { delete this; }

  uv_work_t request;

 protected:
  virtual void HandleOKCallback() = 0;
  virtual void HandleErrorCallback() = 0;
  void SetErrorMessage(const char* message) {
    failed_ = true;
    message_ = message;
  }
  const char* ErrorMessage() const { return message_.c_str(); }

  UnripCallback* callback;

 private:
  bool failed_ = false;
  std::string message_;
};

inline void AsyncQueueWorker(UnripAsyncWorker* worker) {
  uv_queue_work(
      GetCurrentEventLoop(), &worker->request,
      [](uv_work_t* request) { static_cast<UnripAsyncWorker*>(request->data)->Execute(); },
      [](uv_work_t* request, int) {
        UnripAsyncWorker* done = static_cast<UnripAsyncWorker*>(request->data);
        done->WorkComplete();
        done->Destroy();
      });
}

}  // namespace Nan

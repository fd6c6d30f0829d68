// What the two files with missing functions share: asking JavaScript itself for what the engine's C++ surface lacks.
#pragma once

#include <node.h>

#include <cstring>

namespace unrip {

// In V8's scheme a Local is one pointer to a slot, and `this` of a v8::Value is that same slot. The missing functions are
// members, so this is how they come by a handle to themselves.
template <typename T>
v8::Local<T> HandleOf(const T* self) {
  static_assert(sizeof(v8::Local<T>) == sizeof(self), "a Local is one pointer");
  v8::Local<T> handle;
  std::memcpy(static_cast<void*>(&handle), &self, sizeof(self));
  return handle;
}

inline v8::Local<v8::Value> Member(v8::Local<v8::Context> context, v8::Local<v8::Value> object, const char* name) {
  v8::Local<v8::String> key = v8::String::NewFromUtf8(v8::Isolate::GetCurrent(), name).ToLocalChecked();
  return object.As<v8::Object>()->Get(context, key).ToLocalChecked();
}

// Calls a global function such as `Number`, or a static one such as `Object.keys` when `name` is given.
inline v8::MaybeLocal<v8::Value> CallGlobal(v8::Local<v8::Context> context, const char* owner, const char* name, int argc,
                                            v8::Local<v8::Value> argv[]) {
  v8::Local<v8::Value> receiver = context->Global();
  v8::Local<v8::Value> function = Member(context, receiver, owner);
  if (name != nullptr) {
    receiver = function;
    function = Member(context, receiver, name);
  }
  return function.As<v8::Function>()->Call(context, receiver, argc, argv);
}

}  // namespace unrip

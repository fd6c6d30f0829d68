// node::Buffer and node::TryEncode for the package: Bun exports neither. A Buffer is a Uint8Array over an ArrayBuffer, so
// all of it can be done with what v8 names Bun does have. Memory is copied once on the way to JavaScript.
#include "engine.h"

#include <node_buffer.h>

#include <cstdio>
#include <cstdlib>

using unrip::CallGlobal;

namespace {

char* BytesOf(v8::Local<v8::Value> value) {
  v8::HandleScope scope(v8::Isolate::GetCurrent());
  v8::Local<v8::ArrayBufferView> view = value.As<v8::ArrayBufferView>();
  char* start = static_cast<char*>(view->Buffer()->GetBackingStore()->Data());
  // The package takes a null address for "no value", but an empty value is a value.
  static char nothing;
  return start == nullptr ? &nothing : start + view->ByteOffset();
}

v8::MaybeLocal<v8::Object> CopyToBuffer(v8::Isolate* isolate, const char* bytes, size_t size) {
  v8::EscapableHandleScope scope(isolate);
  v8::Local<v8::ArrayBuffer> memory = v8::ArrayBuffer::New(isolate, size);
  if (size > 0) std::memcpy(memory->GetBackingStore()->Data(), bytes, size);
  v8::Local<v8::Value> argument = memory;
  v8::Local<v8::Value> buffer;
  if (!CallGlobal(isolate->GetCurrentContext(), "Buffer", "from", 1, &argument).ToLocal(&buffer)) return {};
  return scope.Escape(buffer.As<v8::Object>());
}

}  // namespace

namespace node {

namespace Buffer {

bool HasInstance(v8::Local<v8::Value> value) { return value->IsUint8Array(); }
char* Data(v8::Local<v8::Value> value) { return BytesOf(value); }
char* Data(v8::Local<v8::Object> object) { return BytesOf(object); }
size_t Length(v8::Local<v8::Value> value) { return value.As<v8::ArrayBufferView>()->ByteLength(); }
size_t Length(v8::Local<v8::Object> object) { return object.As<v8::ArrayBufferView>()->ByteLength(); }

// The caller gives `data`, from malloc, away.
v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, char* data, size_t size) {
  v8::MaybeLocal<v8::Object> buffer = CopyToBuffer(isolate, data, size);
  std::free(data);
  return buffer;
}

}  // namespace Buffer

v8::MaybeLocal<v8::Value> TryEncode(v8::Isolate* isolate, const char* data, size_t size, enum encoding encoding) {
  if (encoding != BUFFER) {
    // The package asks for BUFFER alone; a version that asks for more has to be looked at before it is used.
    std::fprintf(stderr, "kafka addon: encoding %d is not supported\n", static_cast<int>(encoding));
    std::abort();
  }
  v8::Local<v8::Object> buffer;
  if (!CopyToBuffer(isolate, data, size).ToLocal(&buffer)) return {};
  return buffer;
}

}  // namespace node

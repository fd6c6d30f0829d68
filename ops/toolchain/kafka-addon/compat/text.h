// Strings for JavaScript made of texts that may be missing: null is an empty one, where Nan would read from address zero.
// build.sh puts it in place of Nan::New<v8::String> in the package's sources.
#pragma once

#include <nan.h>
#include <string>

inline Nan::MaybeLocal<v8::String> unrip_text(const char *text) {
  return Nan::New<v8::String>(text == nullptr ? "" : text);
}

inline Nan::MaybeLocal<v8::String> unrip_text(const char *text, size_t length) {
  return Nan::New<v8::String>(text == nullptr ? "" : text, text == nullptr ? 0 : static_cast<int>(length));
}

inline Nan::MaybeLocal<v8::String> unrip_text(const std::string &text) {
  return Nan::New<v8::String>(text);
}

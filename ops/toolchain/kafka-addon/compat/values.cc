// Conversions and property functions of v8 that the package calls and Bun does not export, each written over JavaScript's
// own function of that meaning. The list is ../missing-symbols.txt, held by a test. A Bun that exports one of them wins:
// the executable's symbols come first.
#include "engine.h"

#include <cmath>
#include <cstdint>
#include <limits>

using unrip::CallGlobal;
using unrip::HandleOf;
using unrip::Member;

namespace {

v8::Maybe<double> NumberOf(v8::Local<v8::Context> context, v8::Local<v8::Value> value) {
  if (value->IsNumber()) return v8::Just(value.As<v8::Number>()->Value());
  v8::HandleScope scope(v8::Isolate::GetCurrent());
  v8::Local<v8::Value> number;
  if (!CallGlobal(context, "Number", nullptr, 1, &value).ToLocal(&number)) return v8::Nothing<double>();
  return v8::Just(number.As<v8::Number>()->Value());
}

}  // namespace

namespace v8 {

bool Value::BooleanValue(Isolate* isolate) const {
  HandleScope scope(isolate);
  Local<Value> self = HandleOf(this);
  Local<Value> result;
  return CallGlobal(isolate->GetCurrentContext(), "Boolean", nullptr, 1, &self).ToLocal(&result) && result->IsTrue();
}

// Truncates; what lies outside of the range becomes its nearest end, not-a-number becomes 0.
Maybe<int64_t> Value::IntegerValue(Local<Context> context) const {
  double number;
  if (!NumberOf(context, HandleOf(this)).To(&number)) return Nothing<int64_t>();
  constexpr double kEnd = 9223372036854775808.0;
  if (std::isnan(number)) return Just<int64_t>(0);
  if (number >= kEnd) return Just(std::numeric_limits<int64_t>::max());
  if (number < -kEnd) return Just(std::numeric_limits<int64_t>::min());
  return Just(static_cast<int64_t>(number));
}

// JavaScript's `value | 0`: modulo 2^32, then read as signed.
Maybe<int32_t> Value::Int32Value(Local<Context> context) const {
  double number;
  if (!NumberOf(context, HandleOf(this)).To(&number)) return Nothing<int32_t>();
  if (!std::isfinite(number)) return Just<int32_t>(0);
  double rest = std::fmod(std::trunc(number), 4294967296.0);
  return Just(static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(rest))));
}

MaybeLocal<Object> Value::ToObject(Local<Context> context) const {
  Local<Value> self = HandleOf(this);
  if (self->IsObject()) return self.As<Object>();
  if (self->IsNullOrUndefined()) return {};
  EscapableHandleScope scope(Isolate::GetCurrent());
  Local<Value> object;
  if (!CallGlobal(context, "Object", nullptr, 1, &self).ToLocal(&object)) return {};
  return scope.Escape(object.As<Object>());
}

bool Value::IsRegExp() const {
  if (!IsObject()) return false;
  Isolate* isolate = Isolate::GetCurrent();
  HandleScope scope(isolate);
  Local<Context> context = isolate->GetCurrentContext();
  Local<Value> constructor = Member(context, HandleOf(this), "constructor");
  return constructor->StrictEquals(Member(context, context->Global(), "RegExp"));
}

Local<String> RegExp::GetSource() const {
  Isolate* isolate = Isolate::GetCurrent();
  EscapableHandleScope scope(isolate);
  return scope.Escape(Member(isolate->GetCurrentContext(), HandleOf<Value>(this), "source").As<String>());
}

MaybeLocal<Array> Object::GetOwnPropertyNames(Local<Context> context) {
  EscapableHandleScope scope(Isolate::GetCurrent());
  Local<Value> self = HandleOf<Value>(this);
  Local<Value> keys;
  if (!CallGlobal(context, "Object", "keys", 1, &self).ToLocal(&keys)) return {};
  return scope.Escape(keys.As<Array>());
}

Maybe<bool> Object::Has(Local<Context> context, Local<Value> key) {
  HandleScope scope(Isolate::GetCurrent());
  Local<Value> argv[] = {HandleOf<Value>(this), key};
  Local<Value> result;
  if (!CallGlobal(context, "Reflect", "has", 2, argv).ToLocal(&result)) return Nothing<bool>();
  return Just(result->IsTrue());
}

}  // namespace v8

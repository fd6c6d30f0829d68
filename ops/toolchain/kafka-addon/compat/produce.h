// Several records for librdkafka in one call, out of one piece of memory. The package takes one a call, which for the small records of
// an engine costs more than what librdkafka does with them. Written by contracts/runtime/kafka/batch.ts. Numbers are the processor's,
// which is little-endian wherever Bun runs. Each record is:
//
//   int32  librdkafka's code (0: taken), which is written here, partition, length of the topic's name (-1: that of the record before),
//          of the key (-1: null), of the value (-1: null)
//   bytes  topic, key, value
#pragma once

#include <nan.h>

#include <cstdint>
#include <cstring>
#include <string>

// produceMany(memory, its bytes in use, how many of its records are passed over). Gives how many records are behind us, those
// included: it ends early at a record that is to be offered again, since the queue is full or the client cannot take any.
template <typename Producer>
void unrip_produce_many(const Nan::FunctionCallbackInfo<v8::Value>& info) {
  constexpr int32_t kFull = -184, kState = -172, kFatal = -150;
  struct Head {
    int32_t code, partition, topic, key, value;
  };
  Nan::HandleScope scope;
  Producer* producer = Nan::ObjectWrap::Unwrap<Producer>(info.This());
  char* at = node::Buffer::Data(info[0]);
  const char* end = at + Nan::To<int32_t>(info[1]).FromJust();
  const int32_t passed = Nan::To<int32_t>(info[2]).FromJust();
  std::string topic;
  int32_t count = 0;
  while (at < end) {
    Head head;
    std::memcpy(&head, at, sizeof(head));
    char* place = at;
    at += sizeof(head);
    if (head.topic >= 0) {
      topic.assign(at, head.topic);
      at += head.topic;
    }
    char* key = head.key < 0 ? nullptr : at;
    at += head.key < 0 ? 0 : head.key;
    char* value = head.value < 0 ? nullptr : at;
    at += head.value < 0 ? 0 : head.value;
    if (count >= passed) {
      const void* key_bytes = key;
      head.code = static_cast<int32_t>(producer
                                           ->Produce(value, value == nullptr ? 0 : head.value, topic, head.partition, key_bytes,
                                                     key == nullptr ? 0 : head.key, 0, nullptr, nullptr)
                                           .err());
      std::memcpy(place, &head.code, sizeof(head.code));
      if (head.code == kFull || head.code == kState || head.code == kFatal) break;
    }
    count++;
  }
  info.GetReturnValue().Set(Nan::New<v8::Number>(count));
}

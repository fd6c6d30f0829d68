// The records of one poll for JavaScript, in one piece of memory. The package makes an object of eight members and two buffers of each
// record, which takes the main thread longer than all that a reader does with it. Headers are left out: nothing reads them. Read by
// contracts/runtime/kafka/consumer/record.ts. Numbers are the processor's, which is little-endian wherever Bun runs. Each record is:
//
//   double offset, time in ms
//   int32  partition, length of the topic's name (-1: that of the record before), of the key (-1: null), of the value (-1: null)
//   bytes  topic, key, value
#pragma once

#include <nan.h>
#include <rdkafkacpp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

class UnripRecords {
 public:
  void Add(RdKafka::Message* message) {
    const std::string topic = message->topic_name();
    const bool same = topic == topic_;
    Put(static_cast<double>(message->offset()));
    Put(static_cast<double>(message->timestamp().timestamp));
    Put(message->partition());
    PutLength(same ? nullptr : topic.data(), topic.size());
    PutLength(message->key_pointer(), message->key_len());
    PutLength(message->payload(), message->len());
    if (!same) PutBytes(topic.data(), topic.size());
    PutBytes(message->key_pointer(), message->key_len());
    PutBytes(message->payload(), message->len());
    topic_ = topic;
  }

  v8::Local<v8::Value> ToBuffer() const { return Nan::Encode(bytes_.data(), bytes_.size(), Nan::Encoding::BUFFER); }

 private:
  template <typename Number>
  void Put(Number number) {
    PutBytes(&number, sizeof(number));
  }

  void PutLength(const void* start, std::size_t length) { Put(start == nullptr ? -1 : static_cast<int32_t>(length)); }

  void PutBytes(const void* start, std::size_t length) {
    if (start == nullptr || length == 0) return;
    const char* first = static_cast<const char*>(start);
    bytes_.insert(bytes_.end(), first, first + length);
  }

  std::string topic_;
  std::vector<char> bytes_;
};

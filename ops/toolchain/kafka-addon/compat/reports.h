// The delivery reports that are there for JavaScript, in one piece of memory. The package makes an object of six members, with a
// buffer for the key, and a call of each report, which takes the main thread several times as long as all that is done with it. What
// the package hands over in addition (time, value, `opaque`) is left out: nothing asks for it. Read by
// contracts/runtime/kafka/reports.ts. Numbers are the processor's, which is little-endian wherever Bun runs. Each report is:
//
//   double offset (below 0: not known)
//   int32  librdkafka's error code (0: written), partition, length of the topic's name (-1: that of the report before), of the key
//          (-1: null), of the value
//   bytes  topic, key
#pragma once

#include <nan.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

// Takes the keys, which are from malloc, away.
template <typename Reports>
v8::Local<v8::Value> unrip_packed(Reports& reports) {
  std::vector<char> bytes;
  const auto put = [&bytes](const void* start, std::size_t length) {
    const char* first = static_cast<const char*>(start);
    bytes.insert(bytes.end(), first, first + length);
  };
  const auto put_number = [&put](int32_t number) { put(&number, sizeof(number)); };
  std::string topic;
  bool is_first = true;
  for (auto& report : reports) {
    const bool is_same = !is_first && report.topic_name == topic;
    const double offset = static_cast<double>(report.offset);
    put(&offset, sizeof(offset));
    put_number(report.is_error ? static_cast<int32_t>(report.error_code) : 0);
    put_number(report.partition);
    put_number(is_same ? -1 : static_cast<int32_t>(report.topic_name.size()));
    put_number(report.key == nullptr ? -1 : static_cast<int32_t>(report.key_len));
    put_number(static_cast<int32_t>(report.len));
    if (!is_same) put(report.topic_name.data(), report.topic_name.size());
    if (report.key != nullptr) put(report.key, report.key_len);
    std::free(report.key);
    report.key = nullptr;
    topic = report.topic_name;
    is_first = false;
  }
  return Nan::Encode(bytes.data(), bytes.size(), Nan::Encoding::BUFFER);
}

// Reads the settings of topics. librdkafka can, the package does not offer it, so this is a plain C function that is
// called through bun:ffi (contracts/runtime/kafka/admin/topic-settings.ts). It has a client of its own and blocks: for
// commands, never in the process that trades.
// Texts come and go as a row of fields, each closed by a zero byte.

#include <rdkafka.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

template <typename T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* pointer) const { destroy(pointer); }
};
template <typename T, void (*destroy)(T*)>
using Owned = std::unique_ptr<T, Destroy<T, destroy>>;

std::vector<std::string> FieldsOf(const char* bytes, size_t size) {
  std::vector<std::string> fields;
  for (size_t at = 0; at < size; at += fields.back().size() + 1) fields.emplace_back(bytes + at);
  return fields;
}

class Reply {
 public:
  void Add(const char* field) { bytes_.append(field == nullptr ? "" : field).push_back('\0'); }
  void Add(const std::string& field) { Add(field.c_str()); }
  // The caller frees it with unrip_free.
  char* Take(uint64_t* size) const {
    *size = bytes_.size();
    char* copy = static_cast<char*>(std::malloc(bytes_.size() + 1));
    std::memcpy(copy, bytes_.c_str(), bytes_.size() + 1);
    return copy;
  }

 private:
  std::string bytes_;
};

Reply Failure(const std::string& reason) {
  Reply reply;
  reply.Add("failed");
  reply.Add(reason);
  return reply;
}

Reply Describe(const std::vector<std::string>& settings, const std::vector<std::string>& topics, int timeout_ms) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (size_t i = 0; i + 1 < settings.size(); i += 2) {
    if (rd_kafka_conf_set(conf, settings[i].c_str(), settings[i + 1].c_str(), error, sizeof(error)) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return Failure(error);
    }
  }
  // Nobody would read them on the way; what failed is in the answer.
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_t* made = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
  if (made == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Failure(error);
  }
  Owned<rd_kafka_t, rd_kafka_destroy> client(made);
  Owned<rd_kafka_queue_t, rd_kafka_queue_destroy> queue(rd_kafka_queue_new(client.get()));
  Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> options(
      rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, error, sizeof(error));

  std::vector<rd_kafka_ConfigResource_t*> wanted;
  for (const std::string& topic : topics) wanted.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_DescribeConfigs(client.get(), wanted.data(), wanted.size(), options.get(), queue.get());
  rd_kafka_ConfigResource_destroy_array(wanted.data(), wanted.size());

  Owned<rd_kafka_event_t, rd_kafka_event_destroy> event(rd_kafka_queue_poll(queue.get(), timeout_ms + 1000));
  if (event == nullptr) return Failure("no answer in time");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return Failure(rd_kafka_event_error_string(event.get()));

  Reply reply;
  reply.Add("done");
  size_t count = 0;
  const rd_kafka_ConfigResource_t** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** list = rd_kafka_ConfigResource_configs(resources[i], &entries);
    reply.Add(rd_kafka_ConfigResource_name(resources[i]));
    reply.Add(std::to_string(rd_kafka_ConfigResource_error(resources[i])));
    reply.Add(std::to_string(entries));
    for (size_t j = 0; j < entries; ++j) {
      reply.Add(rd_kafka_ConfigEntry_name(list[j]));
      reply.Add(rd_kafka_ConfigEntry_value(list[j]));
      // Set for this topic itself, rather than inherited from the broker.
      reply.Add(rd_kafka_ConfigEntry_source(list[j]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG ? "own" : "inherited");
    }
  }
  return reply;
}

}  // namespace

extern "C" {

// `settings`: name, value, ... of librdkafka; `topics`: names. The answer is "failed", reason; or "done" and for each
// topic: name, error code (0: none), number of entries, then for each entry: name, value, "own" or "inherited".
__attribute__((visibility("default"))) char* unrip_topic_settings(const char* settings, uint64_t settings_size,
                                                                  const char* topics, uint64_t topics_size,
                                                                  int32_t timeout_ms, uint64_t* reply_size) {
  return Describe(FieldsOf(settings, settings_size), FieldsOf(topics, topics_size), timeout_ms).Take(reply_size);
}

__attribute__((visibility("default"))) void unrip_free(char* reply) { std::free(reply); }

}  // extern "C"

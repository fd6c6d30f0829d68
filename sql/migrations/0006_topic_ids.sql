-- Which topic of that name the offset is of, as Kafka numbers them: one that was made again begins anew, however many records it
-- has by the time somebody looks.
ALTER TABLE consumer_offsets ADD COLUMN topic_id text;
COMMENT ON COLUMN consumer_offsets.topic_id IS
  'id that Kafka gave the topic when it was made, base64; with another one the partition is read from its start. NULL: not known';

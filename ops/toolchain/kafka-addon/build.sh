#!/bin/sh
# Builds the native part of @confluentinc/kafka-javascript for Bun with a C++ compiler and make alone: no node-gyp, no
# Python, no download. Method: librdkafka's own configure and make give two static libraries; the package's sources and
# the files in compat/ are compiled against Node's headers; all is linked into one file that takes v8, node and uv
# symbols from the Bun that loads it.
#
# Usage: build.sh PACKAGE_DIR NAN_DIR NODE_INCLUDE_DIR OUT_DIR
# Leaves in OUT_DIR: confluent-kafka-javascript.node and symbols.txt (what its objects want from Bun or from compat/).
set -eu
package=$1 nan=$2 headers=$3 out=$4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
case ${TMPDIR:=/tmp} in *[[:space:]]*) TMPDIR=/tmp ;; esac
# Apart from OUT_DIR: librdkafka cannot be configured below a folder with a space in its name.
work=$(mktemp -d "$TMPDIR/unrip-kafka.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$out" "$work/package" "$work/compat"

step() { # NAME COMMAND...: the command's output goes to a log, whose end is shown when it fails
  name=$1
  shift
  if ! "$@" >"$work/$name.log" 2>&1; then
    tail -n 25 "$work/$name.log" >&2
    echo "unrip: building the Kafka addon failed at '$name'; the lines above are the end of its log" >&2
    exit 1
  fi
}

compile() { # TO_DIR SOURCE... -- FLAG...: as many at a time as there are processors
  to=$1
  shift
  list=$work/sources
  : >"$list"
  while [ "$1" != -- ]; do
    printf '%s\n' "$1" >>"$list"
    shift
  done
  shift
  UNRIP_TO=$to
  export UNRIP_TO
  # One source a line; quotes keep a space in the path whole.
  # shellcheck disable=SC2016 # expanded by the inner shell, for each file
  sed 's/.*/"&"/' "$list" | xargs -n 1 -P "$jobs" sh -c '
    for source in "$@"; do :; done
    name=${source##*/}
    set -- "$@" -c -o "$UNRIP_TO/${name%.cc}.o"
    exec "${CXX:-g++}" "$@"
  ' compile "$@"
}

set -- -fPIC -pthread -O2 -std=c++20 -w -fno-strict-aliasing -fvisibility=hidden \
  -DUSING_UV_SHARED=1 -DUSING_V8_SHARED=1 -DBUILDING_NODE_EXTENSION -D_FILE_OFFSET_BITS=64 -D_GLIBCXX_USE_CXX11_ABI=1 \
  -I"$headers" -I"$nan" -I"$here/compat" -I"$package" -I"$work/librdkafka/src" -I"$work/librdkafka/src-cpp"
cp -R "$package/deps/librdkafka" "$work/librdkafka"
# Its broker in memory, a demo's last resort, makes each topic with four partitions, which no setting changes; our
# widest topics have six, and whoever writes to them chooses one.
mock=$work/librdkafka/src/rdkafka_mock.c
sed 's/defaults\.partition_cnt *= *4;/defaults.partition_cnt = 6;/' "$mock" >"$mock.new" && mv "$mock.new" "$mock"
step compat compile "$work/compat" "$here"/compat/*.cc -- "$@"

cd "$work/librdkafka"
step configure bash ./configure --no-download --disable-debug-symbols --disable-lz4-ext
step librdkafka make -C src -j"$jobs" librdkafka-static.a librdkafka.a
step librdkafka++ make -C src-cpp -j"$jobs" librdkafka++.a
libraries=$(sed -n 's/^LIBS+=//p' Makefile.config)

# The package hands an error on as its text alone. With its code and librdkafka's own word on whether the client is lost
# nothing has to be guessed from words: `CODE fatal|error TEXT`, read by contracts/runtime/kafka/client.ts.
cp -R "$package/src" "$work/src"
word='std::to_string(event.err()) + (event.fatal() ? " fatal " : " error ")'
sed '/case RdKafka::Event::EVENT_ERROR:/,/break;/s/message = RdKafka::err2str(event\.err());/message = '"$word"' + RdKafka::err2str(event.err()) + ": " + event.str();/' \
  "$package/src/callbacks.cc" >"$work/src/callbacks.cc"
if ! grep -qF 'event.fatal()' "$work/src/callbacks.cc"; then
  echo "unrip: this version of the package reports errors otherwise: see event_t in its src/callbacks.cc" >&2
  exit 1
fi

# Delivery reports go to JavaScript in one piece of memory for all that are there, see reports.h.
pack='if (!events_list.empty()) { v8::Local<v8::Value> packed = unrip_packed(events_list); Dispatch(1, \&packed); }'
sed '/^void DeliveryReportDispatcher::Flush/,/^}/{
  /^  for (size_t i = 0; i < events_list\.size(); i++) {/,/^  }$/d
  s/^  if (outstanding_event_count > events_list\.size())/  '"$pack"' &/
}' "$work/src/callbacks.cc" >"$work/callbacks.cc" && mv "$work/callbacks.cc" "$work/src/callbacks.cc"
if ! grep -qF 'unrip_packed(events_list)' "$work/src/callbacks.cc" ||
  sed -n '/^void DeliveryReportDispatcher::Flush/,/^}/p' "$work/src/callbacks.cc" | grep -q jsobj; then
  echo "unrip: this version of the package hands delivery reports over otherwise: see DeliveryReportDispatcher in its src/callbacks.cc" >&2
  exit 1
fi

# Small records go to librdkafka many in a call, see produce.h.
many='Nan::SetPrototypeMethod(tpl, "produceMany", unrip_produce_many<Producer>);'
sed 's/Nan::SetPrototypeMethod(tpl, "produce", NodeProduce);/& '"$many"'/' "$package/src/producer.cc" >"$work/src/producer.cc"
if ! grep -qF "NodeProduce); $many" "$work/src/producer.cc"; then
  echo "unrip: this version of the package takes records otherwise: see Producer::Init in its src/producer.cc" >&2
  exit 1
fi

# Records go to JavaScript in one piece of memory a poll, see records.h.
sed '/^void KafkaConsumerConsumeNum::HandleOKCallback/,/^}/{
  s/v8::Local<v8::Array> returnArray = .*/UnripRecords records;/
  s/Nan::Set(returnArray, returnArrayIndex,/records.Add(message);/
  /Conversion::Message::ToV8Object(message));/d
  s/argv\[1\] = returnArray;/argv[1] = records.ToBuffer();/
}' "$package/src/workers.cc" >"$work/src/workers.cc"
if [ "$(grep -cE 'UnripRecords records;|records\.(Add\(message\)|ToBuffer\(\));' "$work/src/workers.cc")" != 3 ] ||
  sed -n '/^void KafkaConsumerConsumeNum::HandleOKCallback/,/^}/p' "$work/src/workers.cc" | grep -q returnArray,; then
  echo "unrip: this version of the package hands records over otherwise: see KafkaConsumerConsumeNum in its src/workers.cc" >&2
  exit 1
fi

# A text that librdkafka has not got is a null pointer, as the assignor of a group of which it knows the error alone. The package
# makes strings of such texts without asking, and the process ends: text.h makes an empty one.
for source in "$work"/src/*.cc "$work"/src/*.h; do
  sed 's/Nan::New<v8::String>(/unrip_text(/g; s/Nan::New<String>(/unrip_text(/g' "$source" >"$source.new" && mv "$source.new" "$source"
done
if ! grep -qF 'unrip_text(rd_kafka_ConsumerGroupDescription_group_id' "$work/src/common.cc"; then
  echo "unrip: this version of the package makes strings otherwise: see FromConsumerGroupDescription in its src/common.cc" >&2
  exit 1
fi

step package compile "$work/package" "$work"/src/*.cc -- "$@" -include "$here/compat/prelude.h"

case $(uname -s) in
Darwin) own='-Wl,-undefined,dynamic_lookup' ;;
# Symbols are bound when the file is loaded (now), so that a missing one is reported then and not by a crash later.
*) own='-Wl,--exclude-libs,ALL -Wl,-z,now -s' ;;
esac
# shellcheck disable=SC2086 # both are lists of flags
step link "${CXX:-g++}" -shared -pthread -o "$out/confluent-kafka-javascript.node" "$work"/package/*.o "$work"/compat/*.o \
  "$work/librdkafka/src-cpp/librdkafka++.a" "$work/librdkafka/src/librdkafka-static.a" $libraries $own

# For the test that compares with the Bun in use: what all of it leaves to the engine, or the package to compat/.
nm -u "$work"/package/*.o "$work"/compat/*.o | sed -n 's/^ *U *//p' |
  grep -E '^_?(_ZN?K?(2v8|4node)|uv_|node_|napi_|unrip_)' | sort -u >"$out/symbols.txt"

// SPDX-License-Identifier: Apache-2.0
#include "serve/stable_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

namespace tripline {

std::string stable_bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  (void)message.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

}  // namespace tripline

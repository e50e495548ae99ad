// SPDX-License-Identifier: Apache-2.0
// Expressions of CEL about an event: cel_expression of a filter, and what `tripline cel` evaluates. There is a variable
// for each kind of event, named as the field of the message is; only the event's own one has a value. Names of messages
// and enumerators are looked up in the package of the API first.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/program.h"

namespace tetragon {
class GetEventsResponse;
}

namespace tripline {

// With the functions on texts that the filters of clients that exist do not have, too, if `strings`.
[[nodiscard]] std::shared_ptr<const cel::Environment> event_environment(bool strings);

// In the order of the environment. Views of the message.
[[nodiscard]] std::vector<std::optional<cel::Value>> event_variables(
    const tetragon::GetEventsResponse& message);

class EventExpression {
 public:
  static constexpr size_t kLongest = 16'384;  // bytes

  // It must give a bool. The error is the message for who wrote it.
  static std::expected<EventExpression, std::string> compile(
      std::shared_ptr<const cel::Environment> environment, std::string_view text);

  // Whether it names events of this type, a number of EventType. Of others it holds for none.
  [[nodiscard]] bool names(int type) const;
  // False also when it cannot be evaluated.
  [[nodiscard]] bool holds(const tetragon::GetEventsResponse& message) const;

 private:
  explicit EventExpression(cel::Program program);

  cel::Program program_;
  std::vector<int> types_;
};

}  // namespace tripline

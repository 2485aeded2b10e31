#include "raft/cluster/config/json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace raft_cluster::internal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxShownBytes = 60;

// A value of the file as it may be shown in one line.
std::string Shown(const Value& value) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(value, &json).ok()) {
    return "the value";
  }
  if (json.size() > kMaxShownBytes) {
    json = absl::StrCat(json.substr(0, kMaxShownBytes), "...");
  }
  return json;
}

// What stands around the place where protobuf gave up. Its message has three
// parts: what it expected, the text around, and a caret at the column of that
// text (counted from its start, line ends included).
std::string SyntaxError(absl::string_view json, absl::string_view error) {
  const size_t what_end = error.find('\n');
  const size_t near_end = error.rfind('\n');
  if (what_end == absl::string_view::npos || what_end == near_end) {
    return absl::StrCat("is not JSON as it should be: ", error);
  }
  const absl::string_view what =
      absl::StripSuffix(error.substr(0, what_end), ".");
  const absl::string_view near =
      error.substr(what_end + 1, near_end - what_end - 1);
  const size_t caret = error.size() - near_end - 2;
  if (near.empty()) return absl::StrCat("is not JSON at its end: ", what);

  std::string place;
  const size_t found = json.find(near);
  if (found == json.rfind(near) && found != absl::string_view::npos) {
    const absl::string_view before = json.substr(0, found + caret);
    size_t line = 1;
    for (char c : before) line += c == '\n';
    place = absl::StrCat(
        "line ", line, ", column ",
        before.size() - (before.rfind('\n') + 1) + 1,  // npos + 1 is 0.
        ": ");
  }
  std::string shown(near);
  for (char& c : shown) {
    if (!absl::ascii_isprint(c)) c = ' ';
  }
  return absl::StrCat(place, "is not JSON near '", shown, "': ", what);
}

// Finds out what in a JSON value does not fit the schema.
class Explainer {
 public:
  // Returns the first mistake, or "" if there is none.
  std::string Explain(const Value& root) {
    if (root.kind_case() != Value::kStructValue) {
      return absl::StrCat(Shown(root), " is not a config, ",
                          Allowed(*Config::descriptor()));
    }
    return Fields(root.struct_value(), *Config::descriptor(), "");
  }

 private:
  // `where` names the entry: "" or `entry 2 (mypid 3), `.
  std::string Fields(const Struct& object, const Descriptor& type,
                     const std::string& where) {
    // Sorted, so that the same file always gets the same answer.
    const std::map<std::string, Value> fields(object.fields().begin(),
                                              object.fields().end());
    for (const auto& [name, value] : fields) {
      const FieldDescriptor* field = Find(type, name);
      if (field == nullptr) {
        return absl::StrCat(where, "field \"", name,
                            "\" is unknown; there are ", Names(type));
      }
      std::string mistake =
          Field(value, *field, absl::StrCat(where, "field \"", name, "\": "));
      if (!mistake.empty()) return mistake;
    }
    return "";
  }

  std::string Field(const Value& value, const FieldDescriptor& field,
                    const std::string& where) {
    if (value.kind_case() == Value::kNullValue) return "";  // Left out.
    if (!field.is_repeated()) return One(value, field, where);
    const bool of_texts = field.message_type() == nullptr;
    if (value.kind_case() != Value::kListValue) {
      return absl::StrCat(where, Shown(value), " is not a list, [",
                          of_texts ? "\"...\"" : Allowed(*field.message_type()),
                          ", ...]");
    }
    const ListValue& list = value.list_value();
    if (of_texts) {
      for (const Value& text : list.values()) {
        std::string mistake = One(text, field, where);
        if (!mistake.empty()) return mistake;
      }
      return "";
    }
    for (int i = 0; i < list.values_size(); ++i) {
      const Value& entry = list.values(i);
      const std::string name = EntryName(i, entry);
      std::string mistake =
          entry.kind_case() == Value::kStructValue
              ? Fields(entry.struct_value(), *field.message_type(),
                       absl::StrCat(name, ", "))
              : absl::StrCat(name, ": ", Shown(entry), " is not a server, ",
                             Allowed(*field.message_type()));
      if (!mistake.empty()) return mistake;
    }
    return "";
  }

  std::string One(const Value& value, const FieldDescriptor& field,
                  const std::string& where) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (value.kind_case() == Value::kStructValue) {
          return Fields(value.struct_value(), *field.message_type(), "");
        }
        return absl::StrCat(where, Shown(value), " is not ",
                            Allowed(*field.message_type()));
      case FieldDescriptor::CPPTYPE_INT32:
        if (IsInt32(value)) return "";
        return absl::StrCat(where, Shown(value), " is not an integer in 1..",
                            std::numeric_limits<int32_t>::max());
      default:
        if (value.kind_case() == Value::kStringValue) return "";
        return absl::StrCat(where, Shown(value), " is not a text in quotes");
    }
  }

  static std::string EntryName(int index, const Value& entry) {
    std::string name = absl::StrCat("entry ", index + 1);
    const auto& fields = entry.struct_value().fields();
    const auto pid = fields.find("mypid");
    if (pid != fields.end()) {
      absl::StrAppend(&name, " (mypid ", Shown(pid->second), ")");
    }
    return name;
  }

  // protobuf takes either spelling of a field.
  static const FieldDescriptor* Find(const Descriptor& type,
                                     const std::string& name) {
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      if (field->json_name() == name || field->name() == name) return field;
    }
    return nullptr;
  }

  static std::string Names(const Descriptor& type) {
    std::vector<std::string> names;
    for (int i = 0; i < type.field_count(); ++i) {
      names.push_back(absl::StrCat("\"", type.field(i)->json_name(), "\""));
    }
    return absl::StrJoin(names, ", ");
  }

  // The shape of an object: {"mypid": ..., "url": ...}.
  static std::string Allowed(const Descriptor& type) {
    return absl::StrCat(
        "{", absl::StrReplaceAll(Names(type), {{"\", ", "\": ..., "}}),
        ": ...}");
  }

  // Also as a text, and 1.0 and 1e3, as protobuf has it.
  static bool IsInt32(const Value& value) {
    double number = value.number_value();
    if (value.kind_case() == Value::kStringValue &&
        !absl::SimpleAtod(value.string_value(), &number)) {
      return false;
    }
    return (value.kind_case() == Value::kNumberValue ||
            value.kind_case() == Value::kStringValue) &&
           std::trunc(number) == number &&
           number >= std::numeric_limits<int32_t>::min() &&
           number <= std::numeric_limits<int32_t>::max();
  }
};

}  // namespace

absl::StatusOr<Config> ConfigFromJson(absl::string_view json) {
  const std::string text(json);
  Config config;
  const auto status =
      google::protobuf::util::JsonStringToMessage(text, &config);
  if (status.ok()) return config;

  // Once more without a schema: is it the JSON or what it says?
  Value root;
  const auto untyped = google::protobuf::util::JsonStringToMessage(text, &root);
  if (!untyped.ok()) {
    return absl::InvalidArgumentError(
        SyntaxError(json, std::string(untyped.message())));
  }
  std::string mistake = Explainer().Explain(root);
  if (mistake.empty()) mistake = std::string(status.message());
  return absl::InvalidArgumentError(mistake);
}

}  // namespace raft_cluster::internal

#include "raft/cluster/config/json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "raft/cluster/config/strict_json.h"

namespace raft_cluster::internal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Walks the tree along the schema, up to the first mistake.
class Walk {
 public:
  Walk(absl::string_view text, Places& places) : text_(text), places_(places) {}

  // Returns the first mistake, or "" if there is none.
  std::string Explain(const JsonValue& root) {
    if (root.kind != JsonValue::kObject) {
      return absl::StrCat(Shown(root), " is not a config, ",
                          Allowed(*Config::descriptor()));
    }
    return Fields(root, *Config::descriptor(), "");
  }

 private:
  // `where` names the entry: "" or `entry 2 (mypid 3), `.
  std::string Fields(const JsonValue& object, const Descriptor& type,
                     const std::string& where) {
    std::map<const FieldDescriptor*, const JsonValue*> seen;
    for (const JsonValue& value : object.parts) {
      const FieldDescriptor* field = Find(type, value.name);
      if (field == nullptr) {
        return At(value.name_begin,
                  absl::StrCat(where, "field ", Name(value),
                               " is unknown; there are ", Names(type)));
      }
      const auto [other, is_new] = seen.emplace(field, &value);
      if (!is_new) {
        return At(value.name_begin,
                  absl::StrCat(where, "field ", Name(value), " and ",
                               Name(*other->second), " of ",
                               PlaceInText(text_, other->second->name_begin),
                               " are one; keep one of the two"));
      }
      places_.Add(entry_, field->json_name(), value.begin);
      std::string mistake = Field(
          value, *field, absl::StrCat(where, "field \"", value.name, "\": "));
      if (!mistake.empty()) return mistake;
    }
    return "";
  }

  std::string Field(const JsonValue& value, const FieldDescriptor& field,
                    const std::string& where) {
    if (!field.is_repeated()) return One(value, field, where);
    const bool of_texts = field.message_type() == nullptr;
    if (value.kind != JsonValue::kList) {
      return At(
          value.begin,
          absl::StrCat(where, Shown(value), " is not a list, [",
                       of_texts ? "\"...\"" : Allowed(*field.message_type()),
                       ", ...]"));
    }
    // Whoever writes it wants keys, and would get a cluster without any.
    if (of_texts && value.parts.empty()) {
      return At(value.begin,
                absl::StrCat(where,
                             "[] lists none; write what keygen prints, "
                             "or leave the field out"));
    }
    for (size_t i = 0; i < value.parts.size(); ++i) {
      const JsonValue& part = value.parts[i];
      std::string mistake =
          of_texts ? One(part, field, where)
                   : Entry(part, static_cast<int>(i), *field.message_type());
      if (!mistake.empty()) return mistake;
    }
    return "";
  }

  std::string Entry(const JsonValue& entry, int index, const Descriptor& type) {
    const std::string name = EntryName(index, entry);
    if (entry.kind != JsonValue::kObject) {
      return At(entry.begin, absl::StrCat(name, ": ", Shown(entry),
                                          " is not a server, ", Allowed(type)));
    }
    entry_ = index;
    places_.Add(entry_, "", entry.begin);
    std::string mistake = Fields(entry, type, absl::StrCat(name, ", "));
    entry_ = Places::kNoEntry;
    return mistake;
  }

  std::string One(const JsonValue& value, const FieldDescriptor& field,
                  const std::string& where) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (value.kind == JsonValue::kObject) {
          return Fields(value, *field.message_type(), "");
        }
        return At(value.begin, absl::StrCat(where, Shown(value), " is not ",
                                            Allowed(*field.message_type())));
      case FieldDescriptor::CPPTYPE_INT32:
        if (IsInt32(value)) return "";
        return At(value.begin,
                  absl::StrCat(where, Shown(value), " is not an integer in 1..",
                               std::numeric_limits<int32_t>::max(),
                               value.kind == JsonValue::kText
                                   ? ", which stands without quotes"
                                   : ""));
      default:
        if (value.kind != JsonValue::kText) {
          return At(value.begin, absl::StrCat(where, Shown(value),
                                              " is not a text in quotes"));
        }
        // Whoever writes it wants another place than the url.
        if (value.text.empty() && field.name() == "listen") {
          return At(value.begin,
                    absl::StrCat(where,
                                 "is empty; leave the field out where "
                                 "the server listens at its url"));
        }
        return "";
    }
  }

  // After what is known by its field, where it stands.
  std::string At(size_t offset, absl::string_view mistake) const {
    return absl::StrCat(mistake, " (", PlaceInText(text_, offset), ")");
  }

  std::string Shown(const JsonValue& value) const {
    return ShownInText(text_, value.begin, value.end);
  }
  std::string Name(const JsonValue& field) const {
    return ShownInText(text_, field.name_begin, field.name_end);
  }

  std::string EntryName(int index, const JsonValue& entry) const {
    std::string name = absl::StrCat("entry ", index + 1);
    for (const JsonValue& field : entry.parts) {
      if (field.name != "mypid") continue;
      absl::StrAppend(&name, " (mypid ", Shown(field), ")");
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

  // Also 1.0 and 1e3, as protobuf has it, but not as a text.
  static bool IsInt32(const JsonValue& value) {
    double number = 0;
    return value.kind == JsonValue::kNumber &&
           absl::SimpleAtod(value.text, &number) &&
           std::trunc(number) == number &&
           number >= std::numeric_limits<int32_t>::min() &&
           number <= std::numeric_limits<int32_t>::max();
  }

  const absl::string_view text_;
  Places& places_;
  int entry_ = Places::kNoEntry;
};

}  // namespace

void Places::Add(int entry, absl::string_view field, size_t offset) {
  offsets_[{entry, std::string(field)}] = offset;
}

std::string Places::Of(int entry, absl::string_view field) const {
  auto offset = offsets_.find({entry, std::string(field)});
  // What is left out has no place of its own.
  if (offset == offsets_.end()) offset = offsets_.find({entry, ""});
  if (offset == offsets_.end()) return "";
  return absl::StrCat(" (", PlaceInText(text_, offset->second), ")");
}

absl::StatusOr<Config> ConfigFromJson(absl::string_view json, Places& places) {
  const absl::StatusOr<JsonValue> root = ParseStrictJson(json);
  if (!root.ok()) return root.status();
  // protobuf reads what this has found good: its own reader says neither line
  // nor entry, takes fields twice, and lets "keys": [null] pass as none.
  const std::string mistake = Walk(json, places).Explain(*root);
  if (!mistake.empty()) return absl::InvalidArgumentError(mistake);
  Config config;
  const auto status =
      google::protobuf::util::JsonStringToMessage(std::string(json), &config);
  if (!status.ok()) {
    return absl::InvalidArgumentError(std::string(status.message()));
  }
  return config;
}

}  // namespace raft_cluster::internal

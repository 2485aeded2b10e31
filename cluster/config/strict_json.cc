#include "raft/cluster/config/strict_json.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "raft/cluster/config/json_habits.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::string_view kBom = "\xef\xbb\xbf";

// A config has five. The parser itself needs no stack for them, but whoever
// walks the tree does.
constexpr size_t kMaxDepth = 16;

// A server of a config has four.
constexpr size_t kMaxFields = 64;

constexpr size_t kMaxShownBytes = 60;

// Tells how far the parser has read, which its callbacks do not.
class ReadingIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  ReadingIterator(const char* at, const char** reached)
      : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  ReadingIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  ReadingIterator operator++(int) {
    const ReadingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const ReadingIterator& other) const {
    return at_ == other.at_;
  }
  bool operator!=(const ReadingIterator& other) const {
    return at_ != other.at_;
  }

 private:
  const char* at_;
  const char** reached_;  // Shared, since the parser copies iterators.
};

bool IsBetweenTokens(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' ||
         c == ':';
}

// Where the number ends that begins at `offset`: the parser has read one byte
// more, unless the text ends there.
size_t NumberEnd(absl::string_view text, size_t offset) {
  const absl::string_view digits = absl::StripPrefix(text.substr(offset), "-");
  size_t end = text.size() - digits.size() + 1;
  if (digits.front() == '0' && digits.size() > 1 &&
      absl::ascii_isdigit(digits[1])) {
    return end;  // Two numbers side by side, as the RFC has it.
  }
  while (end < text.size() &&
         (absl::ascii_isdigit(text[end]) || text[end] == '.' ||
          text[end] == '-' || text[end] == '+' || text[end] == 'e' ||
          text[end] == 'E')) {
    ++end;
  }
  return end;
}

// The tree, built as the parser calls.
class Builder {
 public:
  using Json = nlohmann::json;

  explicit Builder(absl::string_view text)
      : text_(text), reached_(text.data()) {}

  bool Parse() {
    const char* const end = text_.data() + text_.size();
    return Json::sax_parse(ReadingIterator(text_.data(), &reached_),
                           ReadingIterator(end, &reached_), this);
  }
  JsonValue& root() { return root_; }
  const std::string& mistake() const { return mistake_; }

  // What the parser calls; false ends it.
  bool null() { return Add(JsonValue::kNull, ""); }
  bool boolean(bool) { return Add(JsonValue::kBool, ""); }
  bool number_integer(Json::number_integer_t) { return AddNumber(); }
  bool number_unsigned(Json::number_unsigned_t) { return AddNumber(); }
  bool number_float(Json::number_float_t, const Json::string_t&) {
    return AddNumber();
  }
  bool string(Json::string_t& text) {
    return Add(JsonValue::kText, std::move(text));
  }
  bool binary(Json::binary_t&) { return false; }  // Not in JSON.
  bool start_object(size_t) { return Open(JsonValue::kObject); }
  bool start_array(size_t) { return Open(JsonValue::kList); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool key(Json::string_t& name);
  bool parse_error(size_t position, const std::string& /*last_token*/,
                   const Json::exception& error);

 private:
  size_t reached() const {
    return static_cast<size_t>(reached_ - text_.data());
  }
  // Where the token begins of which the last byte read is part: between it and
  // the one before are no bytes but blanks, commas and colons. Past a number
  // the parser reads one byte, which is either one of those or a token of one.
  size_t TokenBegin(size_t read_bytes) const {
    size_t begin = std::min(token_end_, read_bytes);
    while (begin + 1 < read_bytes && IsBetweenTokens(text_[begin])) ++begin;
    return begin;
  }
  bool Refuse(size_t offset, absl::string_view why) {
    mistake_ = absl::StrCat(PlaceInText(text_, offset), ": is not JSON: ", why,
                            Around());
    return false;
  }
  char innermost() const {
    if (open_.empty()) return '\0';
    return open_.back()->kind == JsonValue::kList ? '[' : '{';
  }
  // Where the next value belongs.
  JsonValue& Place();
  JsonValue& Begin(JsonValue::Kind kind);
  bool Add(JsonValue::Kind kind, std::string text);
  bool AddNumber();
  bool Open(JsonValue::Kind kind);
  bool Close();
  std::string Unended();
  // ` (in entry 2 of "Servers", field "url")`, as far as that is so.
  std::string Around() const;

  const absl::string_view text_;
  const char* reached_;
  size_t token_end_ = 0;  // Of the last token that was called for.
  JsonValue root_;
  bool has_root_ = false;
  bool wants_value_ = false;  // Of the field that was called for last.
  // From the root to the innermost. Values move while those around them grow,
  // but nothing grows around what is open.
  std::vector<JsonValue*> open_;
  std::string mistake_;
};

JsonValue& Builder::Place() {
  if (open_.empty()) {
    has_root_ = true;
    return root_;
  }
  JsonValue& parent = *open_.back();
  // In an object, key() has made the place.
  if (parent.kind == JsonValue::kList) parent.parts.emplace_back();
  return parent.parts.back();
}

JsonValue& Builder::Begin(JsonValue::Kind kind) {
  JsonValue& value = Place();
  wants_value_ = false;
  value.kind = kind;
  value.begin = TokenBegin(reached());
  value.end = token_end_ = reached();
  return value;
}

bool Builder::Add(JsonValue::Kind kind, std::string text) {
  Begin(kind).text = std::move(text);
  return true;
}

bool Builder::AddNumber() {
  JsonValue& value = Begin(JsonValue::kNumber);
  value.end = NumberEnd(text_, value.begin);
  value.text = std::string(text_.substr(value.begin, value.end - value.begin));
  token_end_ = value.end;
  return true;
}

bool Builder::Open(JsonValue::Kind kind) {
  if (open_.size() == kMaxDepth) {
    return Refuse(TokenBegin(reached()),
                  absl::StrCat("there are more than ", kMaxDepth,
                               " levels of lists and objects"));
  }
  open_.push_back(&Begin(kind));
  return true;
}

bool Builder::Close() {
  open_.back()->end = token_end_ = reached();
  open_.pop_back();
  return true;
}

bool Builder::key(Json::string_t& name) {
  JsonValue& object = *open_.back();
  const size_t begin = TokenBegin(reached());
  token_end_ = reached();
  for (const JsonValue& field : object.parts) {
    if (field.name != name) continue;
    return Refuse(
        begin,
        absl::StrCat("the field ",
                     ShownInText(text_, field.name_begin, field.name_end),
                     " stands in ", PlaceInText(text_, field.name_begin),
                     " already; keep one of the two"));
  }
  if (object.parts.size() == kMaxFields) {
    return Refuse(begin, absl::StrCat("there are more than ", kMaxFields,
                                      " fields between { and }"));
  }
  object.parts.emplace_back();
  object.parts.back().name = std::move(name);
  object.parts.back().name_begin = begin;
  object.parts.back().name_end = token_end_;
  wants_value_ = true;
  return true;
}

std::string Builder::Unended() {
  if (open_.empty()) return "there is nothing";
  return absl::StrCat("it ends although \"", std::string(1, innermost()),
                      "\" of ", PlaceInText(text_, open_.back()->begin),
                      " is not closed; the file may be cut short");
}

std::string Builder::Around() const {
  for (size_t i = 1; i < open_.size(); ++i) {
    const JsonValue& list = *open_[i - 1];
    if (list.kind != JsonValue::kList || list.name.empty() ||
        open_[i]->kind != JsonValue::kObject) {
      continue;
    }
    std::string around =
        absl::StrCat(" (in entry ", list.parts.size(), " of ",
                     ShownInText(text_, list.name_begin, list.name_end));
    const JsonValue& object = *open_[i];
    // One that is being read, or a list or an object within which it happens.
    if (!object.parts.empty() && (wants_value_ || i + 1 < open_.size())) {
      const JsonValue& field = object.parts.back();
      absl::StrAppend(&around, ", field ",
                      ShownInText(text_, field.name_begin, field.name_end));
    }
    return around + ")";
  }
  return "";
}

bool Builder::parse_error(size_t position, const std::string& /*last_token*/,
                          const Json::exception& error) {
  // "[json...] parse error at line 1, column 2: syntax error while parsing
  // object - invalid literal; last read: '...'; expected string literal"
  absl::string_view why = error.what();
  const size_t detail = why.find(" - ");
  if (detail != absl::string_view::npos) {
    why.remove_prefix(detail + 3);
  } else {
    why.remove_prefix(why.find("] ") + 2);
  }
  // It counts the end as a byte that it has read.
  const bool at_end = position > text_.size();
  position = std::min(position, text_.size());
  const size_t begin = TokenBegin(position);
  const bool in_text = begin < text_.size() && text_[begin] == '"' &&
                       absl::StrContains(why, "invalid string");
  if (in_text) {
    return Refuse(WrongTextAt(text_, begin, position - 1),
                  WrongText(text_, position - 1, why));
  }
  if (at_end || begin == text_.size()) return Refuse(begin, Unended());
  if (has_root_ && open_.empty()) {
    return Refuse(begin, "something comes after its end; take it out");
  }
  why = why.substr(0, why.find("; last read"));
  if (absl::StrContains(why, "number overflow")) {
    return Refuse(begin, "the number is too large");
  }
  if (absl::StrContains(why, "invalid number") &&
      absl::ascii_isdigit(text_[begin])) {
    return Refuse(begin, why);  // "...; expected digit after '.'"
  }
  const std::string habit =
      Habit(text_, begin, innermost(), absl::StrContains(why, "':'"));
  return Refuse(begin, habit.empty() ? why : habit);
}

}  // namespace

absl::string_view WithoutBom(absl::string_view text) {
  return absl::StripPrefix(text, kBom);
}

absl::StatusOr<JsonValue> ParseStrictJson(absl::string_view text) {
  // The parser takes a zero byte for the end, and what follows for nothing.
  const size_t zero = text.find('\0');
  if (zero != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        PlaceInText(text, zero),
        ": is not JSON: there is a zero byte; save the file as UTF-8"));
  }
  // And it passes over a mark of its own accord, where none should be left.
  if (absl::StartsWith(text, kBom)) {
    return absl::InvalidArgumentError(
        "line 1, column 1: is not JSON: there is more than one byte order "
        "mark; "
        "save the file as UTF-8 without any");
  }
  Builder builder(text);
  if (!builder.Parse()) {
    return absl::InvalidArgumentError(builder.mistake());
  }
  return std::move(builder.root());
}

std::string ShownInText(absl::string_view text, size_t begin, size_t end) {
  const absl::string_view written = text.substr(begin, end - begin);
  std::string shown(written.substr(0, kMaxShownBytes));
  if (shown.size() < written.size()) {
    // No half a character.
    while ((written[shown.size()] & 0xc0) == 0x80) shown.pop_back();
    shown += "...";
  }
  for (char& c : shown) {
    if (absl::ascii_iscntrl(c)) c = ' ';
  }
  return shown;
}

std::string PlaceInText(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const absl::string_view in_line = before.substr(before.rfind('\n') + 1);
  // Bytes that only go on with a character do not count.
  const auto column = std::count_if(in_line.begin(), in_line.end(),
                                    [](char c) { return (c & 0xc0) != 0x80; }) +
                      1;
  return absl::StrCat("line ", line, ", column ", column);
}

}  // namespace raft_cluster::internal

// A table of texts that are almost JSON, each with the exact words it is
// refused with.
#include "raft/cluster/config/strict_json.h"

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

struct Bad {
  std::string name;
  std::string text;
  std::string said;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class StrictJsonRefuses : public testing::TestWithParam<Bad> {};

TEST_P(StrictJsonRefuses, InWords) {
  const auto root = ParseStrictJson(GetParam().text);
  ASSERT_FALSE(root.ok());
  EXPECT_EQ(root.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(root.status().message()), GetParam().said);
}

std::string Levels(int count) {
  return absl::StrCat(std::string(static_cast<size_t>(count), '['),
                      std::string(static_cast<size_t>(count), ']'));
}

INSTANTIATE_TEST_SUITE_P(
    Habits, StrictJsonRefuses,
    testing::Values(
        Bad{"NameTwice", "{\"a\": 1,\n \"a\": 2}",
            "line 2, column 2: is not JSON: the field \"a\" stands in line 1, "
            "column 2 already; keep one of the two"},
        Bad{"NameTwiceInDisguise", "{\"a\": 1, \"\\u0061\": 2}",
            "line 1, column 10: is not JSON: the field \"a\" stands in line 1, "
            "column 2 already; keep one of the two"},
        Bad{"NameWithoutQuotes", "{a: 1}",
            "line 1, column 2: is not JSON: the name of a field stands in "
            "quotes: \"a\""},
        Bad{"SecondNameWithoutQuotes", "{\"a\": 1,\n  b : 1}",
            "line 2, column 3: is not JSON: the name of a field stands in "
            "quotes: \"b\""},
        Bad{"SingleQuotes", "{'a': 1}",
            "line 1, column 2: is not JSON: a text stands in double quotes "
            "(\"), not in single ones"},
        Bad{"CommaAtTheEndOfAList", "[1, 2, ]",
            "line 1, column 8: is not JSON: there is nothing between the comma "
            "and \"]\"; take the comma out"},
        Bad{"CommaAtTheEndOfAnObject", "{\"a\": {},\n}",
            "line 2, column 1: is not JSON: there is nothing between the comma "
            "and \"}\"; take the comma out"},
        Bad{"TwoCommas", "[1,,2]",
            "line 1, column 4: is not JSON: there are two commas; take one "
            "out"},
        Bad{"NoComma", "{\"a\": 1\n \"b\": 2}",
            "line 2, column 2: is not JSON: a comma is missing before this"},
        Bad{"NoCommaInAList", "[{} {}]",
            "line 1, column 5: is not JSON: a comma is missing before this"},
        Bad{"NoColon", "{\"a\" \"b\"}",
            "line 1, column 6: is not JSON: a colon is missing before this"},
        Bad{"LineComment", "{\"a\": 1} // why",
            "line 1, column 10: is not JSON: something comes after its end; "
            "take it out"},
        Bad{"CommentInside", "[1, /* two */ 3]",
            "line 1, column 5: is not JSON: JSON has no comments; take it "
            "out"},
        Bad{"HashComment", "# a config\n{}",
            "line 1, column 1: is not JSON: JSON has no comments; take it "
            "out"},
        Bad{"NoNumber", "[NaN]",
            "line 1, column 2: is not JSON: NaN is no number in JSON"},
        Bad{"LessThanAllNumbers", "[ -Infinity]",
            "line 1, column 3: is not JSON: -Infinity is no number in JSON"},
        Bad{"WordOfAnotherLanguage", "[True]",
            "line 1, column 2: is not JSON: \"True\" is no value; a text "
            "stands "
            "in double quotes"},
        Bad{"TextWithoutQuotes", "{\"url\": localhost:1}",
            "line 1, column 9: is not JSON: the name of a field stands in "
            "quotes: \"localhost\""},
        Bad{"LeadingZero", "[01]",
            "line 1, column 3: is not JSON: a number does not begin with 0"},
        Bad{"Hexadecimal", "[0x1f]",
            "line 1, column 3: is not JSON: a number is a decimal one"},
        Bad{"PlusSign", "[+1]",
            "line 1, column 2: is not JSON: a number has no plus sign before "
            "it"},
        Bad{"NoDigitBeforeThePoint", "[.5]",
            "line 1, column 2: is not JSON: a number begins with a digit"},
        Bad{"NoCommaBeforeANumber", "[1 2]",
            "line 1, column 4: is not JSON: a comma is missing before this"},
        Bad{"NumberForAName", "{1: 2}",
            "line 1, column 2: is not JSON: the name of a field stands in "
            "quotes"},
        Bad{"NoColonBeforeANumber", "{\"a\" 2}",
            "line 1, column 6: is not JSON: a colon is missing before this"},
        Bad{"TwoColons", "{\"a\":: 2}",
            "line 1, column 6: is not JSON: there are two colons; take one "
            "out"},
        Bad{"NoName", "{: 2}",
            "line 1, column 2: is not JSON: there is no name of a field in "
            "quotes before the colon"},
        Bad{"NoValue", "{\"a\": }",
            "line 1, column 7: is not JSON: there is no value after the "
            "colon"},
        Bad{"NoValueBeforeTheComma", "{\"a\": , \"b\": 1}",
            "line 1, column 7: is not JSON: there is no value before the "
            "comma"},
        Bad{"Semicolon", "[1; 2]",
            "line 1, column 3: is not JSON: \";\" means nothing in JSON; parts "
            "are separated by commas"},
        Bad{"TypographersQuotes",
            "[\xe2\x80\x9c"
            "a\xe2\x80\x9d]",
            "line 1, column 2: is not JSON: a text stands in double quotes "
            "(\"), plain ones"},
        Bad{"TypographersBlank", "[\xc2\xa0 1]",
            "line 1, column 2: is not JSON: between its parts JSON has blanks, "
            "tabs and line ends only; this is another blank character"},
        Bad{"FormFeed", "[\f1]",
            "line 1, column 2: is not JSON: between its parts JSON has blanks, "
            "tabs and line ends only; this is another blank character"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Shapes, StrictJsonRefuses,
    testing::Values(
        Bad{"CutShort", "{\"a\": [1,\n  2",
            "line 2, column 4: is not JSON: it ends although \"[\" of line 1, "
            "column 7 is not closed; the file may be cut short"},
        Bad{"CutInAText", "{\"a\": \"12",
            "line 1, column 7: is not JSON: the text that begins here has no "
            "closing quote in its line"},
        Bad{"TextOverTwoLines", "{\"a\": \"12\n34\"}",
            "line 1, column 7: is not JSON: the text that begins here has no "
            "closing quote in its line"},
        Bad{"WrongBracket", "{\"a\": [1}}",
            "line 1, column 9: is not JSON: \"[\" is to be closed by \"]\""},
        Bad{"WrongBrace", "[{\"a\": 1]]",
            "line 1, column 9: is not JSON: \"{\" is to be closed by \"}\""},
        Bad{"TwoValues", "{}\n{}",
            "line 2, column 1: is not JSON: something comes after its end; "
            "take it out"},
        Bad{"BraceTooMany", "{}}",
            "line 1, column 3: is not JSON: something comes after its end; "
            "take it out"},
        Bad{"HiddenByAZero", std::string("{}\0{}", 5),
            "line 1, column 3: is not JSON: there is a zero byte; save the "
            "file as UTF-8"},
        Bad{"Utf16", std::string("\xff\xfe{\0}\0", 6),
            "line 1, column 4: is not JSON: there is a zero byte; save the "
            "file as UTF-8"},
        Bad{"Latin1", "{\"a\": \"M\xfcnchen\"}",
            "line 1, column 9: is not JSON: the byte is not UTF-8; save the "
            "file as UTF-8"},
        Bad{"TabInAText", "[\"a\tb\"]",
            "line 1, column 4: is not JSON: a control character in a text is "
            "written with a backslash, such as \\t"},
        Bad{"WindowsPath", "[\"C:\\key\"]",
            "line 1, column 6: is not JSON: after a backslash comes one of \" "
            "\\ / b f n r t u; a backslash itself is \\\\"},
        Bad{"HalfAnEscape", "[\"\\u12\"]",
            "line 1, column 7: is not JSON: after \\u come four digits, 0 to 9 "
            "and a to f"},
        Bad{"HalfACharacter", "[\"\\ud800x\"]",
            "line 1, column 9: is not JSON: this \\u is one half of a "
            "character, and the other half is not beside it"},
        Bad{"TwoMarks", "\xef\xbb\xbf{}",
            "line 1, column 1: is not JSON: there is more than one byte order "
            "mark; save the file as UTF-8 without any"},
        Bad{"InAnEntry", "{\"s\": [{}, {\"a\": 1, \"b\": x}]}",
            "line 1, column 26: is not JSON: \"x\" is no value; a text stands "
            "in double quotes (in entry 2 of \"s\", field \"b\")"},
        Bad{"TwiceInAnEntry", "{\"s\": [{\"a\": 1, \"a\": 2}]}",
            "line 1, column 17: is not JSON: the field \"a\" stands in line 1, "
            "column 9 already; keep one of the two (in entry 1 of \"s\")"},
        Bad{"InAListOfAnEntry", "{\"s\": [{\"k\": [1, ]}]}",
            "line 1, column 18: is not JSON: there is nothing between the "
            "comma "
            "and \"]\"; take the comma out (in entry 1 of \"s\", field "
            "\"k\")"},
        Bad{"BeyondADouble", "[1e999]",
            "line 1, column 2: is not JSON: the number is too large"},
        Bad{"UnfinishedFraction", "[1.]",
            "line 1, column 2: is not JSON: invalid number; expected digit "
            "after '.'"},
        Bad{"TooDeep", Levels(17),
            "line 1, column 17: is not JSON: there are more than 16 levels of "
            "lists and objects"},
        Bad{"MuchTooDeep", std::string(100000, '['),
            "line 1, column 17: is not JSON: there are more than 16 levels of "
            "lists and objects"},
        Bad{"ColumnsAreCharacters", "[\"\xc3\xbc\xe2\x82\xac\", x]",
            "line 1, column 8: is not JSON: \"x\" is no value; a text stands "
            "in double quotes"}),
    [](const auto& info) { return info.param.name; });

TEST(StrictJson, SaysWhereEachValueStands) {
  const std::string text = " {\"a\":\n [12 , \"x\\n\", null, -0.5e1]}";
  const auto root = ParseStrictJson(text);
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(root->kind, JsonValue::kObject);
  const auto written = [&](const JsonValue& value) {
    return text.substr(value.begin, value.end - value.begin);
  };
  ASSERT_EQ(root->parts.size(), 1u);
  const JsonValue& list = root->parts[0];
  EXPECT_EQ(list.name, "a");
  EXPECT_EQ(list.kind, JsonValue::kList);
  EXPECT_EQ(written(list), "[12 , \"x\\n\", null, -0.5e1]");
  EXPECT_EQ(PlaceInText(text, list.begin), "line 2, column 2");
  ASSERT_EQ(list.parts.size(), 4u);
  EXPECT_EQ(written(list.parts[0]), "12");
  EXPECT_EQ(list.parts[0].text, "12");
  EXPECT_EQ(written(list.parts[1]), "\"x\\n\"");
  EXPECT_EQ(list.parts[1].text, "x\n");
  EXPECT_EQ(list.parts[2].kind, JsonValue::kNull);
  EXPECT_EQ(list.parts[3].text, "-0.5e1");
}

TEST(StrictJson, GoesDownAsFarAsAnyConfig) {
  EXPECT_TRUE(ParseStrictJson(Levels(16)).ok());
}

TEST(StrictJson, KnowsTheMarkThatSomeEditorsLeave) {
  EXPECT_EQ(WithoutBom("\xef\xbb\xbf{}"), "{}");
  EXPECT_EQ(WithoutBom("{}"), "{}");
  EXPECT_EQ(WithoutBom(""), "");
}

}  // namespace
}  // namespace raft_cluster::internal

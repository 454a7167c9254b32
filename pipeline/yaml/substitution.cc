#include "pipeline/yaml/substitution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace weir {
namespace {

bool name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// `NAME` or `NAME:-default` between the braces.
struct Reference {
  std::string name;
  std::optional<std::string> otherwise;
};

std::optional<Reference> reference_of(std::string_view inside) {
  std::size_t end = 0;
  while (end < inside.size() && name_character(inside[end])) ++end;
  Reference reference{std::string(inside.substr(0, end)), std::nullopt};
  if (end == 0 || std::isdigit(static_cast<unsigned char>(inside[0]))) return std::nullopt;
  if (end == inside.size()) return reference;
  if (!inside.substr(end).starts_with(":-")) return std::nullopt;
  reference.otherwise = std::string(inside.substr(end + 2));
  return reference;
}

void substitute_scalar(YamlNode& node, const std::map<std::string, std::string>& environment,
                       Problems& problems) {
  const std::string written = node.text;
  std::string out;
  bool replaced = false;
  bool secret = false;
  for (std::size_t at = 0; at < written.size();) {
    const std::string_view rest = std::string_view(written).substr(at);
    if (rest.starts_with("$${")) {
      out += "${";
      at += 3;
      continue;
    }
    if (!rest.starts_with("${")) {
      out += written[at++];
      continue;
    }
    const std::size_t end = rest.find('}');
    const std::optional<Reference> reference =
        end == std::string_view::npos ? std::nullopt : reference_of(rest.substr(2, end - 2));
    if (!reference) {
      problems.error(node.place,
                     "a ${ must begin ${NAME} or ${NAME:-default} ($${ stands for a literal ${)");
      return;
    }
    if (reference->otherwise && reference->otherwise->find("${") != std::string::npos) {
      problems.error(node.place,
                     "a default in ${NAME:-default} is plain text: variables do not nest");
      return;
    }
    const auto found = environment.find(reference->name);
    const bool set = found != environment.end() && !(reference->otherwise && found->second.empty());
    if (!set && !reference->otherwise) {
      problems.error(node.place, fmt::format("`{}` is not set in the environment and has no "
                                             "default (${{{}:-default}})",
                                             reference->name, reference->name));
      return;
    }
    const std::string& value = set ? found->second : *reference->otherwise;
    if (set) problems.hide(value, std::string(rest.substr(0, end + 1)));
    secret |= set;
    out += value;
    replaced = true;
    at += end + 1;
  }
  if (replaced) {
    if (secret) problems.hide(out, written);
    node.written = written;
  }
  node.text = std::move(out);
}

class Setting {
 public:
  Setting(std::string path, YamlNode value, Place place, Problems& problems)
      : path_(std::move(path)), value_(std::move(value)), place_(place), problems_(problems) {
    std::string_view rest = path_;
    while (true) {
      const bool kafka =
          !parts_.empty() && parts_.back() == "kafka" && (parts_.size() == 1 || parts_.size() == 3);
      const std::size_t dot = kafka ? std::string_view::npos : rest.find('.');
      parts_.emplace_back(rest.substr(0, dot));
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
  }

  void apply(YamlNode& root) {
    if (std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part.empty(); }))
      return problems_.error(place_, "a path is names separated by dots, as in engine.shards=2");
    YamlNode* at = &root;
    for (std::size_t i = 0; i < parts_.size() && at != nullptr; ++i)
      at = at->list() ? item(*at, i) : entry(*at, i);
    if (at != nullptr) *at = std::move(value_);
  }

 private:
  YamlNode* item(YamlNode& list, std::size_t part) {
    std::size_t index = 0;
    const std::string& text = parts_[part];
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (wrong == std::errc() && end == text.data() + text.size() && index < list.items.size())
      return &list.items[index];
    problems_.error(place_, fmt::format("`{}` is a list of {} items: the part after it must be the "
                                        "number of one, from 0",
                                        until(part), list.items.size()));
    return nullptr;
  }

  YamlNode* entry(YamlNode& map, std::size_t part) {
    const std::string& key = parts_[part];
    if (map.scalar()) {
      // A component written as its name alone has no options yet.
      const bool component = map.text == key && part + 1 < parts_.size();
      if (!component && !map.null()) {
        problems_.error(
            place_, fmt::format("`{}` is a single value: it has no `{}` inside", until(part), key));
        return nullptr;
      }
      map = YamlNode{};
      map.kind = YamlNode::Kind::map;
      map.place = place_;
    }
    if (YamlNode* found = map.find(key)) return found;
    YamlNode fresh;
    fresh.place = place_;
    map.entries.push_back({{key, place_}, std::move(fresh)});
    return &map.entries.back().value;
  }

  std::string until(std::size_t part) const {
    std::string out;
    for (std::size_t i = 0; i < part; ++i) out += (i == 0 ? "" : ".") + parts_[i];
    return out;
  }

  std::string path_;
  YamlNode value_;
  Place place_;
  Problems& problems_;
  std::vector<std::string> parts_;
};

}  // namespace

void substitute(YamlNode& node, const std::map<std::string, std::string>& environment,
                Problems& problems) {
  if (node.scalar()) substitute_scalar(node, environment, problems);
  for (YamlNode& item : node.items) substitute(item, environment, problems);
  for (YamlEntry& entry : node.entries) substitute(entry.value, environment, problems);
}

std::string unsubstituted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) out += '$';
    out += text[i];
  }
  return out;
}

void apply_settings(YamlNode& root, const std::vector<std::pair<std::string, std::string>>& set,
                    Problems& problems) {
  for (const auto& [path, text] : set) {
    const Place place = problems.argument(fmt::format("--set {}={}", path, text));
    if (text.empty()) {
      YamlNode empty;
      empty.place = place;
      empty.plain = false;
      Setting(path, std::move(empty), place, problems).apply(root);
      continue;
    }
    const std::size_t errors = problems.errors();
    if (std::optional<YamlNode> value = parse_yaml(text, problems, place)) {
      Setting(path, std::move(*value), place, problems).apply(root);
    } else if (problems.errors() == errors) {
      problems.error(place, "is empty: a value that begins with # needs YAML quotes");
    } else if (("." + path + ".").find(".kafka.") != std::string::npos) {
      problems.cut(place);  // whatever it is of
    }
  }
}

}  // namespace weir

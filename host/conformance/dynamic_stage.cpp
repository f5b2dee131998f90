// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/dynamic_stage.hpp"

#include "host/conformance/case_process.hpp"
#include "host/conformance/configurations.hpp"

#include <algorithm>

namespace tmon {

namespace {

constexpr int kOtherConfigs = 12;
constexpr std::size_t kMostWrongConfigs = 64;
constexpr std::size_t kMostOrderBytes = 32 * 1024; // of configurations: an order is one message

struct Configurations {
	std::string sound = "{}";
	std::vector<std::string> others, wrong;
	CasePaths paths;
};

// Which values of the keys that name files may be opened: those under a key that the host grants without a schema, too.
void collect_files(const Value& value, CasePaths& paths) {
	if (const auto* members = value.get<Value::Object>()) {
		for (const Member& member : *members) {
			const auto* text = member.value.get<std::string>();
			if (text && (member.key == "file" || member.key.ends_with("_file")))
				paths.insert(*text);
			collect_files(member.value, paths);
		}
	} else if (const auto* elements = value.get<Value::Array>()) {
		for (const Value& element : *elements)
			collect_files(element, paths);
	}
}

// Takes a made configuration into the form that the plugin receives; empty when the schema does not take it after all.
std::string take(const Schema& schema, Value value, CasePaths& paths, std::vector<std::string>& reasons) {
	reasons = hold_against(schema, value);
	if (!reasons.empty())
		return {};
	for (std::string& path : paths_named(schema, value))
		paths.insert(std::move(path));
	collect_files(value, paths);
	return to_json(value);
}

Configurations configure(const Manifest& manifest, const std::string& folder, uint64_t seed,
                         const std::optional<GivenSoundConfig>& given, CaseResult& result) {
	Configurations all;
	if (given) {
		all.sound = given->json;
		all.paths.insert(given->paths.begin(), given->paths.end());
	}
	if (!manifest.config) {
		result.outcome = Outcome::skip;
		result.messages.push_back("skip: the manifest has no schema");
		return all;
	}
	const Schema& schema = *manifest.config;
	std::vector<std::string> reasons;
	const Value smallest = make_configuration(schema, folder + "/file-", nullptr);
	const std::string made = take(schema, smallest, all.paths, reasons);
	if (made.empty())
		result.add(Outcome::note, "no sound configuration could be made from the schema: " + reasons.front());
	else if (!given)
		all.sound = made;
	Random random(seed);
	std::size_t bytes = all.sound.size();
	for (int i = 0; i < kOtherConfigs && !made.empty(); ++i) {
		std::string other = take(schema, make_configuration(schema, folder + "/file-" + std::to_string(i) + "-", &random), all.paths, reasons);
		if (other.empty() || (bytes += other.size()) > kMostOrderBytes)
			continue;
		all.others.push_back(std::move(other));
	}
	for (WrongConfiguration& wrong : make_wrong(schema, smallest)) {
		std::string text = to_json(wrong.value);
		if (hold_against(schema, wrong.value).empty())
			result.add(Outcome::fail, "the schema takes what it should not: " + wrong.what + ": " + text.substr(0, 200));
		if (all.wrong.size() < kMostWrongConfigs && (bytes += text.size()) <= kMostOrderBytes)
			all.wrong.push_back(std::move(text));
	}
	return all;
}

} // namespace

std::vector<CaseResult> check_behaviour(boost::asio::io_context& io, const PluginFile& file, Spawner& spawner,
                                        const std::filesystem::path& scratch, uint64_t seed,
                                        const std::optional<GivenSoundConfig>& given) {
	std::vector<CaseResult> results{{"static", "schema", "what it takes, and what it refuses before the plugin sees it"}};
	for (const CaseInfo& info : dynamic_cases()) {
		CaseResult result{"dynamic", info.name, info.about};
		if (info.needs && !file.manifest.capabilities.contains(*info.needs)) {
			result.outcome = Outcome::skip;
			result.messages.push_back("skip: it does not have the capability " + std::string(to_string(*info.needs)));
			results.push_back(std::move(result));
			continue;
		}
		const auto folder = scratch / info.name;
		std::filesystem::create_directory(folder);
		CaseResult ignored{"static", "", ""};
		Configurations configurations = configure(file.manifest, folder, seed, given, results.size() == 1 ? results[0] : ignored);
		CaseOrder order;
		order.name = info.name;
		order.seed = seed;
		order.config = std::move(configurations.sound);
		order.other_configs = std::move(configurations.others);
		order.wrong_configs = std::move(configurations.wrong);
		run_case_process(io, spawner, file, order, configurations.paths, result);
		results.push_back(std::move(result));
	}
	return results;
}

} // namespace tmon

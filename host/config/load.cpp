// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/load.hpp"

#include "host/config/file.hpp"
#include "host/config/sections.hpp"
#include "host/config/settings.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tmon {

namespace {

constexpr std::int64_t max_crashes_kept = 1000;

std::vector<std::string> read_interfaces(const Value& value, Findings& findings) {
	std::vector<std::string> interfaces;
	const auto* list = read_array(value, "interfaces", findings);
	if (!list)
		return interfaces;
	std::map<std::string, std::size_t> first;
	for (std::size_t i = 0; i < list->size(); ++i) {
		const Value& element = (*list)[i];
		const std::string path = element_path("interfaces", i);
		const auto* name = read_string(element, path, findings);
		if (!name)
			continue;
		if (const auto error = interface_name_error(*name); !error.empty()) {
			findings.error(element.place, path + ": " + error);
			continue;
		}
		const auto [other, is_new] = first.emplace(*name, i);
		if (!is_new)
			findings.error(element.place, path + ' ' + quote(*name) + ": duplicate of " +
							  element_path("interfaces", other->second) + " at " +
							  findings.sources.describe((*list)[other->second].place));
		interfaces.push_back(*name);
	}
	return interfaces;
}

// One reading of one document.
class Interpreter {
public:
	Interpreter(const Overrides& overrides, const PluginCheck& check, Sources& sources, Findings& findings)
	    : overrides_(overrides), check_(check), sources_(sources), findings_(findings) {}

	Config read(const Value& root);

private:
	void read_keys(const Value& root);
	void read_ring(const Value& value);
	void read_stats(const Value& value);
	void read_crashes(const Value& value);
	void apply_options();
	void warn_of_idle_options();

	const Overrides& overrides_;
	const PluginCheck& check_;
	Sources& sources_;
	Findings& findings_;
	Config config_;
	std::optional<LoggingBlock> logging_;
	std::optional<Place> empty_permitted_; // where the list is, when it has no entry at all
	bool plugins_given_ = false;
};

Config Interpreter::read(const Value& root) {
	read_keys(root);
	apply_options();
	warn_of_idle_options();
	append_shorthand(config_.plugins, plugins_given_, logging_, overrides_, check_, sources_, findings_);
	if (config_.drop_packets && empty_permitted_)
		findings_.error(*empty_permitted_,
				"permitted_cidrs is empty and packets are to be dropped: that would drop all of them");
	return std::move(config_);
}

void Interpreter::read_keys(const Value& root) {
	read_object(
	    root, "",
	    {{"permitted_cidrs",
	      [&](const Value& v) {
		      const auto* list = v.get<Value::Array>();
		      if (list && list->empty())
			      empty_permitted_ = v.place;
		      config_.policy.entries = read_permitted(v, findings_);
	      },
	      true},
	     {"interfaces", [&](const Value& v) { config_.interfaces = read_interfaces(v, findings_); }},
	     {"drop_packets",
	      [&](const Value& v) { config_.drop_packets = read_bool(v, "drop_packets", findings_).value_or(false); }},
	     {"logging", [&](const Value& v) { logging_ = read_logging(v, overrides_, findings_); }},
	     {"plugins",
	      [&](const Value& v) {
		      plugins_given_ = true;
		      config_.plugins = read_plugins(v, check_, findings_);
	      }},
	     {"ring", [&](const Value& v) { read_ring(v); }},
	     {"stats", [&](const Value& v) { read_stats(v); }},
	     {"crashes", [&](const Value& v) { read_crashes(v); }},
	     {"xdp_mode",
	      [&](const Value& v) {
		      if (auto mode = read_parsed(v, "xdp_mode", parse_xdp_mode, false, findings_))
			      config_.xdp_mode = *mode;
	      }}},
	    findings_);
}

void Interpreter::read_ring(const Value& value) {
	read_object(value, "ring",
		    {{"size",
		      [&](const Value& v) {
			      if (auto bytes = read_parsed(v, "ring.size", parse_ring_bytes, true, findings_))
				      config_.ring_bytes = *bytes;
		      }}},
		    findings_);
}

void Interpreter::read_stats(const Value& value) {
	const auto read_interval = [&](const Value& v) {
		if (auto interval = read_parsed(v, "stats.interval", parse_stats_interval, true, findings_))
			config_.stats_interval = *interval;
	};
	read_object(
	    value, "stats",
	    {{"interval", read_interval},
	     {"file", [&](const Value& v) { config_.stats_file = read_file_name(v, "stats.file", findings_); }}},
	    findings_);
}

void Interpreter::read_crashes(const Value& value) {
	read_object(
	    value, "crashes",
	    {{"directory",
	      [&](const Value& v) { config_.crash_directory = read_file_name(v, "crashes.directory", findings_); }},
	     {"keep",
	      [&](const Value& v) {
		      if (const auto* keep = v.get<std::int64_t>(); keep && *keep >= 0 && *keep <= max_crashes_kept)
			      config_.crashes_kept = static_cast<std::size_t>(*keep);
		      else
			      expect(v, "crashes.keep", "a whole number from 0 to " + std::to_string(max_crashes_kept), findings_);
	      }}},
	    findings_);
}

void Interpreter::apply_options() {
	if (!overrides_.interfaces.empty())
		config_.interfaces = overrides_.interfaces;
	config_.drop_packets = config_.drop_packets || overrides_.drop_packets;
	config_.xdp_mode = overrides_.xdp_mode.value_or(config_.xdp_mode);
	config_.ring_bytes = overrides_.ring_bytes.value_or(config_.ring_bytes);
	config_.stats_interval = overrides_.stats_interval.value_or(config_.stats_interval);
	if (overrides_.stats_file)
		config_.stats_file = overrides_.stats_file;
	config_.bpf_trace = overrides_.bpf_trace;
	config_.verbose = overrides_.verbose;
}

// The original took these with the console as well, and did nothing with them.
void Interpreter::warn_of_idle_options() {
	const auto format = overrides_.log_format || !logging_ ? overrides_.log_format : logging_->format;
	const bool block_wrong = logging_ && !logging_->format && !overrides_.log_format;
	if (block_wrong || format.value_or(LogFormat::console) != LogFormat::console)
		return;
	const auto warn = [&](std::string option) {
		findings_.warning({sources_.add_option(std::move(option)), 0},
				  "no effect: no log is written to a file; add --log-format jsonl, json or csv");
	};
	if (overrides_.log_file)
		warn("--log-file");
	if (overrides_.log_buffer_bytes)
		warn("--log-buffer-size");
}

std::vector<Diagnostic> by_place(std::vector<Finding> findings, const Sources& sources) {
	std::stable_sort(findings.begin(), findings.end(),
			 [](const Finding& a, const Finding& b) { return a.place < b.place; });
	std::vector<Diagnostic> result;
	result.reserve(findings.size());
	for (Finding& finding : findings)
		result.push_back(sources.diagnostic(finding.place, std::move(finding.message)));
	return result;
}

} // namespace

ConfigResult load_config_text(std::string_view text, const std::string& name, const Overrides& overrides,
			      const PluginCheck& check) {
	Sources sources(name, text);
	Findings findings{sources, {}, {}};
	ParsedDocument document = parse_document(text, sources);
	findings.errors = std::move(document.errors);
	std::optional<Config> config;
	if (document.root) {
		for (const Setting& setting : overrides.settings)
			for (Finding& finding : apply_setting(*document.root, setting, sources))
				findings.errors.push_back(std::move(finding));
		config = Interpreter(overrides, check, sources, findings).read(*document.root);
	}
	if (!findings.errors.empty())
		config.reset();
	return {std::move(config), by_place(std::move(findings.errors), sources),
		by_place(std::move(findings.warnings), sources)};
}

ConfigResult load_config(const std::string& path, const Overrides& overrides, const PluginCheck& check) {
	auto text = read_text_file(path, max_document_bytes);
	if (auto* error = std::get_if<Diagnostic>(&text))
		return {std::nullopt, {std::move(*error)}, {}};
	return load_config_text(std::get<std::string>(text), path == "-" ? "standard input" : path, overrides,
				check);
}

bool same_but_for_plugins(const Config& a, const Config& b) {
	return same_entries(a.policy, b.policy) && a.interfaces == b.interfaces && a.drop_packets == b.drop_packets && a.ring_bytes == b.ring_bytes &&
	       a.stats_interval == b.stats_interval && a.stats_file == b.stats_file &&
	       a.crash_directory == b.crash_directory && a.crashes_kept == b.crashes_kept && a.xdp_mode == b.xdp_mode;
}

} // namespace tmon

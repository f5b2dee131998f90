// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/find_whole_plugin.hpp"
#include "host/commands/given_config.hpp"
#include "host/commands/plugins_command.hpp"
#include "host/conformance/dynamic_stage.hpp"
#include "host/conformance/static_stage.hpp"
#include "host/diagnostics/log.hpp"
#include "host/plugin_file/sealed_copy.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <system_error>

namespace tmon {

namespace {

// Removed with all that plugins have written into it.
class ScratchFolder {
public:
	ScratchFolder() {
		std::string pattern = (std::filesystem::temp_directory_path() / "traffic-monitor-check.XXXXXX").string();
		if (!mkdtemp(pattern.data()))
			throw std::system_error(errno, std::generic_category(), "cannot make " + pattern);
		path_ = pattern;
	}
	~ScratchFolder() {
		std::error_code ignored;
		std::filesystem::remove_all(path_, ignored);
	}
	ScratchFolder(const ScratchFolder&) = delete;
	ScratchFolder& operator=(const ScratchFolder&) = delete;
	const std::filesystem::path& path() const { return path_; }

private:
	std::filesystem::path path_;
};

std::string in_quotes(const std::string& text) {
	std::string quoted = "'";
	for (const char c : text)
		quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
	return quoted + "'";
}

bool is_plain_word(const std::string& text) {
	return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/@") == std::string::npos;
}

std::string command(const CheckPlugin& options, uint64_t seed) {
	const auto word = [](const std::string& text) { return is_plain_word(text) ? text : in_quotes(text); };
	return "traffic-monitor plugins check " + word(options.plugin) + " --seed " + std::to_string(seed) +
	       (options.config ? " --config " + word(*options.config) : "");
}

int print(const Verdict& verdict, bool json) {
	std::fputs((json ? to_json(verdict) : to_text(verdict)).c_str(), stdout);
	return !verdict.not_a_plugin.empty() ? exit_configuration : verdict.passed() ? exit_ok : exit_runtime;
}

} // namespace

int check_plugin(const CheckPlugin& options, const InstalledTree& tree) {
	boost::asio::io_context io{1}; // outlives the spawner
	// Before there is any thread.
	Spawner spawner = Spawner::start(tree.checker());
	spawner.attach(io);
	start_log(false);
	Verdict verdict;
	verdict.plugin = options.plugin;
	// 32 bits, so that every reader of JSON has the number as it is.
	verdict.seed = options.seed ? *options.seed : std::random_device{}();
	verdict.reproduce = command(options, verdict.seed);
	const auto found = find_whole_plugin(options.plugin, tree);
	if (const auto* error = std::get_if<PluginFileError>(&found)) {
		verdict.not_a_plugin = error->reasons;
		return print(verdict, options.json);
	}
	const PluginFile& file = *std::get<std::shared_ptr<const PluginFile>>(found);
	verdict.id = file.manifest.id;
	verdict.version = file.manifest.version;
	verdict.sha256 = file.sha256;
	std::optional<GivenSoundConfig> given;
	if (options.config) {
		auto read = read_given_config(*options.config, file.manifest);
		if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&read)) {
			for (const Diagnostic& error : *errors)
				std::fprintf(stderr, "%s\n", to_string(error).c_str());
			return exit_configuration;
		}
		GivenConfig config = std::get<GivenConfig>(std::move(read));
		given = GivenSoundConfig{std::move(config.json), std::move(config.paths)};
	}
	const auto elf = read_elf(SealedView(file.copy.get()).bytes()); // find_plugin has read it, too
	const ElfFile& read = std::get<ElfFile>(elf);
	verdict.cases = check_file(read, file.manifest, symbols_of_libraries(read, library_folders()));
	const ScratchFolder scratch;
	for (CaseResult& result : check_behaviour(io, file, spawner, scratch.path(), verdict.seed, given))
		verdict.cases.push_back(std::move(result));
	return print(verdict, options.json);
}

} // namespace tmon
